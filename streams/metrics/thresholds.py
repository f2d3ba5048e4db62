"""The thresholds that stand on the page, so that rules and boards never repeat a number."""

from models.settings import JudgeSettings


def thresholds(settings: JudgeSettings) -> dict[str, float]:
    """Return the thresholds in force, by the path of their key."""
    spread, funnel, verdicts = settings.detectors.spread, settings.detectors.funnel, settings.verdicts
    return {
        "detectors.spread.tolerance_binary": spread.tolerance_binary,
        "detectors.spread.tolerance_duration": spread.tolerance_duration,
        "detectors.spread.tolerance_score": spread.tolerance_score,
        "detectors.spread.employees_min": spread.employees_min,
        "detectors.spread.q": spread.q,
        "detectors.funnel.q": funnel.q,
        "detectors.funnel.employees_min": funnel.employees_min,
        "verdicts.persistence": verdicts.persistence,
        "verdicts.warm_up_days": verdicts.warm_up_days,
    }
