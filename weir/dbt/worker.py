"""dbt in one warm process: it imports dbt and parses the project while sources land, then builds, telling of each node.

In: requests of the run (weir/core/child.py). Out: an event per node begun and ended, with true times; the outcome.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from weir.core.child import Child, serve
from weir.core.handed import for_dbt


class Dbt:
    """The run's end of the process; target prod, the run's clock and id."""

    def __init__(self, run_id: str, as_of: datetime) -> None:
        # Not by --vars: other vars cost dbt a full parse.
        settings = {"WEIR_RUN": "1", "WEIR_RUN_ID": run_id, "WEIR_AS_OF": as_of.isoformat()}
        self.child = Child("weir.dbt.worker", for_dbt(), **settings)

    def parse(self) -> None:
        """Parse the project. Raises WeirError with dbt's words when it can't be."""
        self.child.ask("parse")

    def build(
        self,
        on_node: Callable[[dict[str, Any]], None],
        select: list[str] | None,
        exclude: list[str],
        full_refresh: bool = False,
    ) -> dict[str, Any]:
        """Build and test; returns {ok, counts, failed: a line for each, fault}."""
        outcome: dict[str, Any] = self.child.ask(
            "build", on_node, select=select, exclude=exclude, full_refresh=full_refresh
        )
        return outcome

    def end(self) -> None:
        """End the process; safe to repeat."""
        self.child.end()


class _Project:
    """The process's end: dbt with its manifest."""

    def __init__(self) -> None:
        self.manifest: Any = None

    def arguments(self, command: str) -> list[str]:
        return [command, "--target", "prod", "--log-level-file", "info", "--no-use-colors"]

    def parse(self, request: dict[str, Any], event: Any = None) -> dict[str, Any]:
        from dbt.cli.main import dbtRunner

        from weir.core.errors import WeirError

        result = dbtRunner().invoke(self.arguments("parse"))
        if not result.success:
            raise WeirError(f"dbt can't read the project: {_line(result.exception)}")
        self.manifest = result.result
        return {}

    def build(self, request: dict[str, Any], event: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        from dbt.cli.main import dbtRunner

        from weir.dbt.build import BatchReasons
        from weir.dbt.results import summary

        if self.manifest is None:
            self.parse(request)
        arguments = self.arguments("build")
        for option in ("select", "exclude"):
            if request[option]:
                arguments += [f"--{option}", *request[option]]
        if request["full_refresh"]:
            arguments.append("--full-refresh")
        reasons = BatchReasons()
        callbacks: list[Callable[[Any], None]] = [lambda message: _tell(message, event), reasons]
        result = dbtRunner(manifest=self.manifest, callbacks=callbacks).invoke(arguments)
        built = summary(getattr(result.result, "results", None), reasons)
        fault = _line(result.exception) if result.exception else ""
        ok = bool(result.success) and built.passed
        return {"ok": ok, "counts": built.counts, "failed": built.faults, "fault": fault}


def _tell(message: Any, event: Callable[[dict[str, Any]], None]) -> None:
    """Pass on that a node has begun or ended, and first how many there are."""
    name = message.info.name
    if name == "ConcurrencyLine":
        event({"total": message.data.node_count})
    if name not in {"NodeStart", "NodeFinished"}:
        return
    node = message.data.node_info
    found = {
        "node": node.unique_id,
        "name": node.node_name,
        "type": node.resource_type,
        "state": "started" if name == "NodeStart" else str(node.node_status),
        "started_at": node.node_started_at,
        "ended_at": node.node_finished_at,
    }
    if name == "NodeFinished":
        found["message"] = _line(message.data.run_result.message)
    event(found)


def _line(text: object) -> str:
    from weir.dbt.results import one_line

    return one_line(text or "")


def main() -> None:
    """Import what is slow, then serve."""
    from weir.core.env import load_env
    from weir.dbt.environment import environment

    load_env()
    environment("prod")
    project = _Project()
    serve({"parse": project.parse, "build": project.build})


if __name__ == "__main__":
    main()
