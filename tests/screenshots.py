"""Pictures of the start page for the documentation: the demo's centre, the same at every run.

python tests/screenshots.py deploy/images
"""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import chromium
from pages import judged
from png import slim
from startpages import page, view

from models.identity import Identity, Keys
from models.snapshot import Snapshot
from streams.startpage import STYLE_SOURCE

WIDTH: Final = 960
HEIGHT: Final = 2_085
"""From what stands to the pictures; a README shows it smaller."""


def pseudonymous(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot of named employees as it is where they are not named, which is the default."""
    identity = Identity(Keys.from_secret(b"that of the documentation"))
    names = {name: identity.employee(name) for name in snapshot.employees}

    def said(reason: str) -> str:
        for name, pseudonym in names.items():
            reason = reason.replace(name, pseudonym)
        return reason

    alerts = (
        replace(one, employee=names.get(one.employee or ""), reasons=tuple(map(said, one.reasons)))
        for one in snapshot.alerts
    )
    return replace(snapshot, employees=tuple(names.values()), alerts=tuple(alerts))


def main(folder: Path) -> None:
    """Write the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    image = folder / "startpage.png"
    with (
        TemporaryDirectory() as profile,
        chromium.serving(
            {"/": page(view(pseudonymous(judged())))}, f"default-src 'none'; style-src {STYLE_SOURCE}"
        ) as address,
    ):
        chromium.screenshot(f"{address}/", image, Path(profile), width=WIDTH, height=HEIGHT)
    image.write_bytes(slim(image.read_bytes()))
    print(f"{image}: {image.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
