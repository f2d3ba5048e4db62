"""Pipeline health: whether the figures above can be trusted."""

from dataclasses import dataclass
from typing import Final

from models.counts import total
from models.settings import SECOND
from models.snapshot import Snapshot
from streams.metrics import View, WorkerState
from streams.startpage.markup import Content, Markup, join, tag
from streams.startpage.units import ago, count, lasting, moment, share, some

_REASONS: Final = 5
_WAITS_S: Final = 10.0
"""A stall worth a word; a fetch or a step takes less."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One thing that is known; `look` says what is wrong with it."""

    name: str
    value: Content
    note: Content = None
    look: str = ""


def health_table(view: View, now: int) -> Markup:
    """Return what is known, what needs a look marked as such."""
    lines = _lines(view, now)
    head = tag(
        "tr", tag("th", "What", scope="col"), tag("th", "Value", scope="col"), tag("th", "Note", scope="col")
    )
    to_look_at = sum(bool(line.look) for line in lines)
    told = (
        some(to_look_at, "line needs", "lines need") + " a look (!)" if to_look_at else "Nothing needs a look"
    )
    return tag(
        "table", tag("caption", told), tag("thead", head), tag("tbody", map(_row, lines)), class_="health"
    )


def _row(line: _Line) -> Markup:
    mark = join(tag("span", "! ", class_="mark"), line.look, " " if line.note else "") if line.look else None
    return tag(
        "tr",
        tag("th", line.name, scope="row"),
        tag("td", line.value),
        tag("td", mark, line.note, class_="quiet"),
    )


def _lines(view: View, now: int) -> list[_Line]:
    snapshot, worker = view.snapshot, view.worker
    lines = [_state(view), *_source_lines(worker, now)]
    if snapshot is not None:
        lines += _judge_lines(snapshot, worker, now)
        lines += _clock_lines(snapshot, now)
    if snapshot is not None and worker.caught_up:
        lines += _count_lines(snapshot)
    return lines


def _state(view: View) -> _Line:
    if view.snapshot is None:
        return _Line("Judge", "in another worker", "where touchpoint_judge_active is 1")
    if not view.worker.caught_up:
        return _Line("Judge", "here, recovering", look="no verdict is shown until it has caught up")
    return _Line("Judge", "here, caught up")


def _source_lines(worker: WorkerState, now: int) -> list[_Line]:
    waiting = sum(worker.lag.values())
    stalled = worker.stalled_s >= _WAITS_S
    held = f"in {some(len(worker.lag), 'partition')} held here"
    return [
        _Line(
            "Source lag",
            some(waiting, "record"),
            held,
            f"nothing was handled for {lasting(int(worker.stalled_s * SECOND))};" if stalled else "",
        ),
        _Line(
            "Last record read",
            ago(worker.last_record, now),
            moment(worker.last_record) if worker.last_record else None,
        ),
    ]


def _judge_lines(snapshot: Snapshot, worker: WorkerState, now: int) -> list[_Line]:
    missing = sum(state.missing for state in snapshot.sources)
    lost = sum(state.lost for state in snapshot.sources)
    lines = [
        _Line("Ledger lag", some(worker.ledger_lag or 0, "record")),
        _Line(
            "Checkpoint",
            ago(worker.checkpoint_at, now),
            moment(worker.checkpoint_at) if worker.checkpoint_at else "none yet",
        ),
    ]
    if worker.incomplete_since is not None:
        told = join("the ledger begins ", moment(worker.incomplete_since), "; what was before it is gone")
        lines.append(_Line("History", "incomplete", told, "windows may not be full:"))
    if missing or lost:
        lines.append(
            _Line(
                "Positions",
                f"{count(missing)} missing, {count(lost)} lost",
                look="records of the source never arrived here",
            )
        )
    return lines


def _clock_lines(snapshot: Snapshot, now: int) -> list[_Line]:
    silent = snapshot.silent_partitions
    held = f"held by {some(silent, 'partition')} without a record" if silent else ""
    lines = [
        _Line(
            "Watermark",
            moment(snapshot.watermark),
            ago(snapshot.watermark, now) if snapshot.watermark else None,
            held,
        ),
        _Line("Last step", moment(snapshot.last_step), f"{some(snapshot.steps, 'step')} so far"),
    ]
    if snapshot.forced:
        lines.append(
            _Line(
                "Valve",
                some(snapshot.forced, "time"),
                look="too many rows waited: the watermark was moved on",
            )
        )
    return lines


def _count_lines(snapshot: Snapshot) -> list[_Line]:
    counts = total(snapshot.counts)
    rejected = {reason: number for reason, number in counts.rejected.items() if number}
    worst = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))[:_REASONS]
    return [
        _Line("Read", some(counts.read, "record"), "= accepted + rejected + duplicate + late + pending"),
        _Line("Accepted", count(counts.accepted), _part(counts.accepted, counts.read)),
        _Line(
            "Rejected",
            count(sum(rejected.values())),
            ", ".join(f"{reason} {count(number)}" for reason, number in worst),
        ),
        _Line("Duplicate", count(counts.duplicate)),
        _Line(
            "Late",
            count(counts.late),
            "came after the correction horizon: not applied" if counts.late else None,
        ),
        _Line("Pending", count(counts.pending), "wait for their hour to close" if counts.pending else None),
    ]


def _part(number: int, of: int) -> str | None:
    return share(number / of) if of else None
