"""How long records took: from the time that Kafka keeps with each until now."""

from streams.delays import delays

NOW = 1_709_290_000.0


def test_a_delay_is_in_seconds() -> None:
    """Kafka counts in milliseconds."""
    assert delays([round(NOW * 1_000) - 1_500, round(NOW * 1_000)], NOW).tolist() == [1.5, 0.0]


def test_a_record_from_the_future_took_no_time() -> None:
    """Clocks differ; a negative delay would spoil the sum."""
    assert delays([round((NOW + 30) * 1_000)], NOW).tolist() == [0.0]


def test_records_without_a_time_are_left_out() -> None:
    """Kafka keeps -1 where a producer gave none, and old formats have none at all: that is no delay."""
    assert delays([-1, None, round((NOW - 4) * 1_000)], NOW).tolist() == [4.0]
    assert delays([None], NOW).tolist() == []
    assert delays([], NOW).tolist() == []
