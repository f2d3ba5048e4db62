"""The image, played once for all tests that look at it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from played_image import PlayedImage


@pytest.fixture(scope="session")
def image() -> Iterator[PlayedImage]:
    """Lend what the Dockerfile builds; it stands where other users may look, unlike pytest's own folders."""
    folder = Path(tempfile.mkdtemp(prefix="touchpoint-image-"))
    folder.chmod(0o755)
    try:
        built = PlayedImage(folder)
        built.build()
        yield built
    finally:
        shutil.rmtree(folder)
