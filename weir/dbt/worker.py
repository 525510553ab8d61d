"""dbt in one warm process: it imports dbt and parses the project while sources land, then builds.

In: requests of the run (weir/core/child.py). Out: an event per node begun and ended, with true times; the outcome.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from weir.core.child import Child, Handler, serve
from weir.core.errors import WeirError
from weir.dbt import environment, selects
from weir.dbt.results import Built, Failed, NodeEvent, OnNode, summary
from weir.dbt.selection import Todo, Why
from weir.ledger.verify import StagingModel


class DbtProcess:
    """The run's end of the process; target prod, the run's clock and id.

    It works on Spark where a server is set, unless it is `of_postgres`.
    """

    def __init__(self, run_id: str, as_of: datetime, of_postgres: bool = False) -> None:
        # Not by --vars: other vars cost dbt a full parse.
        settings = {"WEIR_RUN": "1", "WEIR_RUN_ID": run_id, "WEIR_AS_OF": as_of.isoformat()}
        settings |= environment.of_postgres() if of_postgres else {}
        self.child = Child("weir.dbt.worker", environment.handed_to_dbt(**settings))

    def parse(self) -> None:
        """Read the project. Raises WeirError with dbt's words when it can't be read."""
        self.child.ask("parse")

    def build(self, todo: Todo, unit_tests: bool, on_node: OnNode) -> Built:
        """Build and test what `todo` says, with its unit tests or without. Raises WeirError when dbt can't start."""
        values = asdict(todo) | {"why": todo.why.name}
        answer = self.child.ask("build", lambda event: on_node(NodeEvent(**event)), todo=values, unit_tests=unit_tests)
        failed = [Failed(**each) for each in answer["failed"]]
        told = {name: [(what, said) for what, said in answer[name]] for name in ("unmarked", "drifted")}
        return Built(**answer | {"failed": failed} | told)

    def staging_models(self) -> list[StagingModel]:
        """The staging models with their select compiled. Raises WeirError when the project can't be compiled."""
        return [StagingModel(**model) for model in self.child.ask("staging models")]

    def make_views_of_ops(self) -> None:
        """Make the views over Weir's own tables, and compile the project. Raises WeirError where that fails."""
        self.child.ask("views of ops")

    def end(self) -> None:
        """End the process; safe to repeat."""
        self.child.end()


def prepare() -> dict[str, Handler]:
    """Import what is slow and read the project; returns the handlers of the run's requests."""
    from weir.core.env import load_env
    from weir.dbt.engine import Dbt
    from weir.spark.server import chosen

    load_env()
    if server := chosen():
        environment.export_spark(server)
    environment.export_environment("prod")
    dbt = Dbt("--log-level-file", "info", "--no-use-colors", beside=True)
    with suppress(WeirError):  # whoever asks for a build is told
        dbt.parse()

    def build(request: dict[str, Any], event: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        todo = Todo(**request["todo"] | {"why": Why[request["todo"]["why"]]})
        return asdict(dbt.build(todo, request["unit_tests"], lambda node: event(asdict(node))))

    def staging(request: dict[str, Any], event: Callable[[dict[str, Any]], None]) -> list[dict[str, Any]]:
        if dbt.manifest is None:
            dbt.parse()  # tells why the project can't be read
        sources = {name: source.to_dict() for name, source in dbt.manifest.sources.items()}
        return [asdict(model) for model in selects.models_of(dbt.compile_staging(), sources)]

    def views_of_ops(request: dict[str, Any], event: Callable[[dict[str, Any]], None]) -> None:
        if dbt.manifest is None:
            dbt.parse()
        for done in (summary(dbt.make_views_of_ops()), summary(dbt.compile_all())):
            if not done.passed:
                raise WeirError(done.sentence)

    return {
        "parse": lambda request, event: dbt.parse(),
        "build": build,
        "staging models": staging,
        "views of ops": views_of_ops,
    }


if __name__ == "__main__":
    serve(prepare)
