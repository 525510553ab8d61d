"""Fields: how each column of a table is written in its staging model.

In: a Column, what its sample says. Out: a Field; what can't be told for sure becomes a question. By decisions that were
measured: integers, numerics and the like pass through, times without a zone are taken for UTC, text is parsed only
where all values of the sample parse.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from weir.project.names import shortened
from weir.project.scaffold.described import Column, Kind
from weir.project.scaffold.naming import is_reserved
from weir.project.scaffold.proposal import Choices, Field, Group
from weir.project.scaffold.values.inference import Inferred, infer

_PARSED: dict[Kind, str] = {
    "integer": "bigint", "numeric": "numeric", "double": "double", "boolean": "boolean", "date": "date",
    "timestamp": "timestamp", "timestamptz": "timestamp", "time": "time",
}  # fmt: skip
_MADE = {"bigint": "bigint", "numeric": "numeric", "double": "double precision", "boolean": "boolean", "date": "date",
         "timestamp": "timestamp with time zone", "time": "time without time zone", "text": "text"}  # fmt: skip
_JSON: dict[Kind, str] = {"integer": "number", "numeric": "number", "double": "number", "boolean": "boolean",
                          "date": "date", "timestamp": "timestamp", "timestamptz": "timestamp"}  # fmt: skip
_PLAIN_TEXT = {"text", "character varying", "name"}


def make(column: Column, name: str, values: Sequence[str | None], choices: Choices) -> tuple[Field, list[str]]:
    """The field of the column, and the questions about it. `name` is the name that it gets."""
    asks: list[str] = []
    found = _inferred(column, name, values)
    if found.ask:
        asks.append(f"{name}: {found.ask}")
    if column.path:
        return _zoned(_of_document(column, name, found), found.kind, choices), asks
    raw = shortened(column.name)
    plain = raw if re.fullmatch(r"[a-z_][a-z0-9_]*", raw) and not is_reserved(raw) else f'"{raw}"'
    sql, type_ = _sql(column, raw, plain, name, found)
    made = Field(name, sql, _group(found.kind, name, column), type_, column.name, column.comment, note=column.note)
    if column.values:
        made.values = column.values
    return _zoned(made, found.kind, choices), asks


def _zoned(made: Field, kind: Kind, choices: Choices) -> Field:
    """The field; of a time without a zone in the zone that was chosen."""
    made.has_no_zone = kind == "timestamp" and made.type == "timestamp with time zone"
    if made.has_no_zone and choices.zone != "UTC":
        made.sql = in_zone(made, choices.zone)
    return made


def _inferred(column: Column, name: str, values: Sequence[str | None]) -> Inferred:
    """The column's own kind; of text, what all its values are."""
    says_so = column.declared.upper().startswith("BOOL") or _is_flag(name)
    if column.flag and says_so and {value for value in values if value} <= {"0", "1"}:
        return Inferred("boolean")
    # `declared` is empty where the source itself knows no types: files, documents
    if column.kind == "text" and (column.free or not column.declared) and not column.values:
        return _as_declared(column, infer(name, values))
    has_zeros = column.kind in {"date", "timestamp"} and any(v and v.startswith("0000-00-00") for v in values)
    return Inferred(column.kind, scale=0 if has_zeros else column.scale)


def _as_declared(column: Column, found: Inferred) -> Inferred:
    """What is inferred, but where the declared type lets more in: a NUMERIC holds 20.0 today, and 20.5 tomorrow."""
    said = column.declared.upper()
    is_number = said.startswith(("NUMERIC", "DECIMAL", "REAL", "FLOAT", "DOUBLE", "MONEY"))
    if is_number and found.kind == "integer":
        return Inferred("numeric")
    if is_number and found.kind == "text" and not found.ask:
        ask = f"declared {column.declared}, and some values are no number: parse it, so that they wait in quarantine?"
        return Inferred("text", ask=ask)
    return found


def _is_flag(name: str) -> bool:
    return bool(re.fullmatch(r"(is|has|can|was|allow|allows|should)_.+|(.*_)?(active|enabled|deleted|verified|flag|"
                             r"visible|public|default|archived|confirmed|activebool)", name))  # fmt: skip


