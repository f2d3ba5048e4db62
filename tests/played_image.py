"""The Dockerfile without a container engine: its steps are run by hand, and what they make runs as nobody.

What is not played is what an engine adds: the base image, the read-only root, capabilities, networks.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from composed import ROOT, one, recipe

TREE: Final = "/opt/touchpoint"


class PlayedImage:
    """What the build stage leaves behind, in a folder of its own.

    Attributes
    ----------
    as_its_user : list of str
        What is put before a command so that it runs as the image's user; nothing where we may not or no
        Python of this machine is open to that user.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = folder / TREE.removeprefix("/")
        self.as_its_user, self._python = _user_and_python()
        self._context = folder / "build"

    def build(self) -> None:
        """Play every step of the build stage."""
        self._context.mkdir(parents=True)
        for step in recipe()[1]:
            if step.instruction == "COPY":
                *sources, target = step.words
                for source in sources:
                    self._copy(ROOT / source, self._context / target, into=target.endswith("/"))
            elif step.instruction == "RUN":
                done = subprocess.run(
                    self.command(step.words), cwd=self._context, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"{step.text}\n{done.stdout}\n{done.stderr}"

    def command(self, words: Sequence[str]) -> list[str]:
        """Return a command of the Dockerfile with the paths that it has here."""
        program, *arguments = [word.replace(TREE, str(self.tree)) for word in words]
        return [self._python if program == "python" else program, *arguments]

    def entry(self, *arguments: str) -> list[str]:
        """Return the command that a container with these arguments runs."""
        return [*self.as_its_user, *self.command(one(recipe()[-1], "ENTRYPOINT").words), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """What a container sees, and nothing of ours."""
        told = dict(word.split("=", 1) for word in one(recipe()[-1], "ENV").words)
        told["PATH"] = told["PATH"].replace(TREE, str(self.tree)).replace("$PATH", "/usr/bin:/bin")
        return told

    def _copy(self, source: Path, target: Path, *, into: bool) -> None:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target = target / source.name if into else target
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, target)


def _user_and_python() -> tuple[list[str], str]:
    ours = str(getattr(sys, "_base_executable", sys.executable))
    user, group = one(recipe()[-1], "USER").words[0].split(":")
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        return [], ours
    as_user = [setpriv, f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
    as_user += ["--inh-caps=-all", "--bounding-set=-all"]
    for python in (ours, "/usr/bin/python3.11"):
        if subprocess.run([*as_user, python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return as_user, python
    return [], ours
