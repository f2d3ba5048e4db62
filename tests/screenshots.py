"""Pictures of the start page for the documentation: the demo's centre, the same at every run.

python tests/screenshots.py deploy/images
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import chromium
from png import slim
from startpages import page

from streams.startpage import STYLE_SOURCE

WIDTH: Final = 960
HEIGHT: Final = 2_085
"""From what stands to the pictures; a README shows it smaller."""


def main(folder: Path) -> None:
    """Write the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    image = folder / "startpage.png"
    with (
        TemporaryDirectory() as profile,
        chromium.serving({"/": page()}, f"default-src 'none'; style-src {STYLE_SOURCE}") as address,
    ):
        chromium.screenshot(f"{address}/", image, Path(profile), width=WIDTH, height=HEIGHT)
    image.write_bytes(slim(image.read_bytes()))
    print(f"{image}: {image.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
