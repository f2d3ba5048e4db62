"""States of a judge as they come back from storage."""

from dataclasses import replace
from typing import Any

import numpy as np
from columns import PLAIN

from models.settings import DetectorSettings, FunnelSettings, SpreadSettings, TimeSettings, VerdictSettings

EAGER = replace(
    PLAIN,
    time=TimeSettings(clock="wall", valve_rows=30, correction_horizon_days=2),
    verdicts=VerdictSettings(persistence=1, warm_up_days=0),
    detectors=DetectorSettings(
        SpreadSettings(tolerance_binary=0.0, employees_min=2, q=0.5, off_p=0.5),
        FunnelSettings(information_min=0.01, handlings_min=2, employees_min=2, q=0.5, off_p=0.5),
    ),
)
"""Settings under which a few rows raise alerts and end them, and the valve has to act."""


def stored(state: Any) -> Any:
    """Return a state as it comes back: lists for tuples, mappings in another order, arrays read-only.

    What no state may hold is refused.
    """
    match state:
        case np.ndarray():
            assert state.dtype.kind in "biuf"
            back = np.frombuffer(state.tobytes(), state.dtype).reshape(state.shape)
            assert not back.flags.writeable
            return back
        case dict():
            assert all(type(key) is str for key in state)
            return {key: stored(state[key]) for key in sorted(state, reverse=True)}
        case list() | tuple():
            return [stored(one) for one in state]
    assert state is None or type(state) in {str, int, float, bool}, type(state)
    return state
