"""What can go wrong, in one picture.

    TouchpointError
      ConfigError        a setting that cannot be right; names the key and what to write instead
      SegmentError       a ledger record this program cannot read
      StateError         a dumped state that the judge cannot go on from
      CheckpointError    a checkpoint that cannot be written, or not be read whole

Bad *input* is never an exception: it becomes a reject with a reason (`models.rejects`).
"""


class TouchpointError(Exception):
    """Anything this program raises on purpose; its text is meant for the operator."""


class ConfigError(TouchpointError):
    """A setting that cannot be right."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key
        self.problem = problem


def require(holds: bool, key: str, problem: str) -> None:
    """Refuse a setting unless this holds.

    Raises
    ------
    ConfigError
    """
    if not holds:
        raise ConfigError(key, problem)


class SegmentError(TouchpointError):
    """A record of the ledger that this program cannot read; it must stop, never skip."""


class StateError(TouchpointError):
    """A dumped state that the judge cannot go on from: another format, another grid, or damaged."""


class CheckpointError(TouchpointError):
    """A checkpoint that cannot be written, or not be read whole."""
