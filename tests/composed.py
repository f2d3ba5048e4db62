"""docker-compose.yml and the Dockerfile as data, for tests that have no container engine."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[1]
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
OURS: Final = frozenset(name for name, service in SERVICES.items() if "build" in service)
ONE_SHOTS: Final = frozenset(name for name, service in SERVICES.items() if service["restart"] == "no")
WORKER_TOML: Final = ROOT / "deploy" / "compose" / "touchpoint.toml"


def binds(service: dict[str, Any]) -> dict[str, Path]:
    """Return what a service mounts of this repository, by where it finds it."""
    mounts = [one for one in service.get("volumes", ()) if isinstance(one, dict)]
    return {one["target"]: ROOT / one["source"] for one in mounts}


def volumes(service: dict[str, Any]) -> dict[str, str]:
    """Return the named volumes of a service, by where it finds them."""
    named = [one.split(":") for one in service.get("volumes", ()) if isinstance(one, str)]
    return {target: name for name, target in named}


@dataclass(frozen=True)
class Step:
    """An instruction of a Dockerfile; `flags` are its leading --options."""

    instruction: str
    flags: dict[str, str]
    words: tuple[str, ...]
    text: str


def recipe(path: Path = ROOT / "Dockerfile") -> list[list[Step]]:
    """Return the steps of a Dockerfile, stage by stage; what stands before the first FROM is a stage too."""
    lines = (line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    stages: list[list[Step]] = [[]]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        instruction, _, rest = line.partition(" ")
        flags = {}
        while flag := re.match(r"\s*--([a-z-]+)=(\S+)", rest):
            flags[flag[1]] = flag[2]
            rest = rest[flag.end() :]
        rest = rest.strip()
        command = rest.removeprefix("CMD ").strip() if instruction == "HEALTHCHECK" else rest
        words = tuple(json.loads(command)) if command.startswith("[") else tuple(command.split())
        if instruction == "FROM":
            stages.append([])
        stages[-1].append(Step(instruction, flags, words, rest))
    return stages


def one(stage: list[Step], instruction: str) -> Step:
    """Return the only such step of a stage."""
    [step] = [step for step in stage if step.instruction == instruction]
    return step
