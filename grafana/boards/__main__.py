"""Write the JSON of every board beside the generator."""

from pathlib import Path
from typing import Final

from grafana.boards import BOARDS, as_json

DASHBOARDS: Final = Path(__file__).resolve().parents[1] / "dashboards"


def main() -> None:
    """Write `grafana/dashboards/UID.json`."""
    DASHBOARDS.mkdir(exist_ok=True)
    for make in BOARDS:
        board = make()
        (DASHBOARDS / f"{board.uid}.json").write_text(as_json(board), encoding="utf-8")


if __name__ == "__main__":
    main()
