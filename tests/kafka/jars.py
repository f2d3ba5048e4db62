"""Apache Kafka's jars and a Java to run them: fetched by Maven once, kept in a folder that git ignores."""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
VERSION = re.findall(r"<kafka\.version>(.+?)</kafka\.version>", POM.read_text())[0]
CACHE = Path(os.environ.get("TOUCHPOINT_CACHE") or POM.parents[2] / ".cache")

JAVA_MIN = 17  # Kafka 4.x: the server needs Java 17, clients 11
FETCH_S = 240.0


class MissingError(Exception):
    """What a broker needs and this machine has not got, in one sentence."""


def java() -> str:
    """Find the Java to run the broker with: `JAVA_HOME`'s, else the one on the path."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=str(Path(home, "bin"))) if home else shutil.which("java")
    if program is None:
        raise MissingError(f"Java {JAVA_MIN} or later is not installed (looked for `java`)")
    told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found[1]) < JAVA_MIN:
        raise MissingError(f"{program} is not Java {JAVA_MIN} or later: {told.splitlines()[:1]}")
    return program


def class_path() -> str:
    """Return the broker's class path; fetches the jars unless the cache has what the POM asks for."""
    folder = CACHE / "kafka" / VERSION
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:  # two test runs may want to fetch at the same time
        fcntl.flock(lock, fcntl.LOCK_EX)
        fetched = folder / "pom.xml"  # put there last: where it is, the jars are whole
        if not fetched.exists() or fetched.read_bytes() != POM.read_bytes():
            fetched.unlink(missing_ok=True)
            _fetch(folder / "libs")
            shutil.copyfile(POM, folder / "pom.part")
            (folder / "pom.part").replace(fetched)
    return f"{folder / 'libs'}/*"


def _fetch(libs: Path) -> None:
    program = shutil.which("mvn")
    if program is None:
        raise MissingError(f"Maven is not installed, and {libs} has no jars of Apache Kafka {VERSION}")
    shutil.rmtree(libs, ignore_errors=True)
    command = [
        program,
        "--batch-mode",
        "--quiet",
        "--strict-checksums",
        "-Dstyle.color=never",
        "--file",
        str(POM),
    ]
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={libs}"]
    try:
        done = subprocess.run([*command, *goal], capture_output=True, text=True, check=False, timeout=FETCH_S)
    except subprocess.TimeoutExpired as late:
        raise MissingError(f"Maven did not fetch Apache Kafka {VERSION} within {FETCH_S:.0f} s") from late
    if done.returncode != 0:
        said = re.search(r"\[ERROR\] (.+)", done.stdout)
        raise MissingError(
            f"Maven could not fetch Apache Kafka {VERSION}: {said[1] if said else done.stderr}"
        )
