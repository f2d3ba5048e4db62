"""The ways of being inconsistent that are looked for. To add one: a file here and a line below."""

from typing import Final

from models.detectors.funnel import FUNNEL
from models.detectors.spread import SPREAD
from models.evidence import Detector

DETECTORS: Final[tuple[Detector, ...]] = (
    SPREAD,
    FUNNEL,
)
