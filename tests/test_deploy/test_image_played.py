"""What the Dockerfile's steps make, run as the image's user without a container engine."""

import os
import stat
import subprocess
import tomllib

from composed import ROOT
from played_image import PlayedImage


def run(image: PlayedImage, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, env=image.environment, capture_output=True, text=True, check=False, cwd=image.folder
    )


def test_the_command_runs_as_nobody_in_particular(image: PlayedImage) -> None:
    """It starts, is of this version, and needs nothing of the environment it was built in."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    told = run(image, *image.entry("--version"))

    assert (told.returncode, told.stdout) == (0, f"touchpoint, version {version}\n"), told.stderr


def test_everything_is_in_it_and_no_tool_is_left(image: PlayedImage) -> None:
    """The worker and all it imports are there, our packages and not this folder's; what installs is gone."""
    program = (
        "import importlib.util as u, streams.app, streams.upstream, models\n"
        "print(models.__file__, *(name for name in ('pip', 'setuptools', 'tests') if u.find_spec(name)))"
    )
    python = image.command(["/opt/touchpoint/bin/python", "-c", program])

    told = run(image, *image.as_its_user, *python)

    assert told.returncode == 0, told.stderr
    [models] = told.stdout.split()
    assert models.startswith(str(image.tree))


def test_its_user_can_write_none_of_it(image: PlayedImage) -> None:
    """Every file belongs to who built it, and no other may write; its bytecode is there already."""
    paths = [path for path in image.tree.rglob("*") if not path.is_symlink()]
    assert not [path for path in paths if path.stat().st_mode & stat.S_IWOTH]
    assert {path.stat().st_uid for path in paths} == {os.geteuid()}
    assert list(image.tree.glob("lib/*/site-packages/streams/__pycache__/app.*.pyc"))
