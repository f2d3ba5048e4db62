"""The preview fills in, joins and reads as Grafana does, where it can be told without Grafana."""

import pytest

from grafana.preview.asking import Series
from grafana.preview.interpolation import Choice, Times, filled
from grafana.preview.tables import table
from grafana.preview.units import read

TIMES = Times(begin=0.0, end=3_600.0, step=10.0, scrape=15.0)


@pytest.mark.parametrize(
    ("choice", "regex"),
    [
        (Choice(pattern=".+"), ".+"),
        (Choice(["voice"]), "voice"),
        (Choice(["voice", "chat"]), "(voice|chat)"),
        (Choice(["a.b|c"]), r"a\\.b\\|c"),
        (Choice('said "so"'), r"said \"so\""),
    ],
)
def test_a_choice_stands_in_an_expression_as_a_pattern(choice: Choice, regex: str) -> None:
    """All is its own pattern, several are alternatives, and what is special in a name is not."""
    assert filled('x{a=~"$a"}', {"a": choice}, TIMES) == f'x{{a=~"{regex}"}}'


def test_a_rate_has_four_scrapes() -> None:
    """`$__rate_interval` is at least that, `$__range` all of the time that is looked at."""
    assert filled("rate(x[$__rate_interval]) + y[$__range] + z[${__interval}]", {}, TIMES) == (
        "rate(x[60s]) + y[3600s] + z[10s]"
    )


def test_a_variable_that_the_board_lacks_is_an_error() -> None:
    """It would stay in the expression and match nothing."""
    with pytest.raises(KeyError, match="nobody"):
        filled("$nobody", {}, TIMES)


def test_columns_are_joined_by_their_labels() -> None:
    """A row has what all queries say of the same labels, under readable names, sorted."""

    def answer(**values: float) -> list[Series]:
        return [Series({"channel": channel}, ((0.0, value),)) for channel, value in values.items()]

    panel = {
        "transformations": [
            {"id": "merge", "options": {}},
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": True},
                    "indexByName": {"channel": 0, "Value #B": 1, "Value #A": 2},
                    "renameByName": {"channel": "Channel", "Value #A": "Level", "Value #B": "Spread"},
                },
            },
        ],
        "options": {"sortBy": [{"displayName": "Spread", "desc": True}]},
    }
    columns, rows = table(panel, {"A": answer(voice=0.5, chat=0.4), "B": answer(chat=2.0, voice=1.0)})
    assert columns == ["Channel", "Spread", "Level"]
    assert rows == [
        {"Channel": "chat", "Level": 0.4, "Spread": 2.0},
        {"Channel": "voice", "Level": 0.5, "Spread": 1.0},
    ]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.4935, "percentunit", "49.4%"),
        (8_770, "short", "8.77 K"),
        (0.25, "s", "250 ms"),
        (7_200, "s", "2 h"),
        (104_857_600, "bytes", "100 MiB"),
        (1_704_067_200_000, "dateTimeAsIso", "2024-01-01 00:00:00"),
        (0.00039, "sci", "3.9e-04"),
    ],
)
def test_values_are_read_in_their_unit(value: float, unit: str, text: str) -> None:
    """As a person would say them."""
    assert read(value, unit) == text
