"""What every contender is given alike: how it fetches, and the decoder as the worker's defaults have it."""

import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from models.identity import Identity, Keys
from models.settings import SECOND, facts_of
from streams.config import Config
from streams.formats import FORMATS, Decoded

FETCH_BYTES_MAX: Final = 1_048_576
FETCH_WAIT_MS: Final = 100
ISOLATION: Final = "read_committed"

DEFAULTS: Final = Config()
_IDENTITY: Final = Identity(Keys.from_secret(b"a secret that only benchmarks know"))
_FACTS: Final = facts_of(DEFAULTS.measures)


def decoded(values: Sequence[bytes | None], offsets: Sequence[int]) -> Decoded:
    """Decode records to columns as intake does, hashes and pseudonyms included."""
    return FORMATS[DEFAULTS.sources.format](
        values,
        np.array(offsets, np.int64),
        facts=_FACTS,
        identity=_IDENTITY,
        latest=int((time.time() + DEFAULTS.intake.skew_s) * SECOND),
        record_bytes_max=DEFAULTS.intake.record_bytes_max,
    )
