"""What is written is markup only where we wrote it: whatever comes from outside stays text."""

import re
from itertools import pairwise
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import judged
from startpages import (
    HOSTILE,
    MINUS,
    TIMES,
    alert_text,
    elsewhere,
    named,
    page,
    parsed,
    read,
    seen,
    shape,
    standing,
    view,
)  # fmt: skip

from streams.startpage.markup import bidi, join, style, tag
from streams.startpage.units import ago, lasting, level, points, q_value, sigmas, spread

TEXT = st.text(
    st.characters(codec=None, categories=("L", "M", "N", "P", "S", "Z", "C")), min_size=1, max_size=40
)

VOID = {"br", "hr", "meta"}


@settings(max_examples=60)
@given(st.lists(TEXT, min_size=6, max_size=6, unique=True))
def test_no_name_changes_what_a_page_is_made_of(names: list[str]) -> None:
    """Employees, issue types and reasons of any characters: well-formed, and no element or attribute more."""
    snapshot = view(named(*names))
    plain = shape(page()) | shape(page(view(named("a", "b", "c", "d", "e", "f"))))

    assert shape(page(snapshot)) <= plain
    for one, known in zip(
        snapshot.snapshot.alerts if snapshot.snapshot else (), judged().alerts, strict=True
    ):
        if one.until is None:
            assert shape(alert_text(snapshot, one.id)) == shape(alert_text(view(), known.id))


@given(TEXT, TEXT)
def test_text_and_attributes_are_read_back(text: str, value: str) -> None:
    """What a strict parser finds is what was given, but for what nobody could see."""
    element = parsed(f"<!DOCTYPE html>\n{tag('p', text, title=value).text}")

    assert _collapsed(element.text or "") == _collapsed(_seen(text))
    assert _collapsed(element.get("title") or "") == _collapsed(_seen(value))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_as_they_are(name: str) -> None:
    """Each can be read on the page, apart from its surroundings, and what is not seen has its number."""
    of = named(name)
    about = next(one for one in of.alerts if name in {one.employee, one.issue_type} and one.until is None)
    for text in (page(view(of)), alert_text(view(of), about.id)):
        isolated = ["".join(one.itertext()) for one in parsed(text).iter("bdi")]
        assert seen(name) in isolated
        assert not set(text) & set("\u202e\u200b\u2066")


def test_only_markup_is_markup() -> None:
    """Text is escaped however deep it is nested, and markup is not escaped twice."""
    assert (
        tag("p", ["<b>", [tag("b", "&")], None], class_="x").text == '<p class="x">&lt;b&gt;<b>&amp;</b></p>'
    )
    assert join("<", bidi(">")).text == "&lt;<bdi>&gt;</bdi>"


@pytest.mark.parametrize("place", ["javascript:alert(1)", "data:text/html,x", " https://x", "//x", "ftp://x"])
def test_a_link_leads_to_a_page_or_nowhere(place: str) -> None:
    """An address of another kind is dropped."""
    assert tag("a", "x", href=place).text == "<a>x</a>"
    assert tag("a", "x", href="https://x/?a=1&b=2").text == '<a href="https://x/?a=1&amp;b=2">x</a>'


def test_a_style_sheet_cannot_end_itself() -> None:
    """It is not escaped, so what would have to be is refused."""
    with pytest.raises(ValueError, match="neither < nor &"):
        style("p::after { content: '</style>' }")


def test_a_page_needs_no_script_and_nothing_from_elsewhere() -> None:
    """No script, no frame, no image, no inline style, no handler of events."""
    for text in (page(), page(elsewhere()), alert_text(view(), standing()[0].id)):
        tags = {name for name, _ in shape(text)}
        attributes = {name for _, names in shape(text) for name in names}
        assert not tags & {"script", "iframe", "img", "link", "object", "embed", "base", "form"}
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "src"}]
        assert not re.search(r"url\(|@import", text)


def test_a_browser_reads_what_a_strict_parser_reads() -> None:
    """Only void elements and shapes close themselves, and no paragraph holds a block."""
    for text in (page(), page(elsewhere()), alert_text(view(), standing()[0].id)):
        closed = set(re.findall(r"<([a-z]+)[^<>]*/>", text))
        assert closed <= VOID | {"circle", "line", "path", "rect"}
        for paragraph in parsed(text).iter("p"):
            assert not {one.tag for one in paragraph.iter()} & {
                "ul",
                "table",
                "div",
                "section",
                "article",
                "h3",
            }


def test_a_page_can_be_found_the_way_in() -> None:
    """It has a language, a skip link, headings in order, captions and scopes, pictures with words."""
    root = parsed(page())

    assert root.get("lang") == "en"
    skip = next(root.iter("a"))
    assert skip.get("href") == "#content"
    assert root.find(".//main[@id='content']") is not None
    levels = [int(one.tag[1]) for one in root.iter() if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for table in root.iter("table"):
        assert read(table.find("caption") or table)
        assert all(cell.get("scope") for cell in table.iter("th"))
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    for picture in root.iter("svg"):
        if picture.get("role") == "img":
            said = [root.find(f".//*[@id='{key}']") for key in str(picture.get("aria-labelledby")).split()]
            assert all(one is not None and read(one) for one in said)


def test_colours_can_be_read_in_both_themes() -> None:
    """Text against its ground at least 4.5 to 1, marks at least 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11)."""
    sheet = page().partition("<style>")[2]
    light, dark, *_ = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)
    themes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", theme)) for theme in (light, dark)]

    for theme in themes:
        for ground in ("paper", "raised"):
            for ink in ("ink", "soft", "link", "alarm-ink"):
                assert _contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
        for mark in ("calm", "alarm", "base"):
            assert _contrast(theme[mark], theme["paper"]) >= 3.0, mark


def test_numbers_have_their_units() -> None:
    """Shares in percent, times in seconds or minutes, factors with a cross, what cannot be told as a dash."""
    assert level("binary", 0.4312) == "43.1%"
    assert level("duration", 5.0) == "2 min 28 s"
    assert level("duration", 3.0) == "20 s"
    assert level("score", 0.756) == "0.76"
    assert level("score", nan) == "\N{EN DASH}"
    assert spread("binary", 0.0) == f"{TIMES}1.00"
    assert spread("score", 0.05) == "0.05"
    assert points(-0.123) == f"{MINUS}12.3"
    assert q_value(0.0000001) == "< 0.0001"
    assert q_value(0.0123) == "0.012"
    assert sigmas(0.01) == "0.0"
    assert spread("binary", 1e9).startswith(TIMES)
    assert lasting(59_000_000) == "59 seconds"
    assert lasting(86_400_000_000) == "1 day"
    assert ago(0, 7_200_000_000) == "2 hours ago"
    assert ago(7_200_000_000, 0) == "2 hours ahead"


def _collapsed(text: str) -> str:
    """Return text with its blanks made one, as an attribute's are by XML."""
    return re.sub("[\t\n ]", " ", text)


def _seen(text: str) -> str:
    return "".join(one if _is_seen(one) else f"[U+{ord(one):04X}]" for one in text)


def _is_seen(one: str) -> bool:
    return parsed_text(tag("p", one).text) == one


def parsed_text(text: str) -> str:
    """Return the text of an element."""
    return parsed(f"<!DOCTYPE html>\n{text}").text or ""


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
