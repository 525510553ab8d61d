"""The sweep: looks through every text and document of the warehouse for a person's values, and takes them out.

In: values, the catalog. Out: rows that hold a value, found in one pass per table by the server, and changed in place.
A text that is nothing but a value becomes NULL, in a longer one `[erased]` stands in its place. Where the column must
have a value, or makes the row unique, the row itself is the person's and goes.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from weir.project import erasure
from weir.project.erasure import ERASED, Values

AT_ONCE = 2_000  # rows that are changed at once


@dataclass(frozen=True)
class Relation:
    """A table of the warehouse with its columns of text, those that may not be NULL, and those that make it unique."""

    schema: str
    name: str
    texts: dict[str, str] = field(hash=False)
    required: frozenset[str] = frozenset()
    unique: frozenset[str] = frozenset()

    @property
    def id(self) -> sql.Identifier:
        """The table's name in SQL."""
        return sql.Identifier(self.schema, self.name)

    @property
    def label(self) -> str:
        """The table's name for people."""
        return f"{self.schema}.{self.name}"


@dataclass
class Search:
    """What is looked for: values in lower case as they are found, the values as they are taken out, pseudonyms.

    Pseudonyms are of all values; those of `finding` alone find rows.
    """

    finding: Sequence[str]
    values: Values
    pseudonyms: Sequence[str] = ()
    masked: Sequence[str] = ()  # the pseudonyms that find rows

    def patterns(self, masked: bool = True) -> list[str]:
        """The patterns for LIKE, of texts in lower case (of a to z, for other letters in each case).

        `masked` adds the pseudonyms.
        """
        found: set[str] = set()
        for value in self.finding:
            for form in (value, value.upper(), value.title()):
                small = "".join(letter.lower() if letter.isascii() else letter for letter in form)
                found |= {small, small.replace("\\", "\\\\").replace('"', '\\"')}  # as JSON writes it
        found |= set(self.masked) if masked else set()
        return [f"%{each.replace(chr(92), chr(92) * 2).replace('%', chr(92) + '%').replace('_', chr(92) + '_')}%"
                for each in sorted(found)]  # fmt: skip

    def scrub(self, value: Any, kind: str) -> Any:
        """The value of a column without what is looked for."""
        if isinstance(value, str) and any(each in value for each in self.pseudonyms):
            return None
        return self.values.scrub_any(value, kind)


def relations(connection: psycopg.Connection) -> list[Relation]:
    """Every table of the warehouse that has a column of text or documents."""
    found: dict[tuple[str, str], Relation] = {}
    required: dict[tuple[str, str], set[str]] = {}
    unique: dict[tuple[str, str], set[str]] = {}
    for schema, table, column, kind, needed, alone in connection.execute(_COLUMNS):
        if not erasure.is_searched(kind):
            continue
        place = (schema, table)
        found.setdefault(place, Relation(schema, table, {})).texts[column] = kind
        if needed:
            required.setdefault(place, set()).add(column)
        if alone:
            unique.setdefault(place, set()).add(column)
    return [
        Relation(*place, each.texts, frozenset(required.get(place, ())), frozenset(unique.get(place, ())))
        for place, each in sorted(found.items())
    ]


def held(texts: Collection[str], patterns: Sequence[str]) -> sql.Composed:
    """The condition for rows of which a text holds one of the patterns."""
    test = 'lower({}::text collate "C") like any({})'
    each = [sql.SQL(test).format(sql.Identifier(name), sql.Literal(list(patterns))) for name in texts]
    return sql.SQL("({})").format(sql.SQL(" or ").join(each))


def count(connection: psycopg.Connection, relation: Relation, search: Search) -> int:
    """How many rows hold a value."""
    where = held(relation.texts, search.patterns())
    row = connection.execute(sql.SQL("select count(*) from {} where {}").format(relation.id, where)).fetchone()
    return int(row[0]) if row else 0


def clean(
    connection: psycopg.Connection, relation: Relation, search: Search, where: sql.Composable | None = None
) -> tuple[int, int]:
    """Take the values out of the rows that hold one, or of the rows of the condition; returns rows changed, deleted."""
    condition = held(relation.texts, search.patterns()) if where is None else where
    changed = deleted = 0
    for rows in _batches(connection, relation, condition):
        for place, *old in rows:
            new = [search.scrub(value, kind) for value, kind in zip(old, relation.texts.values(), strict=True)]
            sets = {name: made for (name, was, made) in zip(relation.texts, old, new, strict=True) if made != was}
            if not sets:
                continue
            if any(name in relation.unique for name in sets):
                deleted += _delete(connection, relation, place)
                continue
            sets = {name: ERASED if made is None and name in relation.required else made for name, made in sets.items()}
            changed += _update(connection, relation, place, sets)
    return changed, deleted


def _batches(connection: psycopg.Connection, relation: Relation, condition: sql.Composable) -> Iterator[list[Any]]:
    """The rows of the condition with their address and texts, read once before any is changed."""
    texts = sql.SQL(", ").join(
        sql.SQL("{}::text" if kind in {"json", "jsonb"} else "{}").format(sql.Identifier(name))
        for name, kind in relation.texts.items()
    )
    query = sql.SQL("select ctid::text, {} from {} where {}").format(texts, relation.id, condition)
    cursor = connection.execute(query)
    while rows := cursor.fetchmany(AT_ONCE):
        yield rows


def _update(connection: psycopg.Connection, relation: Relation, place: str, sets: dict[str, Any]) -> int:
    named = sql.SQL(", ").join(
        sql.SQL("{} = {}::{}").format(sql.Identifier(name), sql.Literal(value), sql.SQL(relation.texts[name]))
        for name, value in sets.items()
    )
    query = sql.SQL("update {} set {} where ctid = {}::tid").format(relation.id, named, sql.Literal(place))
    return connection.execute(query).rowcount


def _delete(connection: psycopg.Connection, relation: Relation, place: str) -> int:
    query = sql.SQL("delete from {} where ctid = {}::tid").format(relation.id, sql.Literal(place))
    return connection.execute(query).rowcount


# Ordinary tables, and the parts of partitioned ones; not what dlt keeps of its own loads.
_COLUMNS = """
select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and a.attnum = any(i.indkey))
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^(pg_|information_schema$)'
    and c.relname !~ '^_dlt_' and (n.nspname, c.relname) not in (('ops', 'erased'), ('ops', 'erased_values'))
    -- of Weir's own tables what is written in words: the rest are states, names and digests
    and not (n.nspname = 'ops' and a.attname not in ('message', 'parameters', 'sentence', 'results', 'why', 'because',
        'statement', 'where_clause', 'for_whom', 'what', 'destination', 'key', 'evidence', 'title', 'error', 'subject',
        'command', 'part'))
order by 1, 2, a.attnum"""
