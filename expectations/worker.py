"""The process of both gates: a run starts it early, so that it imports Great Expectations while sources land.

In: requests of the run (weir/core/child.py). Out: verdicts. The process ends with the run.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from weir.core.child import Child, Handler, serve
from weir.core.handed import GATES, handed


class Worker:
    """The parent's side of the process."""

    _waiting: "Worker | None" = None

    def __init__(self) -> None:
        self.child = Child("expectations.worker", handed(*GATES))

    @classmethod
    def early(cls) -> None:
        """Start the process now; `take` gives it to the run later."""
        cls._waiting = cls._waiting or cls()

    @classmethod
    def take(cls) -> "Worker":
        """The process that was started early, or a new one."""
        worker, cls._waiting = cls._waiting or cls(), None
        return worker

    @classmethod
    def end_early(cls) -> None:
        """End the process that was started early, if no run took it."""
        if cls._waiting:
            cls.take().end()

    def check(
        self, gate: str, run_id: str, scope: list[str] | None, moment: datetime, accept: list[str]
    ) -> list[dict[str, Any]]:
        """Let the process judge; returns the verdicts as dicts of GateResult's fields.

        Raises WeirError when it can't.
        """
        answer: list[dict[str, Any]] = self.child.ask(
            "check", gate=gate, run_id=run_id, scope=scope, moment=moment.isoformat(), accept=accept
        )
        return answer

    def end(self) -> None:
        """End the process; safe to repeat."""
        self.child.end()


def prepare() -> dict[str, Handler]:
    """Import the slow libraries; returns the handlers of the run's requests."""
    from dataclasses import asdict

    from weir.core.env import load_env

    load_env()
    from expectations.gate import check_gate
    from expectations.suites import marts, raw  # noqa: F401  the slow import: Great Expectations

    def answer(request: dict[str, Any], event: Callable[[dict[str, Any]], None]) -> list[dict[str, Any]]:
        moment = datetime.fromisoformat(request["moment"])
        found = check_gate(
            request["gate"], request["run_id"], request["scope"], moment=moment, accept=request["accept"]
        )
        return [asdict(result) for result in found]

    return {"check": answer}


if __name__ == "__main__":
    serve(prepare)
