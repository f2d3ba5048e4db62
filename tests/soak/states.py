"""The state that a run ended with, and the one that the same events come to without Kafka."""

import asyncio
from typing import NamedTuple

from soak.upstream import Upstream
from worker import SECRET

from models.counts import Counts, total
from models.identity import Identity, Keys
from models.judge import Judge
from streams import checkpoints
from streams.config import Config
from streams.judging import Judging
from streams.replay import replay


class Ended(NamedTuple):
    """What a judge came to when nothing more was due.

    Attributes
    ----------
    fingerprint : str
        The hash of all that depends on the handlings.
    counts : Counts
        Of all topics; `read` and `duplicate` are by record, each once however often it was read.
    alerts : tuple of str
        Ids, those of ended ones too.
    """

    fingerprint: str
    counts: Counts
    alerts: tuple[str, ...]


def of_replay(upstream: Upstream, config: Config) -> Ended:
    """Return what `touchpoint replay` comes to over the files."""
    identity = Identity(Keys.from_secret(SECRET.encode()))
    judge = replay([str(file) for file in upstream.files], config, identity, now=_FAR_AHEAD)
    return _ended(judge)


def of_checkpoint(config: Config) -> Ended:
    """Return what the newest checkpoint comes to when nothing more follows it."""
    newest = asyncio.run(checkpoints.newest(config)).checkpoint
    assert newest is not None, "a worker that leaves writes a checkpoint"
    judging = Judging.restored(config, newest.state, newest.manifest.next_offset)
    judging.judge.finish()
    return _ended(judging.judge)


def assert_as_replayed(upstream: Upstream, config: Config) -> None:
    """Hold what a run has come to against the replay: nothing is lost, counted twice or judged otherwise."""
    ended, expected = of_checkpoint(config), of_replay(upstream, config)
    assert ended.counts == expected.counts, f"{ended.counts} and not {expected.counts}"
    assert ended.fingerprint == expected.fingerprint, "the counts are those of the replay, the state is not"


_FAR_AHEAD = 4_000_000_000_000_000


def _ended(judge: Judge) -> Ended:
    snapshot = judge.snapshot()
    alerts = tuple(sorted(alert.id for alert in snapshot.alerts))
    return Ended(judge.fingerprint(), total(snapshot.counts), alerts)
