"""The headline: how differently like cases are handled is reported wherever it is so, and only there."""

from functools import cache
from statistics import NormalDist

import numpy as np
import pytest
from columns import MIDNIGHT, in_pieces, snapshot_of
from snapshots import of_strata

from models.handling import CHANNELS, NO_CASE, NO_REVISION, OUTCOMES, Handlings
from models.settings import DAY, MEASURES
from models.snapshot import Snapshot

EMPLOYEES, STRATA, HANDLINGS, DAYS = 100, 18, 200, 28
CONSISTENT = np.linspace(0.0, 0.1, STRATA)
INCONSISTENT = np.linspace(0.3, 1.5, STRATA)


def centre(tau: np.typing.NDArray[np.float64], seed: int) -> Handlings:
    """Return four weeks of first contacts whose refusals differ between employees by tau[stratum].

    Effects are the quantiles of a normal distribution, dealt out anew in every stratum, so that the
    spread is tau itself and no employee stands out of all others.
    """
    rng = np.random.default_rng(seed)
    normal = NormalDist()
    quantiles = np.array([normal.inv_cdf((place + 0.5) / EMPLOYEES) for place in range(EMPLOYEES)])
    quantiles /= quantiles.std()
    own = np.stack([size * rng.permutation(quantiles) for size in tau], axis=1)
    employee, stratum = (side.ravel().repeat(HANDLINGS) for side in np.indices((EMPLOYEES, STRATA)))
    base = rng.uniform(-1.0, 0.5, STRATA)
    n = len(employee)
    refused = rng.random(n) < 1 / (1 + np.exp(-base[stratum] - own[employee, stratum]))
    time = MIDNIGHT + rng.integers(0, DAYS * DAY, n)
    order = np.argsort(time)
    return Handlings(
        time=time[order],
        event=np.arange(n, dtype=np.uint64),
        revision=np.full(n, NO_REVISION),
        case=np.full(n, NO_CASE, np.uint64),
        employee=employee[order].astype(np.int32),
        channel=(stratum % 3)[order].astype(np.int8),
        issue=(stratum // 3)[order].astype(np.int32),
        facts={
            "outcome": np.where(refused, OUTCOMES.index("refused"), OUTCOMES.index("resolved"))[order].astype(
                np.int8
            )
        },
        employees=tuple(f"employee {number}" for number in range(EMPLOYEES)),
        issues=tuple(f"issue {number}" for number in range(STRATA // 3)),
    )


@cache
def judged_centre(*, consistent: bool, whole: bool) -> Snapshot:
    """Return what is shown of a centre; which one is drawn is the same for all tests."""
    tau, seed = (CONSISTENT, 2) if consistent else (INCONSISTENT, 1)
    return snapshot_of(in_pieces(centre(tau, seed), 8_192), whole=whole)


def strata_reported(snapshot: Snapshot) -> set[tuple[str | None, str | None]]:
    return {
        (alert.channel, alert.issue_type)
        for alert in snapshot.alerts
        if alert.kind == "stratum_split" and alert.until is None
    }


@pytest.mark.parametrize("whole", [True, False], ids=["as a whole", "day by day"])
def test_where_every_stratum_is_inconsistent_each_is_reported(whole: bool) -> None:
    """Eighteen strata with a spread of 0.3 to 1.5 log odds: all eighteen, not only the worst of them."""
    snapshot = judged_centre(consistent=False, whole=whole)
    assert len(snapshot.strata) == STRATA
    assert strata_reported(snapshot) == set(snapshot.strata)


@pytest.mark.parametrize("whole", [True, False], ids=["as a whole", "day by day"])
def test_where_none_is_inconsistent_none_is_reported(whole: bool) -> None:
    """Eighteen strata with a spread of 0 to 0.1 log odds that nobody would act on: silence."""
    snapshot = judged_centre(consistent=True, whole=whole)
    assert len(snapshot.strata) == STRATA
    assert not any(alert.kind == "stratum_split" for alert in snapshot.alerts)


def test_the_spread_that_is_shown_is_the_spread_that_is() -> None:
    """Tau is estimated stratum by stratum, a little low where it is large (one step of Newton)."""
    snapshot = judged_centre(consistent=False, whole=True)
    tau = np.sqrt(of_strata(snapshot, MEASURES[0].name, "all").tau2)
    truth = {(CHANNELS[number % 3], f"issue {number // 3}"): INCONSISTENT[number] for number in range(STRATA)}
    for name, estimate in zip(snapshot.strata, tau, strict=True):
        assert 0.7 * truth[name] < estimate < 1.15 * truth[name]


def test_how_much_could_be_judged_is_told() -> None:
    """Entities with enough evidence of those seen, and their share of first contacts."""
    snapshot = judged_centre(consistent=True, whole=True)
    split, outlier = (one for one in snapshot.coverage if one.measure == "refused")
    assert (split.kind, split.judged, split.seen, split.handlings_share) == ("stratum_split", 18, 18, 1.0)
    assert (outlier.kind, outlier.judged, outlier.seen) == ("employee_outlier", EMPLOYEES, EMPLOYEES)
    silent = [one for one in snapshot.coverage if one.measure != "refused"]
    assert {(one.judged, one.seen, one.handlings_share) for one in silent} == {(0, 0, 0.0)}


def test_nobody_is_singled_out_where_all_differ() -> None:
    """Employees who differ each in his own way, stratum by stratum, are no outliers among themselves."""
    snapshot = judged_centre(consistent=False, whole=True)
    assert sum(alert.kind == "employee_outlier" for alert in snapshot.alerts) <= 2
