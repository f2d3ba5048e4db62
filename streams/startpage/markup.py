"""HTML and SVG as values: whatever is no `Markup` yet is escaped, so no name can become a tag.

What is written is HTML and well-formed XML at once, so a strict parser can hold it to account.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

_EMPTY: Final = frozenset({"br", "hr", "meta", "circle", "line", "path", "rect"})
"""Elements that close themselves, in HTML or as part of a picture."""

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""What is not seen, or turns the text around it: controls, marks of direction, spaces without width.

The joiners U+200C and U+200D stay: words of Persian and of Indian languages need them.
"""

_PLACES: Final = ("http://", "https://", "#", "?", "./", "../")


@dataclass(frozen=True, slots=True)
class Markup:
    """Text that is markup already."""

    text: str


Content = str | Markup | None | Iterable["Content"]
"""What an element may hold: text, markup, nothing, or several of them."""
Value = str | float | None


def tag(name: str, /, *content: Content, **attributes: Value) -> Markup:
    """Return an element.

    Attributes are named as Python allows: `class_` is class, `stroke_width` is stroke-width; those that are
    None are left out. A link that leads anywhere but to a web page loses its address.
    """
    head = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    if name in _EMPTY and not content:
        return Markup(f"<{name}{head}/>")
    return Markup(f"<{name}{head}>{_text(content)}</{name}>")


def join(*content: Content) -> Markup:
    """Return several things as one, each escaped unless it is markup."""
    return Markup(_text(content))


def bidi(name: str) -> Markup:
    """Return a name from outside: whichever way it is written, what stands beside it stays in its place."""
    return tag("bdi", name)


def style(sheet: str) -> Markup:
    """Return a style sheet of ours; it is not escaped, so it holds nothing that would have to be.

    Raises
    ------
    ValueError
        If it does.
    """
    if "<" in sheet or "&" in sheet:
        raise ValueError("a style sheet in a page holds neither < nor &")
    return Markup(f"<style>{sheet}</style>")


def _attribute(key: str, value: str | float) -> str:
    if key == "href" and not str(value).startswith(_PLACES):
        return ""
    written = value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
    return f' {key.rstrip("_").replace("_", "-")}="{_escaped(written)}"'


def _text(content: Content) -> str:
    if content is None:
        return ""
    if isinstance(content, Markup):
        return content.text
    if isinstance(content, str):
        return _escaped(content)
    return "".join(map(_text, content))


def _escaped(text: str) -> str:
    return escape(_UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text))
