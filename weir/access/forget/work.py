"""What the parts of one erasure share: the transaction, what is looked for, what was found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

from weir.access.forget.report import Erasure, Found
from weir.access.forget.story import Story
from weir.access.forget.sweep import Search
from weir.ledger.verify import StagingModel
from weir.project.marts import Mart
from weir.project.plan import Plan


@dataclass
class Work:
    """One erasure, in one transaction."""

    connection: psycopg.Connection
    plan: Plan
    secret: bytes
    models: Sequence[StagingModel]
    marts: Sequence[Mart]
    report: Callable[[str], None]
    done: Erasure
    search: Search
    schemas: Mapping[str, str]  # where each staging model is found, by its name
    touched: set[tuple[str, str]] = field(default_factory=set)  # tables to vacuum

    @property
    def kinds(self) -> str:
        """The kinds of values that are looked for, in words."""
        return ", ".join(self.done.kinds)

    def add(self, schema: str, name: str, what: str, rows: int, done: str) -> None:
        """Write down what was done with rows of a table, if there were any."""
        if rows:
            self.touched.add((schema, name))
            self.done.found.append(Found(f"{schema}.{name}", what, rows, done))

    def stories(self, source: str, table: str, rows: list[int]) -> list[Story]:
        """The stories of these rows in the staging models that read the table."""
        mine = [model for model in self.models if (model.source, model.table) == (source, table)]
        return [
            story for model in mine if (story := Story(model, rows, self.schemas[model.name])).exists(self.connection)
        ]
