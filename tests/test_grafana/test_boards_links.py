"""Links lead to boards that exist, with variables that both boards have."""

import re
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from grafana_boards import BOARDS, WITH_DATA, name_of, of_key

from grafana.preview.reading import Board, Panel, variables


def links(board: Board) -> list[str]:
    """Return every data link of a board."""
    return sorted({url for url in of_key(board["panels"], "url") if url})


def names(board: Board) -> set[str]:
    """Return the names of a board's variables."""
    return {variable["name"] for variable in variables(board)}


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_links_resolve(uid: str) -> None:
    """The board is there, takes every variable that is given, and keeps data source, job and time."""
    for url in links(BOARDS[uid]):
        target = BOARDS[urlsplit(url).path.removeprefix("/d/")]
        query = urlsplit(url).query
        given = {name.removeprefix("var-") for name, _ in parse_qsl(query) if name.startswith("var-")}
        kept = set(re.findall(r"\$\{(\w+):queryparam\}", query))
        assert given | kept <= names(target), url
        assert kept <= names(BOARDS[uid]), url
        assert {"datasource", "job"} <= given | kept
        assert "${__url_time_range}" in query


@pytest.mark.parametrize("panel", WITH_DATA, ids=name_of)
def test_links_take_along_what_is_there(panel: Panel) -> None:
    """A link of a table takes along its columns, one of a line the labels in its name."""
    urls = [url for url in of_key(panel, "url") if url]
    columns = {name for names in of_key(panel, "renameByName") for name in names.values()}
    assert {name for url in urls for name in re.findall(r'fields\["(.+?)"\]', url)} <= columns
    legends = " ".join(of_key(panel, "legendFormat"))
    assert {name for url in urls for name in re.findall(r"field\.labels\.(\w+)", url)} <= set(
        re.findall(r"\w+", legends)
    )


def test_one_can_drill_down() -> None:
    """From the overview to a stratum, to all employees, to one of them."""
    way = ["touchpoint-overview", "touchpoint-strata", "touchpoint-funnel", "touchpoint-employee"]
    for here, there in pairwise(way):
        assert any(url.startswith(f"/d/{there}?") for url in links(BOARDS[here]))


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_every_board_lists_all_boards(uid: str) -> None:
    """By a tag that each has, with variables and time."""
    [listed] = BOARDS[uid]["links"]
    assert (listed["type"], listed["includeVars"], listed["keepTime"]) == ("dashboards", True, True)
    assert all(set(listed["tags"]) <= set(board["tags"]) for board in BOARDS.values())
