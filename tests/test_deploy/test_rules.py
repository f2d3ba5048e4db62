"""The rules for Prometheus: each fires when it should and not before, and Prometheus takes the files."""

import subprocess
from pathlib import Path

import pytest
from prometheus_tools import binary
from shipped import PROMETHEUS, RULE_FILES

pytestmark = pytest.mark.prometheus

TIMELINES = sorted(Path(__file__).parent.glob("*_test.yml"))


@pytest.mark.parametrize("timeline", TIMELINES, ids=lambda path: path.stem)
def test_rules_hold_on_a_timeline(timeline: Path) -> None:
    """Promtool plays them: fires, just under, the `for` boundary, no data, annotations to the letter."""
    said(0, "test", "rules", str(timeline))


def test_prometheus_takes_its_configuration() -> None:
    """With every rule file that is here, and each of them without a lint."""
    told = said(0, "check", "config", "--lint=all", "--lint-fatal", str(PROMETHEUS))
    assert all(str(file) in told for file in RULE_FILES)


def test_a_wrong_number_would_be_found(tmp_path: Path) -> None:
    """Promtool fails where a timeline expects another text: annotations are held, not only labels."""
    timeline = (Path(__file__).parent / "slo_test.yml").read_text()
    rules = str(PROMETHEUS.parent)
    wrong = timeline.replace("../../deploy/prometheus", rules).replace("15% of records", "16% of records")
    (tmp_path / "slo_test.yml").write_text(wrong)
    assert "15% of records" in said(1, "test", "rules", str(tmp_path / "slo_test.yml"))


def said(code: int, *arguments: str) -> str:
    """Run promtool and return what it says."""
    done = subprocess.run([binary("promtool"), *arguments], capture_output=True, check=False, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr
