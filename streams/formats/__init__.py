"""From bytes of an upstream to columns: one file a format, and the list of them.

To add one: write a function that is a `Format` and enter it below.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.identity import Identity
from streams.formats import canonical
from streams.formats.canonical import Decoded
from streams.formats.faults import Reject

__all__ = ["FORMATS", "Decoded", "Format", "Reject"]


class Format(Protocol):
    """What a file here offers."""

    def __call__(
        self,
        values: Sequence[bytes | None],
        offsets: NDArray[np.int64],
        *,
        facts: tuple[str, ...],
        identity: Identity,
        latest: int,
        record_bytes_max: int,
    ) -> Decoded:
        """Turn n records into rows and rejects, n together; no bytes make it raise.

        Times after `latest` (microseconds since 1970 UTC) are refused; `facts` names the columns to build.
        """


FORMATS: Final[Mapping[str, Format]] = {
    "canonical": canonical.decode,
}
