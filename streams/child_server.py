"""A server as a child process on loopback that cannot outlive the process that started it."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from models.errors import TouchpointError

# Below Linux's ephemeral range (32768-60999): there a client that retries a closed loopback port can be
# given that very port as its own, connect to itself, and keep the server from binding it after a restart.
_PORTS: Final = range(20_000, 30_000)

# A finalizer does not run when the parent is killed, but its end of a pipe closes in every case. The watcher
# waits for that and takes the whole process group with it.
_LIFELINE: Final = 'exec 3<&0; (read -r _ <&3; kill -KILL 0) & exec "$@" </dev/null 3<&-'


class ServerError(TouchpointError):
    """A server of our own that cannot be started."""


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on; each process begins its search in another place."""
    begin = os.getpid() * 7 % len(_PORTS)
    free: list[int] = []
    for port in (*_PORTS[begin:], *_PORTS[:begin]):
        if len(free) == count:
            return free
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT is no listener
            probe.bind(("127.0.0.1", port))
            free.append(port)
    raise ServerError(f"no {count} free loopback ports in {_PORTS.start}-{_PORTS.stop - 1}")


def start(argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start `argv` in a process group of its own, out of reach of Ctrl-C; its output is appended to `log`.

    Without `env` it inherits ours.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the caller's own command, never a user's
            ["/bin/sh", "-c", _LIFELINE, "sh", *argv],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=env,
        )


def stop(process: subprocess.Popen[bytes], grace_s: float) -> None:
    """Ask the server to end, wait `grace_s`, then kill what is left of its group."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace_s)
    kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the whole group at once, as a crash would; harmless when repeated."""
    pipe = process.stdin
    if pipe is not None and not pipe.closed:  # while it is open the watcher lives, so the group is still ours
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        pipe.close()
    process.wait()
