"""What is proposed for a source: of each table the key, the model's columns and rules, and what is left to ask.

In: nothing. Out: the types that the other modules here fill in (propose.py) and write (model.py, yaml_text.py).
"""

from dataclasses import dataclass, field
from typing import Literal

from weir.project.scaffold.described import Column, ForeignKey, Table

Group = Literal["ids", "text", "numerics", "booleans", "dates", "documents"]
GROUPS: tuple[Group, ...] = ("ids", "text", "numerics", "booleans", "dates", "documents")


@dataclass
class Field:
    """A column of the staging model: its name, the line of SQL that makes it, and what is known of it."""

    name: str
    sql: str  # without the comma: `orderid as order_id`
    group: Group
    type: str  # as PostgreSQL calls it, for a mart's contract
    origin: str  # the column at the source
    description: str = ""
    pii: str = ""
    values: tuple[str, ...] = ()  # the only ones, by the catalog
    seen: tuple[str, ...] = ()  # the only ones so far
    note: str = ""  # stands before the line as a comment
    has_no_zone: bool = False  # a time without a zone at the source


@dataclass
class Rule:
    """A rule of the model: what is said of a row that breaks it, and the predicate; tried on so many rows."""

    reason: str
    predicate: str
    broken: int | None = 0  # rows that it would reject today; None where it was not counted

    @property
    def holds(self) -> bool:
        """Whether it rejects nothing today, so that it may be written."""
        return self.broken == 0


@dataclass
class Left:
    """A column that does not land, and why."""

    column: str
    why: str


@dataclass
class Proposed:
    """One table of the source, as it will be declared and staged; `model` is empty where it is not staged."""

    table: Table
    name: str  # in the source file and in raw
    model: str
    key: tuple[str, ...] = ()
    key_note: str = ""  # how sure the key is
    fields: list[Field] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    watched: list[Rule] = field(default_factory=list)  # they hold today: a test warns where they no longer do
    asks: list[str] = field(default_factory=list)
    never_null: list[str] = field(default_factory=list)
    never_null_so_far: list[str] = field(default_factory=list)
    unique: list[tuple[str, ...]] = field(default_factory=list)
    twice_but: list[str] = field(default_factory=list)  # no two rows agree in all columns but these
    parents: list[tuple[ForeignKey, str]] = field(default_factory=list)  # with the parent's model
    parent_names: dict[tuple[str, str], str] = field(default_factory=dict)  # (model, column at the source): its name
    tried: int | None = None  # rows on which key and rules were tried
    why_not: str = ""  # why it is not landed, or not staged
    is_landed: bool = True

    @property
    def is_files(self) -> bool:
        """Whether rows are lines of files, some of which may not be readable."""
        return self.table.kind == "files"

    @property
    def is_documents(self) -> bool:
        """Whether rows land whole in the column `document`."""
        return any(column.path for column in self.table.columns)

    def field_of(self, origin: str) -> Field | None:
        """The field made of the column at the source."""
        return next((each for each in self.fields if each.origin == origin), None)

    def column(self, origin: str) -> Column:
        """The column at the source."""
        return next(each for each in self.table.columns if each.name == origin)


@dataclass
class Choices:
    """What a person has chosen: how to call the source, what of it to take, how many rows to look at."""

    source: str
    connection: str  # the variable of its address
    schemas: tuple[str, ...] = ()
    pattern: str = ""  # of tables, as in `sales.*,orders`
    sample: int = 10_000
    seconds: float = 30.0  # for the counts of one table
    zone: str = "UTC"  # of times without a zone
    marts: bool = False
