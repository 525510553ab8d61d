"""The plan: the sources that are declared, their tables, and how to land each.

In: the values of `config.meta`. Out: a Plan of Sources with their Tables. `weir/project/sources.py` reads the files.
"""

import difflib
import re
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from weir.core.errors import Told
from weir.project.names import LONGEST, shortened, tame

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
Compare = Literal["whole", "digest", "auto"]


class Table(BaseModel):
    """One declared table, and how to land it."""

    model_config = ConfigDict(populate_by_name=True)
    name: str
    key: list[str] = Field(default_factory=list)
    cursor: str | None = None
    overlap: str | None = None
    exclude: list[str] = Field(default_factory=list)
    origin: str | None = Field(default=None, alias="from")
    path: str | None = None
    format: str | dict[str, Any] | None = None
    endpoint: dict[str, Any] = Field(default_factory=dict)
    columns: list[str] = Field(default_factory=list)
    only_columns: bool = False  # no other columns land than those under `columns:`
    compare: Compare | None = None
    append_only: bool = False
    land: Literal["warehouse", "lake"] = "warehouse"  # where the rows go; from the lake only Spark reads them
    sweep: str | None = None
    repeats: Literal["conflict", "last"] = "conflict"  # what Weir does with two rows of one key in one file or listing
    max_rejected: float | None = (
        None  # the share of its live rows that may wait in quarantine; more stops a publication
    )
    custom: Any = None  # for the person who declares it: anything, or a list of further names in meta
    found: dict[str, str] | None = None  # schema and name of a table that is not declared, but found at its source

    @field_validator("name")
    @classmethod
    def _fit_for_raw(cls, value: str) -> str:
        if len(value.encode()) > LONGEST:
            raise ValueError(f"PostgreSQL keeps {LONGEST} bytes of a name: call it shorter, and say `from: {value}`")
        if not tame(value):
            raise ValueError("a name with signs that mean something in SQL: call it otherwise, and say `from:`")
        return value

    @field_validator("key", "exclude", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("overlap", "sweep")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None:
            duration(value)
        return value

    @field_validator("max_rejected", mode="before")
    @classmethod
    def _share(cls, value: Any) -> float | None:
        return None if value is None else share(value)

    @model_validator(mode="after")
    def _followed(self) -> "Table":
        if self.append_only and not (self.cursor and self.key):
            raise ValueError("append_only needs `key` and `cursor`: declare both, or leave it out")
        if self.land == "lake" and self.path and self.key and self.repeats != "last":
            raise ValueError(
                "in the lake the last row of a key in a file counts, for rows in conflict are not looked for: write "
                "`repeats: last` beside land: lake, or leave `key` out"
            )
        return self

    def as_landed(self) -> "Table":
        """The table, with the names of its columns as in raw."""
        key, columns = [shortened(name) for name in self.key], [shortened(name) for name in self.columns]
        return self.model_copy(
            update={"key": key, "columns": columns, "cursor": self.cursor and shortened(self.cursor)}
        )

    def as_found(self) -> dict[str, Any]:
        """What a receipt keeps of a table that was not declared, but found."""
        return {"from": self.origin, "key": self.key, **(self.found or {})}

    @property
    def read_as(self) -> list[str]:
        """What decides which columns are read, beside the source's own: a landing compares it with the last one's."""
        return [*self.exclude, "only", *sorted(self.columns)] if self.only_columns else self.exclude

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the format; `type` is its name, if one is given."""
        return {"type": self.format} if isinstance(self.format, str) else dict(self.format or {})


class Choice(BaseModel):
    """Which tables of a source land without being declared: patterns of names, with their schema or without."""

    model_config = ConfigDict(extra="forbid")
    include: list[str]
    exclude: list[str] = Field(default_factory=list)

    @field_validator("include", "exclude", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    def takes(self, schema: str, name: str) -> bool:
        """Whether the table is included, and not excluded. A pattern without a dot is held against the name alone."""
        label = f"{schema}.{name}" if schema else name

        def fits(patterns: list[str]) -> bool:
            return any(fnmatchcase(label if "." in pattern else name, pattern) for pattern in patterns)

        return fits(self.include) and not fits(self.exclude)


class Source(BaseModel):
    """One declared source: a database, an API, a folder."""

    name: str
    connection: str
    token: str | None = None
    compare: Compare = "auto"
    client: dict[str, Any] = Field(default_factory=dict)
    only_columns: bool = False  # unless a table says otherwise
    custom: Any = None
    choice: Choice | None = None  # under the key `tables` of meta
    file: str = ""
    tables: list[Table] = Field(default_factory=list)
    wanted: list[str] = Field(default_factory=list)  # tables that are asked for by name, where not all are

    @field_validator("choice", mode="before")
    @classmethod
    def _patterns(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(
                "in meta it says which tables land: write `tables: {include: [sales.*], exclude: [tmp_*]}`"
            )
        return value


class Plan(BaseModel):
    """All sources and tables that are declared to land."""

    sources: list[Source]

    def in_lake(self, sources: list[str] | None = None) -> list[str]:
        """The tables ("source.table") that land in the lake alone, of the sources named, or of all."""
        return [f"{source.name}.{table.name}" for source in self.pick(sources, None) for table in source.tables
                if table.land == "lake"]  # fmt: skip

    def pick(self, sources: list[str] | None, tables: list[str] | None) -> list[Source]:
        """The sources named, or all, with the tables ("source.table") named, or all.

        Raises WeirError for unknown names.
        """
        known = {source.name: source for source in self.sources}
        paths = {f"{source.name}.{table.name}" for source in self.sources for table in source.tables}
        for name in sources or []:
            _known(name, known, "source")
        for name in tables or []:
            source = known.get(name.split(".", 1)[0])
            if source is None or source.choice is None:
                _known(name, paths, "table")
        wanted = set(sources or known) if not tables else {name.split(".", 1)[0] for name in tables}
        wanted &= set(sources) if sources else wanted
        picked = []
        for source in self.sources:
            if source.name in wanted:
                kept = [t for t in source.tables if not tables or f"{source.name}.{t.name}" in tables]
                asked = [name.split(".", 1)[1] for name in tables or [] if name.split(".", 1)[0] == source.name]
                picked.append(source.model_copy(update={"tables": kept, "wanted": asked}))
        return picked


def duration(text: str) -> timedelta:
    """'1 day', '90 minutes' as a timedelta. Raises ValueError."""
    match = re.fullmatch(r"\s*(\d+)\s*(second|minute|hour|day|week)s?\s*", text)
    if not match:
        raise ValueError(f"{text!r} is no length of time: write it as '1 day' or '90 minutes'")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def share(value: Any) -> float:
    """A share as people write it: 5%, '2.5 %' or 0.05. Raises ValueError."""
    text = f"{value:.12f}".rstrip("0") + "0" if isinstance(value, float) else str(value).strip()
    match = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)\s*(%?)", text)
    found = float(match[1]) / (100 if match[2] else 1) if match and not isinstance(value, bool) else None
    if found is None or found > 1:
        raise ValueError(f"{text!r} is no share: write it as 5% or 0.05")
    return found


def _known(name: str, known: Any, what: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, list(known), 1)
        there = f"there is {', '.join(sorted(known))}" if known else "nothing is declared under models/"
        hint = f"did you mean {near[0]!r}?" if near else there
        raise Told(f"no {what} {name!r} is declared: {hint}")
