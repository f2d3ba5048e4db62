"""The thresholds that stand on the page, so that rules and boards never repeat a number."""

from streams.config import Config


def thresholds(config: Config) -> dict[str, float]:
    """Return the thresholds in force, by the path of their key."""
    spread, funnel, verdicts = config.detectors.spread, config.detectors.funnel, config.verdicts
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
        "worker.stall_s": config.worker.stall_s,
        "intake.idle_grace_s": config.intake.idle_grace_s,
        "privacy.employees_min": config.privacy.employees_min,
        "metrics.series_max": config.metrics.series_max,
        "checkpoints.every_s": config.checkpoints.every_s,
        "kafka.session_timeout_s": config.kafka.session_timeout_s,
    }
