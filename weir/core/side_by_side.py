"""Jobs side by side, in threads: a place (a source, the warehouse) does a few at a time, and an interrupt ends all.

In: jobs, each with its place and its size. Out: what each job does by itself. The largest job of a place begins first.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PATIENCE = 5.0  # seconds that jobs have to end after an interrupt; what still waits then dies with the process


@dataclass(frozen=True)
class _Job:
    place: str
    size: int
    do: Callable[[], None]


class SideBySide:
    """The jobs of one command. A job must not raise for a fault of its own table: what it raises ends all jobs."""

    def __init__(self, threads: int, each: int) -> None:
        """`threads` is how many jobs run at a time, `each` how many of them at one place."""
        self.threads, self.each = threads, each
        self._turn = threading.Condition()
        self._waiting: list[_Job] = []
        self._running: Counter[str] = Counter()
        self._ends: dict[int, Callable[[], None]] = {}
        self._fault: BaseException | None = None
        self._over = False

    def add(self, place: str, do: Callable[[], None], size: int = 0) -> None:
        """Add a job; a running job may add others."""
        with self._turn:
            self._waiting.append(_Job(place, size, do))
            self._turn.notify_all()

    @contextmanager
    def ended_by(self, end: Callable[[], None]) -> Iterator[None]:
        """Within the block of a job, `end` is called from another thread when all must end."""
        with self._turn:
            if self._over:
                raise InterruptedError
            self._ends[id(end)] = end
        try:
            yield
        finally:
            with self._turn:
                del self._ends[id(end)]

    def run(self) -> None:
        """Do all jobs. Raises what a job raised first; an interrupt, too, ends all jobs before it is raised."""
        workers = [threading.Thread(target=self._work, name=f"job {n}", daemon=True) for n in range(self.threads)]
        for worker in workers:
            worker.start()
        try:
            with self._turn:
                while not self._fault and (self._waiting or self._running.total()):
                    self._turn.wait(0.5)  # a signal that another thread took is seen then
        finally:
            with self._turn:
                self._over = True
                self._turn.notify_all()
                ends = list(self._ends.values())
            for end in ends:
                with suppress(Exception):
                    end()
            until = time.monotonic() + PATIENCE
            for worker in workers:
                worker.join(max(0.0, until - time.monotonic()))
        if self._fault:
            raise self._fault

    def _work(self) -> None:
        while job := self._take():
            try:
                job.do()
            except BaseException as fault:
                with self._turn:
                    self._fault = self._fault or fault
            finally:
                with self._turn:
                    self._running[job.place] -= 1
                    self._turn.notify_all()

    def _take(self) -> _Job | None:
        """The largest job of the place that has the fewest at work; None when all is over."""
        with self._turn:
            while not (self._over or self._fault):
                free = [job for job in self._waiting if self._running[job.place] < self.each]
                if free:
                    job = min(free, key=lambda job: (self._running[job.place], -job.size))
                    self._waiting.remove(job)
                    self._running[job.place] += 1
                    return job
                self._turn.wait()
            return None
