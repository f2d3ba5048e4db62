"""The rules for Prometheus: what they speak of exists, and each fires when it should and not before."""

import re
import subprocess
from pathlib import Path

import pytest
from prometheus_tools import binary

from streams.metrics.catalogue import FAMILIES

pytestmark = pytest.mark.prometheus

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "deploy" / "prometheus" / "touchpoint.rules.yml"


def test_rules_hold_on_a_timeline() -> None:
    """Promtool plays `rules_test.yml` against them: fires, just under, resolved."""
    done = subprocess.run(
        [binary("promtool"), "test", "rules", str(HERE / "rules_test.yml")], capture_output=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def test_rules_speak_of_metrics_that_exist() -> None:
    """Every name of ours in an expression is in the catalogue."""
    known = {name for family in FAMILIES for name in family.series_names()}
    expressions = re.findall(r"expr: (.*)", RULES.read_text())
    named = {name for expression in expressions for name in re.findall(r"touchpoint_\w+", expression)}
    assert expressions
    assert named <= known