def _sql(column: Column, raw: str, plain: str, name: str, found: Inferred) -> tuple[str, str]:
    """The SQL of the column, with its alias, and the type that comes of it."""
    kind, landed = found.kind, column.landed
    word = _PARSED.get(kind, "")
    if landed in {*_PLAIN_TEXT, "bpchar"} and kind == "text":
        # a cast takes the padding of char(n) away
        return _called(f"cast({plain} as text)" if landed == "bpchar" else plain, name), "text"
    if landed == "timestamp without time zone":
        return f"{plain} at time zone 'UTC' as {name}", "timestamp with time zone"
    if landed in _PLAIN_TEXT and word:
        format_ = f", format={_quoted(found.format)}" if found.format else ""
        type_ = word
        has_zeros = kind in {"date", "timestamp"} and found.scale == 0
        value = f"nullif({plain}, '0000-00-00')" if has_zeros else raw
        named = f", name={_quoted(name)}" if has_zeros else _named(raw, name)
        return f"{{{{ parse({_quoted(value)}, '{type_}'{format_}{named}) }}}} as {name}", _MADE[word]
    if kind == "boolean" and landed != "boolean":
        return f"{{{{ parse({_quoted(raw)}, 'boolean'{_named(raw, name)}) }}}} as {name}", "boolean"
    return _called(plain, name), landed


def _of_document(column: Column, name: str, found: Inferred) -> Field:
    """The field of a document: by its path, as text unless all of its values are more."""
    path = _quoted(".".join(column.path)) if all("." not in part for part in column.path) else str(list(column.path))
    named = _named(column.path[-1], name)
    word = _JSON.get(found.kind, "")
    if column.kind in {"json", "array"}:
        inner = "".join(f" -> {_literal(part)}" for part in column.path)
        return Field(name, f"document{inner} as {name}", "documents", "jsonb", column.name, column.comment,
                     note=column.note)  # fmt: skip
    if not word or found.format:
        sql, type_ = f"{{{{ json_text('document', {path}) }}}} as {name}", "text"
        if found.format:
            parsed = _PARSED[found.kind]
            sql = (f"{{{{ parse(json_text('document', {path}), '{parsed}', format={_quoted(found.format)}, "
                   f"name={_quoted(name)}) }}}} as {name}")  # fmt: skip
            type_ = _MADE[parsed]
    elif word == "number":
        parsed = _PARSED[found.kind]
        type_ = _MADE[parsed]
        given = "" if parsed == "numeric" else f", '{parsed}'"
        sql = f"{{{{ json_number('document', {path}{given}{named}) }}}} as {name}"
    else:
        sql, type_ = f"{{{{ json_{word}('document', {path}{named}) }}}} as {name}", _MADE[_PARSED[found.kind]]
    return Field(name, sql, _group(found.kind, name, column), type_, column.name, column.comment, note=column.note)


def _named(origin: str, name: str) -> str:
    """The argument that says the column's name, where the macro can't read it in the model."""
    can_read = re.fullmatch(r"[A-Za-z0-9_ $]+", origin) and re.fullmatch(r"[a-z_][a-z0-9_]*", name)
    return "" if can_read else f", name={_quoted(name)}"


def _group(kind: Kind, name: str, column: Column) -> Group:
    if kind == "boolean":
        return "booleans"
    if kind in {"date", "timestamp", "timestamptz", "time", "interval"}:
        return "dates"
    if kind in {"json", "array", "xml", "bytes"}:
        return "documents"
    if kind == "uuid" or re.fullmatch(r"(.*_)?(id|uuid|guid|key|ref)", name):
        return "ids"
    return "numerics" if kind in {"integer", "numeric", "double"} else "text"


def in_zone(made: Field, zone: str) -> str:
    """The SQL of a time without a zone, taken for one of this zone and not for UTC."""
    plain = f" at time zone 'UTC' as {made.name}"
    if made.sql.endswith(plain):
        return made.sql.removesuffix(plain) + f" at time zone '{zone}' as {made.name}"
    call = re.fullmatch(r"\{\{ (\w+)\((.*)\) \}\} as (.+)", made.sql)
    if not call:
        return made.sql
    named = call[2] if "name=" in call[2] else f"{call[2]}, name={_quoted(made.name)}"
    return f"({{{{ {call[1]}({named}) }}}} at time zone 'UTC') at time zone '{zone}' as {call[3]}"


def as_key(made: Field) -> Field:
    """The field as part of the key: it stands first."""
    return replace(made, group="ids")


def _called(sql: str, name: str) -> str:
    return sql if sql == name else f"{sql} as {name}"


def _quoted(text: str) -> str:
    """The text as Jinja takes it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
