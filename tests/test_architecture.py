"""The house: what may import what, and that nothing lies about unused."""

import ast
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from models.detectors import DETECTORS
from models.evidence import Detector

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted((ROOT / "models").rglob("*.py"))
DETECTOR_FILES = [path for path in CORE if path.parent.name == "detectors" and path.stem != "__init__"]


def imported(path: Path) -> Iterator[str]:
    """Yield the first part of every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_core_is_numpy_and_the_standard_library(path: Path) -> None:
    """Arithmetic needs no broker, no file format and no web."""
    assert set(imported(path)) <= {"numpy", "models", *sys.stdlib_module_names}


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_core_asks_no_clock_no_chance_and_no_file(path: Path) -> None:
    """The fold is pure: what it does follows from the ledger, what it simulates from a seed."""
    assert not set(imported(path)) & {"os", "pathlib", "random", "secrets", "socket", "subprocess", "time"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            assert name not in {"now", "today", "utcnow", "open", "print"}, f"line {node.lineno}"


@pytest.mark.parametrize("path", DETECTOR_FILES, ids=lambda path: path.stem)
def test_every_detector_is_registered(path: Path) -> None:
    """A detector that nobody lists would be silently missing."""
    module = import_module(f"models.detectors.{path.stem}")
    defined = [value for value in vars(module).values() if isinstance(value, Detector)]
    assert defined
    assert all(detector in DETECTORS for detector in defined)


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_rooms_stay_small(path: Path) -> None:
    """A file has one idea and at most 300 lines."""
    assert len(path.read_text().splitlines()) <= 300
