"""Masks: what stands in `analytics` in place of a personal value, and what `analytics_private` holds beside it.

In: a mart's marks, the shape of its built table. Out: SQL that reads the built table masked, or the part of it that is
private. A pseudonym is a keyed hash (HMAC-SHA256, by PostgreSQL's own functions) of which 80 bits are kept: equal
values get equal pseudonyms in every mart, so that counts and joins stay right, and nobody can try out values without
the key. NULL stays NULL, and an empty text stays empty. The type of a column never changes.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import NEXT, PRIVATE, Mart
from weir.project.personal import Mark
from weir.publish.key import INNER, OUTER
from weir.warehouse.catalog import Shape

MASKED = "{}_masked"  # beside a personal column of the grain, for joins with `analytics`
_DIGITS = 20


def pseudonym(value: sql.Composable) -> sql.Composed:
    """The HMAC of a text in SQL, hexadecimal; the session must hold the key (`Key.options`)."""
    pad = "(select decode(current_setting('{}'), 'hex'))"  # in a select of its own it is read once, not once a row
    return sql.SQL(
        "encode(sha256(" + pad.format(OUTER) + " || sha256(" + pad.format(INNER)
        + " || convert_to({value}, 'UTF8'))), 'hex')"
    ).format(value=value)  # fmt: skip


def masked(mart: Mart, built: Shape) -> sql.Composable:
    """The built table as readers of `analytics` may see it, with the row's address (ctid)."""
    if not mart.personal:
        return built.relation
    columns = [
        sql.SQL("{} as {}").format(_mask(mart, name, kind, mart.personal[name]), sql.Identifier(name))
        if name in mart.personal else sql.Identifier(name)
        for name, kind in built.columns.items()
    ]  # fmt: skip
    return _read(built, columns)


def described(mart: Mart, built: Shape) -> Shape:
    """The shape of the built table, its comments saying what is masked."""
    said = {
        name: " ".join([built.comments.get(name, ""), f"Masked: {mark.kind}. In clear: {PRIVATE}.{mart.name}."]).strip()
        for name, mark in mart.personal.items()
        if name in built.columns
    }
    return replace(built, comments={**built.comments, **said})


def private(mart: Mart, built: Shape) -> tuple[Mart, Shape, sql.Composable] | None:
    """The part of the mart that stands in clear in `analytics_private`: as a mart, its shape, and SQL that reads it.

    It holds the grain and the personal columns; of a mart without a grain every column. None where nothing is personal.
    """
    personal = [name for name in built.columns if name in mart.personal]
    if not personal:
        return None
    kept = [name for name in built.columns if not mart.grain or name in {*mart.grain, *personal}]
    beside = {name: MASKED.format(name) for name in personal if name in mart.grain}
    columns = {name: built.columns[name] for name in kept}
    columns |= {other: built.columns[name] for name, other in beside.items()}
    shape = Shape(
        sql.Identifier(PRIVATE, mart.name),
        columns=columns,
        comments={name: text for name, text in built.comments.items() if name in {"", *kept}},
        not_null=frozenset(name for name in built.not_null if name in kept),
    )
    read = [sql.Identifier(name) for name in kept] + [
        sql.SQL("{} as {}").format(
            _mask(mart, name, built.columns[name], mart.personal[name]), sql.Identifier(other)
        )
        for name, other in beside.items()
    ]  # fmt: skip
    return replace(mart, schema=PRIVATE), shape, _read(built, read)


def unmasked(mart: Mart, published_columns: Iterable[str]) -> sql.Composable:
    """The published rows of a mart in clear, with their address: `analytics` joined with `analytics_private`."""
    published, clear = sql.Identifier(mart.schema, mart.name), sql.Identifier(PRIVATE, mart.name)
    if not mart.personal:
        return published
    if not mart.grain:
        return clear
    other = {name: MASKED.format(name) if name in mart.personal else name for name in mart.grain}
    match = sql.SQL(" and ").join(
        sql.SQL("p.{} = v.{}").format(sql.Identifier(name), sql.Identifier(theirs)) for name, theirs in other.items()
    )
    columns = sql.SQL(", ").join(
        sql.SQL("{}.{}").format(sql.SQL("v" if name in mart.personal else "p"), sql.Identifier(name))
        for name in published_columns
    )
    return sql.SQL("(select p.ctid, {} from {} as p join {} as v on {})").format(columns, published, clear, match)


def _read(built: Shape, columns: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL("(select ctid, {} from {})").format(sql.SQL(", ").join(columns), built.relation)


def _mask(mart: Mart, name: str, kind: str, mark: Mark) -> sql.Composed:
    """The masked value of a column, in the column's own type. Raises WeirError where that type can't hold it."""
    value = sql.Identifier(name)
    plain = kind.split(" collate ")[0]
    made = _made(value, plain, mark)
    if made is None:
        raise WeirError(
            f"{NEXT}.{mart.name}.{name} is marked pii: {mark.kind}, and its type {kind} can't hold a mask: "
            "make it text in the model, or leave the column out"
        )
    return sql.SQL("cast({} as {})").format(made, sql.SQL(plain))


def _made(value: sql.Composable, kind: str, mark: Mark) -> sql.Composed | None:
    text = _TEXT.fullmatch(kind)
    if text:
        room = int(text[2] or _ROOM)
        return _text(value, mark) if mark.kind == "free_text" or room >= _ROOM else None
    if kind in {"json", "jsonb"}:
        return sql.SQL(f"case when {{value}} is not null then to_{kind}(length({{value}}::text)) end").format(
            value=value
        )
    if kind in _MOMENTS and mark.kind == "birth_date":
        return sql.SQL("date_trunc('year', {})").format(value)
    if kind in _FORMS:
        return sql.SQL(_FORMS[kind]).format(hash=pseudonym(sql.SQL("{}::text").format(value)))
    return None


def _text(value: sql.Composable, mark: Mark) -> sql.Composed:
    if mark.kind == "free_text":
        return sql.SQL("length({})::text").format(value)
    short = sql.SQL("left({}, {})").format(pseudonym(value), sql.Literal(_DIGITS))
    if mark.kind == "email":
        domain: sql.Composable = sql.Literal(_DOMAIN)
        if mark.keep:
            domain = sql.SQL("coalesce(nullif(split_part({}, '@', 2), ''), {})").format(value, domain)
        made = sql.SQL("{} || '@' || {}").format(short, domain)
    else:
        made = sql.SQL("{} || {}").format(sql.Literal(f"{mark.kind}-"), short)
    return sql.SQL("case when {} = '' then '' else {} end").format(value, made)


_DOMAIN = "masked.invalid"
# Text of one of these types holds a pseudonym, if it has room for one.
_TEXT = re.compile(r"(text|character varying|citext)(?:\((\d+)\))?")
_ROOM = 35
_MOMENTS = {"date", "timestamp without time zone", "timestamp with time zone"}
# The other types that hold a pseudonym. An integer is too small: two persons could get the same one.
_FORMS = {
    "bigint": "('x' || left({hash}, 16))::bit(64)::bigint & 9223372036854775807",
    "uuid": "left({hash}, 32)::uuid",
    "inet": "regexp_replace('fd' || left({hash}, 30), '(....)(?=.)', '\\1:', 'g')::inet",
}
