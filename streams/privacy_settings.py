"""The table privacy: what of employees is shown, and of how few figures may be."""

from dataclasses import dataclass
from typing import Literal

from models.errors import require


@dataclass(frozen=True, slots=True)
class PrivacyConfig:
    """Under which names employees are held, and what of them is shown; no secret stands in the file."""

    mode: Literal["team", "pseudonym", "named"] = "pseudonym"
    secret_file: str = ""
    employees_min: int = 5

    def __post_init__(self) -> None:
        """Refuse a floor that hides nobody."""
        require(self.employees_min >= 2, "privacy.employees_min", "must be at least 2")


def refuse_alerts_on_few(privacy: PrivacyConfig, employees_min: int) -> None:
    """Refuse alerts about strata of fewer employees than may be shown.

    Raises
    ------
    ConfigError
    """
    least = privacy.employees_min
    require(
        privacy.mode != "team" or employees_min >= least,
        "detectors.spread.employees_min",
        f"must be at least privacy.employees_min ({least}) in team mode: alerts tell figures of so many",
    )
