"""The rows of one model that wait, as a select: what is wrong, where to mend it, and the row as it was received.

In: a model, where its table lies at the source, the veil over its rows. Out: the select, its columns. The server makes
the lines, so that no table is held in memory. Personal values are covered by kind and length, unless asked for in
clear; a document is covered whole where any of it may be personal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

from weir.access.exports.columns import Column, describe
from weir.access.veil import Veil
from weir.project.personal import Mark
from weir.warehouse.catalog import columns_of

_OWN = {"_dlt_load_id", "_dlt_id", "_op", "_seq", "_escaped"}
_TOLD = {
    "what is wrong": "The reasons, in words.",
    "key": "The row's key in Weir: `weir quarantine --key …` shows the row.",
    "first seen": "When the row landed.",
    "source": "The source that the row came from.",
    "where": "Kind and address of the source.",
    "table": "The table there.",
    "find it by": "How the row is found there.",
}


@dataclass(frozen=True)
class Place:
    """Where a model's rows come from: a source and its table, as people there call them, and its key."""

    source: str
    table: str
    where: str = ""
    origin: str = ""
    key: Sequence[str] = field(default=())


def lines(
    connection: psycopg.Connection, model: str, place: Place, veil: Veil, in_clear: bool
) -> tuple[str, list[Column]]:
    """The select and its columns."""
    types = columns_of(connection, f"raw_{place.source}", place.table) or _seen(connection, model)
    received = {name: kind for name, kind in types.items() if name not in _OWN}
    covers = {} if in_clear else {name: veil.cover(name) for name in received}
    own = {name: _free(name, received) for name in _TOLD}
    values = [
        sql.SQL("array_to_string(q.reasons, '; ')"),
        _covered(sql.SQL("q.key"), "" if in_clear else veil.key_kind, sql.SQL(" || ' = row ' || q.seq")),
        sql.SQL("q.first_seen"),
        *(sql.Literal(text) + sql.SQL("::text") for text in (place.source, place.where, place.origin or place.table)),
        _found_by(place, received, covers),
    ]
    made = [*zip(own.values(), values, strict=True)]
    made += [(name, _value(name, covers.get(name, ""), veil, in_clear)) for name in received]
    select = sql.SQL(
        "select {columns} from quality.quarantine as q {received} where q.model = {model} and q.resolved_at is null "
        "order by q.seq"
    ).format(
        columns=sql.SQL(", ").join(sql.SQL("{} as {}").format(each, sql.Identifier(name)) for name, each in made),
        received=_record(received),
        model=sql.Literal(model),
    )
    text = select.as_string(connection)
    told = {own[name]: words for name, words in _TOLD.items()}
    personal = {name: kind for name in received if (kind := veil.cover(name))}
    if veil.key_kind:
        personal[own["key"]] = veil.key_kind
        personal[own["find it by"]] = veil.key_kind
    found = [
        replace(
            column,
            description=told.get(column.name, ""),
            mark=Mark(personal[column.name]) if column.name in personal else None,
            clear=in_clear and column.name in personal,
        )
        for column in describe(connection, text, {}, in_clear)
    ]
    return text, found


def _free(name: str, taken: dict[str, str]) -> str:
    """The name, or one like it that no column of the table has."""
    while name in taken:
        name = f"{name} (Weir)"
    return name


def _record(received: dict[str, str]) -> sql.Composable:
    """The row as received, taken apart once; a value keeps its type in raw."""
    if not received:
        return sql.SQL("")
    columns = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in received.items()]
    return sql.SQL("cross join lateral jsonb_to_record(q.row) as r ({})").format(sql.SQL(", ").join(columns))


def _value(name: str, cover: str, veil: Veil, in_clear: bool) -> sql.Composable:
    """A column as received, covered where it must be."""
    plain, stored = sql.Identifier("r", name), sql.SQL("q.row -> {}").format(sql.Literal(name))
    if in_clear or not veil.covers:
        return plain
    text = sql.SQL("q.row ->> {}").format(sql.Literal(name))
    if cover:
        return sql.SQL("case when jsonb_typeof({}) = 'boolean' then {} else {} end").format(
            stored, text, _covered(sql.SQL("({})").format(text), cover)
        )
    is_document = sql.SQL("coalesce(jsonb_typeof({}) in ('object', 'array'), false)").format(stored)
    if name.startswith("_"):
        return plain
    return sql.SQL("case when {} then {} else {} end").format(
        is_document, _covered(sql.SQL("({})").format(text), "document"), text
    )


def _covered(text: sql.Composable, kind: str, more: sql.Composable | None = None) -> sql.Composable:
    """The text by its kind and length, as the veil writes it; the text itself where there is no kind."""
    if not kind:
        return text
    shown = sql.SQL(
        "'‹' || {} || ', ' || length({t}) || case length({t}) when 1 then ' character›' else ' characters›' end"
    )
    return shown.format(sql.Literal(kind.replace("_", " ")), t=text) + (more or sql.SQL(""))


def _found_by(place: Place, received: dict[str, str], covers: dict[str, str]) -> sql.Composable:
    """How the row is found at the source: its key columns with their values, or its line in a file."""
    parts: list[sql.Composable] = [
        sql.SQL("{} || {}").format(
            sql.Literal(f"{name} = "),
            _covered(sql.SQL("(q.row ->> {})").format(sql.Literal(name)), covers.get(name, ""))
            if covers.get(name)
            else sql.SQL("quote_literal(q.row ->> {})").format(sql.Literal(name)),
        )
        for name in place.key
        if name in received
    ]
    if "_file" in received:
        parts.insert(0, sql.SQL("'line ' || (q.row ->> '_line') || ' of ' || (q.row ->> '_file')"))
    return sql.SQL("concat_ws(', ', {})").format(sql.SQL(", ").join(parts)) if parts else sql.SQL("null::text")


def _seen(connection: psycopg.Connection, model: str) -> dict[str, str]:
    """The columns of the rows that wait, of a table that raw has no longer."""
    query = "select distinct jsonb_object_keys(row) from quality.quarantine where model = %s and resolved_at is null"
    return {row[0]: "text" for row in sorted(connection.execute(query, [model]).fetchall())}
