"""Single figures, tables and text."""

import re
from collections.abc import Mapping, Sequence
from html import escape

from grafana.preview.asking import Series
from grafana.preview.courses import named
from grafana.preview.looks import look, on
from grafana.preview.reading import Panel
from grafana.preview.tables import table


def stat(panel: Panel, answers: Mapping[str, Sequence[Series]]) -> str:
    """Return the last values in large."""
    legends = {target["refId"]: target["legendFormat"] for target in panel["targets"]}
    parts: list[str] = []
    texts: list[str] = []
    for ref, several in answers.items():
        for series in several:
            name, value = named(legends[ref], series.labels), series.points[-1][1]
            how = look(panel, name, ref)
            said = f"<small>{escape(name)}</small>" if len(several) > 1 else ""
            texts.append(how.read(value))
            parts.append(f'<div style="color:{how.colour(value)}">{said}{escape(texts[-1])}</div>')
    longest = max(len(text) for text in texts)
    size = 34 if len(parts) == 1 and longest < 9 else 22
    return f'<div class="figure" style="font-size:{size}px">{"".join(parts)}</div>'


def rows(panel: Panel, answers: Mapping[str, Sequence[Series]]) -> str:
    """Return the table."""
    columns, found = table(panel, answers)
    numbers = {name for row in found for name, value in row.items() if not isinstance(value, str)}
    head = "".join(
        f'<th class="{"number" if name in numbers else ""}">{escape(name)}</th>' for name in columns
    )
    body = "".join(
        f"<tr>{''.join(_cell(panel, name, row.get(name)) for name in columns)}</tr>" for row in found
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def words(panel: Panel) -> str:
    """Return the little Markdown that the boards use."""
    text = escape(panel["options"]["content"])
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", text)
    return f'<div class="words">{"".join(f"<p>{line}</p>" for line in text.splitlines() if line)}</div>'


def _cell(panel: Panel, name: str, value: str | float | None) -> str:
    how = look(panel, name, is_number=not isinstance(value, str))
    link = "link" if how.get("links") else ""
    if isinstance(value, str):
        return f'<td class="{link}">{escape(value)}</td>'
    if value is None:
        return f'<td class="none">{escape(how.get("noValue", ""))}</td>'
    style = {
        "color-background": f"background:{how.colour(value)};color:{on(how.colour(value))}",
        "color-text": f"color:{how.colour(value)};font-weight:600",
    }.get(how.get("custom.cellOptions", {}).get("type", ""), "")
    return f'<td class="number {link}" style="{style}">{escape(how.read(value))}</td>'
