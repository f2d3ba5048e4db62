"""What happened, drawn over every panel: alerts that fire, other versions, other settings."""

from grafana_foundation_sdk.models import dashboard

from grafana.boards.colours import BLUE, PURPLE, VERMILLION
from grafana.boards.queries import of
from grafana.boards.variables import SOURCE


def annotations() -> list[dashboard.AnnotationQuery]:
    """Return those of every board."""
    return [
        _annotation(
            "Alerts that fire",
            # The watchdog always fires; low evidence is told on the boards and notified to nobody.
            'ALERTS{alertstate="firing", alertname=~"Touchpoint.+", severity=~"critical|warning"}',
            VERMILLION,
            "{{alertname}}",
            "{{channel}} {{issue_type}} {{measure}} {{employee}}",
        ),
        _annotation("Deploys", _new("touchpoint_build_info", "version"), BLUE, "Version {{version}}"),
        _annotation(
            "Configuration", _new("touchpoint_config_info", "config_hash"), PURPLE, "Settings {{config_hash}}"
        ),
    ]


def _new(info: str, label: str) -> str:
    """Return what an info metric says now and did not say five minutes ago."""
    return f"count by ({label}) ({of(info)}) unless on ({label}) count by ({label}) ({of(info)} offset 5m)"


def _annotation(name: str, expr: str, colour: str, title: str, text: str = "") -> dashboard.AnnotationQuery:
    return dashboard.AnnotationQuery(
        name=name,
        datasource=SOURCE,
        enable=True,
        icon_color=colour,
        expr=expr,
        title_format=title,
        text_format=text,
        step="15s",
    )
