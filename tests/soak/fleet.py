"""Workers that join, die, pause and leave, and how one sees from outside that their work is done."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any

from kafka.broker import Broker
from worker import RunningWorker, Samples, config_for

from streams import child_server
from streams.config import Config

READ = "touchpoint_events_received_total"


def config_on(broker: Broker, topic: str, *, session_s: float = 6.0, fetch_bytes: int = 1_048_576) -> Config:
    """Return a configuration on the events' clock; sessions are as long as an operator would have them."""
    config = config_for(broker, topic)
    return replace(
        config,
        kafka=replace(config.kafka, session_timeout_s=session_s),
        intake=replace(config.intake, fetch_bytes=fetch_bytes),
    )


class Fleet:
    """The workers of one group."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.workers: list[RunningWorker] = []
        self._stack = ExitStack()

    def join(self, **changes: Any) -> RunningWorker:
        """Start one more, with changed settings if told so."""
        port = child_server.free_ports(1)[0]
        config = replace(self.config, http=replace(self.config.http, port=port), **changes)
        worker = self._stack.enter_context(RunningWorker(config))
        self.workers.append(worker)
        worker.until_serving()
        return worker

    def kill(self, worker: RunningWorker) -> None:
        """End one as a crash would."""
        self.workers.remove(worker)
        worker.kill()

    def leave(self, worker: RunningWorker) -> None:
        """Ask one to end and see that it does in good order."""
        self.workers.remove(worker)
        assert worker.terminate() == 0, worker.log[-3000:]

    def leave_all(self) -> None:
        """Ask all to end, the judge's owner last: it has the last word."""
        owner = self.owner()
        for worker in [*self.workers]:
            if worker is not owner:
                self.leave(worker)
        self.until(lambda: any(judges(samples) for _, samples in self.pages()), "the judge has an owner")
        for worker in [*self.workers]:
            self.leave(worker)

    def close(self) -> None:
        """End what is left."""
        self._stack.close()

    def pages(self) -> Iterator[tuple[RunningWorker, Samples]]:
        """Yield the page of every worker that answers."""
        for worker in [*self.workers]:
            with suppress(OSError):
                yield worker, worker.samples()

    def owner(self) -> RunningWorker | None:
        """Return the worker that judges and has caught up."""
        return next((worker for worker, samples in self.pages() if judges(samples)), None)

    def read(self) -> int:
        """Return how many records have been judged, -1 where nobody says."""
        return max((received(samples) for _, samples in self.pages() if judges(samples)), default=-1)

    def until_read(self, count: int, patience_s: float) -> None:
        """Wait until so many records have been judged."""
        self.until(lambda: self.read() >= count, f"{count:,} records are judged", patience_s)

    def until(self, holds: Callable[[], bool], what: str, patience_s: float = 120.0) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + patience_s
        while not holds():
            if time.monotonic() > deadline or any(worker.has_ended for worker in self.workers):
                logs = "\n".join(worker.log[-2500:] for worker in self.workers)
                raise AssertionError(
                    f"never came to hold: {what}; judged {self.read():,}; they said:\n{logs}"
                )
            time.sleep(0.2)


@contextmanager
def fleet(config: Config) -> Iterator[Fleet]:
    """Lend a fleet and end what is left of it."""
    workers = Fleet(config)
    try:
        yield workers
    finally:
        workers.close()


def judges(samples: Samples) -> bool:
    """Return whether this page is of the judge's owner, caught up."""
    return samples.get(("touchpoint_judge_caught_up", frozenset())) == 1.0


def received(samples: Samples) -> int:
    """Return how many records a page says have been judged."""
    return int(sum(value for (name, _), value in samples.items() if name == READ))
