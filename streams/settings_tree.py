"""A tree of settings as it was read, held against the dataclasses that it is to become.

What the conversion would pass over unseen, or say in words that are no help, is found here.
"""

import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from math import isfinite
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from models.errors import ConfigError, require

_NUMBER_MAX: Final = 100_000_000
"""So many days in microseconds still fit 64 bits."""
_MOVED: Final = {"metrics.host": "http.host", "metrics.port": "http.port"}
"""Keys of an earlier version, and what to write instead."""
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")
"""What Python makes of a variable's bytes that are no UTF-8."""


def refuse_unknown(tree: Mapping[str, Any], into: Any, path: str = "") -> None:
    """Refuse keys that a dataclass does not have.

    Raises
    ------
    ConfigError
        With the path of the key and the known ones.
    """
    known = get_type_hints(into)
    for key, value in tree.items():
        here = f"{path}{key}"
        require(here not in _MOVED, here, f"has moved: write {_MOVED.get(here)}")
        if key not in known:
            raise ConfigError(here, f"there is no such key; known here: {', '.join(sorted(known))}")
        inner = known[key]
        if is_dataclass(inner) and isinstance(value, dict):
            refuse_unknown(value, inner, f"{here}.")
        if get_origin(inner) is tuple and is_dataclass(get_args(inner)[0]) and isinstance(value, list):
            for place, item in enumerate(value):
                if isinstance(item, dict):
                    refuse_unknown(item, get_args(inner)[0], f"{here}[{place}].")


def refuse_extremes(value: object, path: str = "") -> None:
    """Refuse what no key can mean: endless numbers, and bytes that are no text.

    Raises
    ------
    ConfigError
        With the path of the key.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            refuse_extremes(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            refuse_extremes(inner, f"{path}[{place}]")
    elif isinstance(value, (int, float)) and not (isfinite(value) and abs(value) <= _NUMBER_MAX):
        raise ConfigError(path, f"no number beyond {_NUMBER_MAX} has a meaning here")
    elif isinstance(value, str) and _NO_TEXT.search(value):
        raise ConfigError(path, "is not UTF-8")


def words_at(path: str, into: Any) -> tuple[str, ...]:
    """Return the words that a key of a dataclass is chosen from; none where it is no such choice."""
    for name in re.findall(r"[a-z]\w*", path):
        into = get_type_hints(into)[name]
        into = get_args(into)[0] if get_origin(into) is tuple else into
    return get_args(into) if get_origin(into) is Literal else ()
