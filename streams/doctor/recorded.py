"""The ledger: whether it reaches back far enough, can be read by this program, and is under this key."""

from collections.abc import Sequence
from typing import Any

from models.errors import SegmentError
from models.identity import Identity
from models.segment import LedgerRecord, Segment
from streams import ledger
from streams.config import Config
from streams.doctor.findings import Finding, State
from streams.doctor.newest import Place


def decoded(config: Config, records: Sequence[Any]) -> tuple[Finding, list[LedgerRecord]]:
    """Check that the newest records can be read, and return them."""
    name = config.topics.ledger
    if not records:
        return Finding("ledger format", State.SKIPPED, "it holds no record yet", about=name), []
    read: list[LedgerRecord] = []
    for record in records:
        try:
            read.append(ledger.decode(record.value or b""))
        except SegmentError as error:
            seen, _, advice = str(error).partition(": ")
            advice = advice or "somebody else writes there: name another topic in topics.ledger"
            return Finding(
                "ledger format", State.FAILED, f"{seen} (offset {record.offset})", advice, about=name
            ), read
    seen = f"its newest records can be read ({len(read)} looked at)"
    return Finding("ledger format", State.OK, seen, about=name), read


def positions(config: Config, records: Sequence[LedgerRecord]) -> dict[Place, int]:
    """Return how far each source partition of this epoch stands in these records."""
    reached: dict[Place, int] = {}
    for record in records:
        topic, partition, epoch = record.source
        if epoch == config.sources.epoch:
            end = record.end if isinstance(record, Segment) else record.position
            reached[topic, partition] = max(end, reached.get((topic, partition), 0))
    return reached


def key(config: Config, identity: Identity | None, records: Sequence[LedgerRecord]) -> Finding:
    """Check that the newest segment was written under the secret of now."""
    if identity is None:
        return Finding("key", State.SKIPPED, "there is no secret to hold the ledger against")
    written = [record.key_id for record in records if isinstance(record, Segment)]
    if not written:
        return Finding("key", State.SKIPPED, "no segment to hold the secret against yet")
    if written[-1] == identity.key_id:
        return Finding("key", State.OK, f"the ledger is written under it, key id {identity.key_id}")
    return Finding(
        "key",
        State.FAILED,
        f"the ledger's newest segment is under key id {written[-1]}, the secret makes {identity.key_id}: "
        "from here on every employee and every open case would be somebody else",
        "give the former secret back (privacy.secret_file, TOUCHPOINT_SECRET); to begin anew under this one, "
        "name new topics and a new kafka.app_id",
        about=config.topics.ledger,
    )


def history(config: Config, bounds: tuple[int, int], restored: int | None) -> Finding:
    """Check that what the ledger no longer holds is in a checkpoint.

    Parameters
    ----------
    bounds : (int, int)
        Where the ledger begins and ends.
    restored : int or None
        The first record that the newest checkpoint does not hold; None without one.
    """
    name, (begin, end) = config.topics.ledger, bounds
    if restored is not None and restored > end:
        return Finding(
            "history",
            State.FAILED,
            f"the newest checkpoint reaches to {restored:,}, and the ledger ends at {end:,}: it was deleted "
            "and made again",
            "name new topics in topics.ledger and topics.checkpoints",
            about=name,
        )
    before = (
        "there is no checkpoint" if restored is None else f"the newest checkpoint reaches to {restored:,}"
    )
    if begin <= (restored or 0):
        seen = f"it holds {begin:,} to {end:,}; {before}"
        return Finding("history", State.OK, seen, about=name)
    return Finding(
        "history",
        State.WARNING,
        f"it begins at {begin:,}, and {before}: a worker that starts judges by what is left",
        "nothing brings back what is gone. Keep the ledger longer (topics.ledger_retention_days), and see "
        "in the worker's log why it writes no checkpoints",
        about=name,
    )
