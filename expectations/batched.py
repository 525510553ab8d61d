"""Chooses what the gate reads of a batched mart: its totals, which add up, and the rows new to it, by batch or key.

In: `ops.batches`, what the publication in force left and how its gate judged, the rules. Out: a Sight, or None where
the mart is read whole as others are: it is not batched, holds personal data, or is not what its build wrote down.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from expectations.limits.measures import Measures, staged_rows
from expectations.rules import Rule
from weir.project.marts import NEXT, PUBLISHED, Mart
from weir.publish import batches
from weir.publish.digests import stated
from weir.publish.parts import parts_of
from weir.publish.verify import digests_of, in_force
from weir.warehouse.catalog import columns_of

_COLUMNS = {"column", "column_A", "column_B"}  # what Great Expectations calls the columns that an expectation judges
_JUDGED = """
select results -> 'judged' ->> %s from ops.gates
where gate = 'marts' and passed and run_id = %s order by checked_at desc limit 1"""


@dataclass(frozen=True)
class Sight:
    """The knowledge that the warehouse keeps of a batched mart.

    `digest` is that of the whole; `totals` and `published` hold measures of the mart and of the published one, None
    where that must be read; `new` is what follows `from` in a query for the rows that are new, empty where all rows
    must be judged. What was read, and what was not, is told by `read` and `judged`.
    """

    digest: Any
    totals: dict[str, Any]
    published: dict[str, Any] | None
    new: str
    read: str
    judged: str

    @property
    def row(self) -> str:
        """The query that gives the totals as one row."""
        cells = [f'{_literal(value)} as "{name}"' for name, value in self.totals.items()]
        return f"select {', '.join(cells)}"


def look(connection: psycopg.Connection, mart: Mart, rules: Sequence[Rule], means: Iterable[str]) -> Sight | None:
    """Gather what can be known of the mart without reading all of it; new measures are kept in the warehouse."""
    types = columns_of(connection, NEXT, mart.name)
    built = batches.built(connection, mart)
    if not built or mart.personal or not batches.is_moment(mart, types):
        return None
    wanted = {"count(*)", *(f"avg({name})" for name in means if name in types)}
    wanted |= {measure for rule in rules if rule.totals for measure in rule.measures}
    measures = Measures(connection, mart, types, sorted(wanted))
    current = in_force(connection)
    left = digests_of(connection, current[0]).get(mart.label) if current else None
    left_by_batch = batches.as_left(connection, mart, types, left)
    found = None
    if left_by_batch is not None:
        found = parts_of(connection, mart, types, left, built, left_by_batch)
        found = measures.of_keys(found, built, left_by_batch)
    totals = measures.totals(NEXT, built)
    if totals is None:
        return None
    counted = {rule.counts: staged_rows(connection, rule.counts) for rule in rules if rule.totals and rule.counts}
    read = measures.read
    published = measures.totals(PUBLISHED, left_by_batch) if left_by_batch is not None else None
    measures.keep(built, left_by_batch or {})
    content = batches.total(built)
    count = sum(bool(each.rows) for each in built.values())
    by_keys = f", and of {measures.by_keys:,} the rows of changed keys" if measures.by_keys else ""
    new, judged = "", "all rows"
    if current and found and _judged(connection, mart, current[1]) == signed(rules):
        where = found.where(connection, mart, types)
        new = sql.SQL("{} where {}").format(sql.Identifier(NEXT, mart.name), where).as_string(connection)
        some = f", and of {len(found.some):,} those of {found.count:,} changed keys" if found.some else ""
        judged = f"the rows of {len(found.whole):,} new of {count:,} batches{some}"
        judged += "; by these rules the others were judged before"
    return Sight(
        digest=stated(connection, types, content.rows, content.digest),
        totals={**totals, **{f"rows of {model}": rows for model, rows in counted.items()}},
        published=published,
        new=new,
        read=f"totals of {count:,} batches, of which {read:,} were read{by_keys}",
        judged=judged,
    )


def parts(mart: Mart, rules: Sequence[Rule], sight: Sight | None) -> Iterator[tuple[str, list[Rule], dict[str, Any]]]:
    """The title of each validation of a mart, its rules, and the table or query that they judge."""
    table: dict[str, Any] = {"table": (NEXT, mart.name)}
    pieces: list[tuple[str, Sequence[Rule], dict[str, Any]]] = [("", rules, table)]
    if sight:
        by_row = [rule for rule in rules if rule.by_row]
        pieces = [
            (f": {sight.read}", [rule.of_totals for rule in rules if rule.totals], {"query": sight.row}),
            *((f": {sight.judged}", part, _new(sight, part) or table) for part in _by_kind(by_row)),
            (": all rows", [rule for rule in rules if not rule.totals and not rule.by_row], table),
        ]
    for told, some, what in pieces:
        for part in _by_kind(some):
            yield f"marts {mart.name}{told}", part, what


def _by_kind(rules: Sequence[Rule]) -> list[list[Rule]]:
    """The rules that are no queries and those that are, which Great Expectations validates apart; none is empty."""
    kinds = ([rule for rule in rules if rule.is_query == kind] for kind in (False, True))
    return [kind for kind in kinds if kind]


def _new(sight: Sight, rules: Sequence[Rule]) -> dict[str, Any]:
    """The query for the rows that are new, with the columns alone that the rules judge: GE fetches them all once."""
    if not sight.new:
        return {}
    judged = [{k: v for k, v in rule.expectation.configuration.kwargs.items() if k in _COLUMNS} for rule in rules]
    names = sorted({name for columns in judged for name in columns.values()}) if all(judged) else []
    return {"query": f"select {', '.join(map(_quoted, names)) or '*'} from {sight.new}"}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def signed(rules: Sequence[Rule]) -> str:
    """The digest of the rules that judge each row by itself."""
    said = [
        [rule.name, type(rule.expectation).__name__, str(sorted(rule.expectation.configuration.kwargs.items()))]
        for rule in rules
        if rule.by_row
    ]
    return hashlib.md5(json.dumps(sorted(said)).encode()).hexdigest()


def _judged(connection: psycopg.Connection, mart: Mart, run_id: str) -> str | None:
    """The digest of the rules by which every row of the published mart was judged, and held."""
    row = connection.execute(_JUDGED, [mart.name, run_id]).fetchone()
    return row[0] if row else None


def _literal(value: Any) -> str:
    if value is None:
        return "null::numeric"
    whole = isinstance(value, int) or (isinstance(value, Decimal) and value.is_finite() and value == int(value))
    return f"{value:.0f}::numeric" if whole else f"'{value}'::numeric"
