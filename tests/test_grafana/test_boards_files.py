"""The JSON that is committed is what the generator writes, and what Grafana reads."""

import json

import pytest
from grafana_boards import BOARDS
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.boards import BOARDS as GENERATORS
from grafana.boards import as_json
from grafana.preview.reading import DASHBOARDS

SET = {
    f"touchpoint-{name}"
    for name in ("overview", "strata", "employee", "funnel", "pipeline", "workers", "alerts")
}


def test_the_files_are_what_the_generator_writes() -> None:
    """`make boards` changes nothing, and no file lies about that no generator writes."""
    made = {f"{board.uid}.json": as_json(board) for board in (make() for make in GENERATORS)}
    assert {path.name: path.read_text(encoding="utf-8") for path in DASHBOARDS.glob("*.json")} == made
    assert set(BOARDS) == SET


@pytest.mark.parametrize("uid", sorted(SET))
def test_grafanas_own_model_reads_every_field(uid: str) -> None:
    """Read by the SDK and written again a board is the same: there is no field that Grafana does not know."""
    text = (DASHBOARDS / f"{uid}.json").read_text(encoding="utf-8")
    assert as_json(Dashboard.from_json(json.loads(text))) == text


@pytest.mark.parametrize("uid", sorted(SET))
def test_a_board_belongs_to_its_file(uid: str) -> None:
    """Nobody edits it in Grafana; it has neither the number nor the version of one installation."""
    board = BOARDS[uid]
    assert board["uid"] == uid
    assert board["editable"] is False
    assert not {"id", "version", "iteration"} & set(board)
    assert board["graphTooltip"] == 1, "the cross hair is shared"
    assert len(uid) <= 40, "Grafana takes no longer uid"
