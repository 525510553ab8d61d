"""The source files of the dbt project, read as a plan: which tables land from where.

In: `<project>/<model-paths>/**/*.yml`. Out: a Plan of Sources with their Tables.
A source without `config.meta.connection` is not landed. Every mistake is one WeirError that names file, source,
table and key. Alone: `python -m weir.project.sources`.
"""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from weir.core.causes import Cause
from weir.core.errors import WeirError, caused
from weir.core.secrets import hide, hide_password
from weir.core.settings import ROOT
from weir.project import keys
from weir.project.keys import check_keys
from weir.project.plan import Plan, Source, Table

_NOT_IN_META = {"name", "file", "tables", "columns", "wanted", "found"}  # written beside meta, or set by Weir
CALLED = {"choice": "tables"}  # fields that meta has under another name


@caused(Cause.PROJECT_UNREADABLE)
def read_plan(project: Path) -> Plan:
    """Read every source file of the dbt project. Raises WeirError at the first mistake."""
    found: dict[str, Source] = {}
    for file in yaml_files(project):
        where = str(file.relative_to(project))
        entries = load_yaml(file, where).get("sources") or []
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


def yaml_files(project: Path) -> Iterator[Path]:
    """The YAML files of the project's models, sorted."""
    settings = project / "dbt_project.yml"
    paths = load_yaml(settings, settings.name).get("model-paths") if settings.exists() else None
    for folder in paths or ["models"]:
        yield from sorted({*(project / folder).rglob("*.yml"), *(project / folder).rglob("*.yaml")})


def load_yaml(file: Path, where: str) -> dict[str, Any]:
    """The mapping that the file holds. Raises WeirError when it can't be read, or holds none."""
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
        if "connection" in {**entry, **(entry.get("config") or {})}:
            check_keys(entry, keys.SOURCE, _known(Source), at)
        return None
    check_keys(entry, keys.SOURCE, _known(Source), at)
    if entry.get("schema") != f"raw_{name}":
        raise WeirError(f"{at}: schema must be raw_{name}, where its rows land (it is {entry.get('schema')!r})")
    own = meta.get("custom")
    _no_others(Source, meta, own, at)
    choice = {"choice": meta.pop("tables")} if "tables" in meta else {}
    source: Source = _build(Source, {**meta, **choice, "name": name, "file": where}, at)
    hide_password(source.connection)
    hide(*re.findall(r"\$\{(\w+)\}", str(entry)), *([source.token] if source.token else []))
    if not isinstance(entry.get("tables") or [], list):
        raise WeirError(f"{at}: tables must be a list: write `- name: …` under `tables:`")
    for item in entry.get("tables") or []:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise WeirError(f"{at}: a table has no name: write `- name: …` under `tables:`")
        place = f"{at}, table {item['name']}"
        check_keys(item, keys.TABLE, _known(Table), place)
        if not isinstance(item.get("columns") or [], list):
            raise WeirError(f"{place}: columns must be a list: write `- name: …` under `columns:`")
        columns = [c["name"] for c in item.get("columns") or [] if isinstance(c, dict) and "name" in c]
        meta = _meta(item, place)
        _no_others(Table, meta, [*_listed(own), *_listed(meta.get("custom"))], place)
        values = {"only_columns": source.only_columns, **meta, "name": item["name"], "columns": columns}
        source.tables.append(_build(Table, values, place))
    return source


def _meta(entry: dict[str, Any], at: str) -> dict[str, Any]:
    config = entry.get("config") or {}
    meta = config.get("meta") if isinstance(config, dict) else config
    if not isinstance(meta or {}, dict):
        raise WeirError(f"{at}: config.meta must be a mapping such as {{meta: {{key: [id]}}}}")
    return {str(name): value for name, value in {**(entry.get("meta") or {}), **(meta or {})}.items()}


def _no_others(model: type[BaseModel], meta: dict[str, Any], own: Any, at: str) -> None:
    """Raise WeirError when meta holds a key that Weir does not read and `custom` does not name."""
    known = _known(model)
    unknown = [name for name in meta if name not in known and name not in _listed(own)]
    for name in unknown:
        close = difflib.get_close_matches(name, known, 1, 0.65)
        if name == "schema":
            raise WeirError(
                f"{at}: meta has no key 'schema': a table of another schema is named by `from: schema.table`"
            )
        if name in ("data_selector", "paginator"):
            raise WeirError(f"{at}: meta has no key {name!r}: write it under `endpoint`")
        if close:
            raise WeirError(f"{at}: meta has no key {name!r}: did you mean {close[0]!r}?")
    if unknown:
        raise WeirError(
            f"{at}: meta has no key {', '.join(map(repr, unknown))}: it takes {', '.join(sorted(known))}; keys of your "
            f"own are named by `custom: [{', '.join(unknown)}]`, or stand under `custom:`"
        )


def _known(model: type[BaseModel]) -> set[str]:
    """The keys that Weir reads under `config.meta`."""
    fields = {field.alias or name for name, field in model.model_fields.items()} - _NOT_IN_META
    return {CALLED.get(name, name) for name in fields}


def _listed(own: Any) -> list[Any]:
    return own if isinstance(own, list) else []


def _build(model: type[BaseModel], values: dict[str, Any], at: str) -> Any:
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        first = fault.errors()[0]
        key = ".".join(CALLED.get(str(part), str(part)) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise WeirError(f"{at}: key {key!r}: {said}" if key else f"{at}: {said}") from None


if __name__ == "__main__":
    for declared in read_plan(ROOT).sources:
        print(declared.name, declared.connection, *(table.name for table in declared.tables))
