"""A real Prometheus takes the page as it is meant."""

from dataclasses import replace
from pathlib import Path

import pytest
from pages import alert, judged, page_of, view_of
from prometheus_tools import binary, eventually, scraping, served

pytestmark = pytest.mark.prometheus


def test_a_series_is_there_while_it_is_on_the_page(tmp_path: Path) -> None:
    """Every series arrives with its value; an employee's is gone from the first scrape without it."""
    binary("prometheus")
    [accused] = {one.employee for one in judged().alerts if one.employee is not None}
    z_score = f'touchpoint_employee_z_score{{employee="{accused}",measure="refused"}}'
    page = page_of(view_of())

    with served(page) as target, scraping([target], tmp_path) as prometheus:

        def value(expression: str) -> float | None:
            answer = prometheus.query(expression)
            return answer[0][1] if answer else None

        assert eventually(lambda: value(z_score) is not None), (tmp_path / "prometheus.log").read_text()
        figures = next(
            one for one in judged().employees_found if (one.measure, one.window) == ("refused", "28d")
        )
        assert value(z_score) == figures.z[judged().employees.index(str(accused))]
        assert value("sum(touchpoint_events_received_total)") == judged().counts["events"].read
        assert value('touchpoint_employee_funnel_z_bucket{le="+Inf",measure="refused"}') == 60
        assert value("scrape_samples_scraped - touchpoint_export_series") == 0

        quiet = replace(judged(), alerts=(alert(employee="emp-x"),), employees_found=(), steps=41)
        page.update(view_of(quiet))

        assert eventually(lambda: value("touchpoint_steps_total") == 41)
        assert value(z_score) is None
        assert value("up") == 1
