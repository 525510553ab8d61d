"""The plan: dbt's source files, read as what to land from where.

In: `<project>/<model-paths>/**/*.yml`. Out: a Plan of Sources with their Tables.
A source without `config.meta.connection` is not landed. Every mistake is one WeirError that names file, source,
table and key. Alone: `python -m weir.project.sources`.
"""

import difflib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from weir.core.errors import WeirError
from weir.core.secrets import hide, hide_password
from weir.core.settings import ROOT
from weir.project.names import LONGEST, shortened, tame

_NOT_IN_META = {"name", "file", "tables", "columns"}  # stand beside it, or are ours
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
    data_selector: str | None = None
    paginator: str | dict[str, Any] | None = None
    columns: list[str] = Field(default_factory=list)
    compare: Compare | None = None
    append_only: bool = False
    sweep: str | None = None
    repeats: Literal["conflict", "last"] = "conflict"  # what two rows of one file or listing with one key are
    custom: Any = None  # of the person who declares it: free, or a list of names that stand in meta as well

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

    @model_validator(mode="after")
    def _followed(self) -> "Table":
        if self.append_only and not (self.cursor and self.key):
            raise ValueError("append_only needs `key` and `cursor`: declare both, or leave it out")
        return self

    def as_landed(self) -> "Table":
        """The table with its columns called as raw calls them."""
        key, columns = [shortened(name) for name in self.key], [shortened(name) for name in self.columns]
        return self.model_copy(
            update={"key": key, "columns": columns, "cursor": self.cursor and shortened(self.cursor)}
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The format's settings; `type` is its name, where given."""
        return {"type": self.format} if isinstance(self.format, str) else dict(self.format or {})


class Source(BaseModel):
    """One declared source: a database, an API, a folder."""

    name: str
    connection: str
    token: str | None = None
    compare: Compare = "auto"
    client: dict[str, Any] = Field(default_factory=dict)
    custom: Any = None
    file: str = ""
    tables: list[Table] = Field(default_factory=list)


class Plan(BaseModel):
    """Everything that is declared to land."""

    sources: list[Source]

    def pick(self, sources: list[str] | None, tables: list[str] | None) -> list[Source]:
        """The sources named, or all, with the tables ("source.table") named, or all. Raises WeirError."""
        known = {source.name: source for source in self.sources}
        paths = {f"{source.name}.{table.name}" for source in self.sources for table in source.tables}
        for name in sources or []:
            _known(name, known, "source")
        for name in tables or []:
            _known(name, paths, "table")
        wanted = set(sources or known) if not tables else {name.split(".", 1)[0] for name in tables}
        wanted &= set(sources) if sources else wanted
        picked = []
        for source in self.sources:
            if source.name in wanted:
                kept = [t for t in source.tables if not tables or f"{source.name}.{t.name}" in tables]
                picked.append(source.model_copy(update={"tables": kept}))
        return picked


def duration(text: str) -> timedelta:
    """'1 day', '90 minutes' as a timedelta. Raises ValueError."""
    match = re.fullmatch(r"\s*(\d+)\s*(second|minute|hour|day|week)s?\s*", text)
    if not match:
        raise ValueError(f"{text!r} is no length of time: write it as '1 day' or '90 minutes'")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def read_plan(project: Path) -> Plan:
    """Read every source file of the dbt project. Raises WeirError at the first mistake."""
    found: dict[str, Source] = {}
    for file in _files(project):
        where = str(file.relative_to(project))
        entries = _load(file, where).get("sources") or []
        if not isinstance(entries, list):
            raise WeirError(f"{where}: sources must be a list: write `- name: …` under `sources:`")
        for entry in entries:
            source = _source(entry, where)
            if source is None:
                continue
            if source.name in found:
                twice = {t.name for t in found[source.name].tables} & {t.name for t in source.tables}
                if twice:
                    raise WeirError(f"{where}: table {source.name}.{min(twice)} is declared twice: keep one of them")
                found[source.name].tables.extend(source.tables)
            else:
                found[source.name] = source
    return Plan(sources=list(found.values()))


def _files(project: Path) -> Iterator[Path]:
    settings = project / "dbt_project.yml"
    paths = _load(settings, settings.name).get("model-paths") if settings.exists() else None
    for folder in paths or ["models"]:
        yield from sorted({*(project / folder).rglob("*.yml"), *(project / folder).rglob("*.yaml")})


def _load(file: Path, where: str) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    except (OSError, UnicodeDecodeError) as fault:
        raise WeirError(f"{where} can't be read: {fault}") from None
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise WeirError(f"{where}{line} is not valid YAML: {getattr(fault, 'problem', fault)}") from None
    if not isinstance(content, dict):
        raise WeirError(f"{where} holds no mapping: a dbt file begins with `version: 2` and `sources:`")
    return content


def _source(entry: Any, where: str) -> Source | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise WeirError(f"{where}: a source has no name: write `- name: …` under `sources:`")
    name, at = entry["name"], f"{where}: source {entry['name']}"
    meta = _meta(entry, at)
    if not meta.get("connection"):
        return None
    if entry.get("schema") != f"raw_{name}":
        raise WeirError(f"{at}: schema must be raw_{name}, where its rows land (it is {entry.get('schema')!r})")
    own = meta.get("custom")
    _no_others(Source, meta, own, at)
    source: Source = _build(Source, {**meta, "name": name, "file": where}, at)
    hide_password(source.connection)
    hide(*re.findall(r"\$\{(\w+)\}", str(entry)), *([source.token] if source.token else []))
    if not isinstance(entry.get("tables") or [], list):
        raise WeirError(f"{at}: tables must be a list: write `- name: …` under `tables:`")
    for item in entry.get("tables") or []:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise WeirError(f"{at}: a table has no name: write `- name: …` under `tables:`")
        place = f"{at}, table {item['name']}"
        if not isinstance(item.get("columns") or [], list):
            raise WeirError(f"{place}: columns must be a list: write `- name: …` under `columns:`")
        columns = [c["name"] for c in item.get("columns") or [] if isinstance(c, dict) and "name" in c]
        meta = _meta(item, place)
        _no_others(Table, meta, [*_listed(own), *_listed(meta.get("custom"))], place)
        values = {**meta, "name": item["name"], "columns": columns}
        source.tables.append(_build(Table, values, place))
    return source


def _meta(entry: dict[str, Any], at: str) -> dict[str, Any]:
    config = entry.get("config") or {}
    meta = config.get("meta") if isinstance(config, dict) else config
    if not isinstance(meta or {}, dict):
        raise WeirError(f"{at}: config.meta must be a mapping such as {{meta: {{key: [id]}}}}")
    return {str(name): value for name, value in {**(entry.get("meta") or {}), **(meta or {})}.items()}


def _no_others(model: type[BaseModel], meta: dict[str, Any], own: Any, at: str) -> None:
    """Raise WeirError where meta holds a key that nothing reads and that nobody calls their own."""
    known = {field.alias or name for name, field in model.model_fields.items()} - _NOT_IN_META
    unknown = [name for name in meta if name not in known and name not in _listed(own)]
    for name in unknown:
        close = difflib.get_close_matches(name, known, 1, 0.65)
        if name == "schema":
            raise WeirError(
                f"{at}: meta has no key 'schema': a table of another schema is told by `from: schema.table`"
            )
        if close:
            raise WeirError(f"{at}: meta has no key {name!r}: did you mean {close[0]!r}?")
    if unknown:
        raise WeirError(
            f"{at}: meta has no key {', '.join(map(repr, unknown))}: it takes {', '.join(sorted(known))}; keys of your "
            f"own are named by `custom: [{', '.join(unknown)}]`, or stand under `custom:`"
        )


def _listed(own: Any) -> list[Any]:
    return own if isinstance(own, list) else []


def _build(model: type[BaseModel], values: dict[str, Any], at: str) -> Any:
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        first = fault.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise WeirError(f"{at}: key {key!r}: {said}" if key else f"{at}: {said}") from None


def _known(name: str, known: Any, what: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, list(known), 1)
        there = f"there is {', '.join(sorted(known))}" if known else "nothing is declared under models/"
        hint = f"did you mean {near[0]!r}?" if near else there
        raise WeirError(f"no {what} {name!r} is declared: {hint}")


if __name__ == "__main__":
    for declared in read_plan(ROOT).sources:
        print(declared.name, declared.connection, *(table.name for table in declared.tables))
