"""Erased people in landings: rows of people who were forgotten are blanked before they are compared or committed.

In: `ops.erased` (keyed hashes of rows) and `ops.erased_values` (of values), rows in raw, in `incoming` or in a table of
keys. Out: a person's own row with nothing but its key, which is a token where it was a text; other rows without the
person's values. So the row at the source and the one in raw look alike: nothing lands again, and nothing is taken for
deleted. In raw a blanked row bears the operation `erase`. A table that holds nobody who was forgotten pays nothing.
"""

from dataclasses import dataclass
from typing import Any

from ingest.raw.columns import listed, quoted
from ingest.raw.connection import Wire
from weir.project import erasure
from weir.project.names import shortened

# For the table $2.$3; NULL where nobody is erased in it.
KNOWN = """(select jsonb_build_object(
    'rows', jsonb_agg(distinct key_hash) filter (where what = 'row'),
    'values', jsonb_agg(distinct key_hash) filter (where what = 'values'),
    'mark', max(mark),
    'known', (select jsonb_agg(distinct jsonb_build_array(kind, length, hash, whole)) from ops.erased_values
        where subject in (select subject from ops.erased where source = $2 and table_name = $3 and what = 'values')),
    'live', (select erased from ops.landings where source = $2 and table_name = $3 order by landed_at desc limit 1)
) from ops.erased where source = $2 and table_name = $3 having count(*) > 0)"""


@dataclass
class Erased:
    """The erased rows and values of one table of raw."""

    source: str
    table: str
    rows: list[str]  # hashes of the keys of rows that are blanked
    values: list[str]  # hashes of the keys of rows that lose values; '' for the lines of files that can't be read
    scrubbed: erasure.Values
    live: int  # live rows that were erased after the last landing
    secret: bytes
    touched: int = 0  # erased rows that this landing brought

    @classmethod
    def read(cls, found: Any, source: str, table: str) -> "Erased | None":
        """Read the answer of `KNOWN`. Raises WeirError without the secret with which people were erased."""
        if not found:
            return None
        own = erasure.secret()
        erasure.require_same(own, found["mark"])
        known = frozenset(erasure.Known(*each) for each in found["known"] or [])
        values = erasure.Values(own, known)
        return cls(source, table, found["rows"] or [], found["values"] or [], values, found["live"] or 0, own)

    def hold_back(self, wire: Wire, relation: str, columns: dict[str, str], key: list[str], where: str = "true",
                  raw: bool = False) -> None:  # fmt: skip
        """Blank rows of the relation that are erased, and take values out of others; `raw` where it is raw itself."""
        key = _own(key, columns)
        names = [quoted(name) for name in key]
        if not names or not {*key} <= {*columns}:
            return
        hashed = erasure.key_hash_sql(self.source, self.table, names, "$1", "$2")
        pads = erasure.pads(self.secret)
        if self.rows:
            sets = erasure.blanks(columns, key, "h.hash", quoted)
            sets += f"{', ' if sets else ''}_op = case _op when 'upsert' then 'erase' else _op end" if raw else ""
            found = f"select ctid as place, {hashed} as hash from {relation} where {where}"
            if sets:
                self.touched += wire.execute(
                    f"update {relation} r set {sets} from ({found} offset 0) h "
                    "where r.ctid = h.place and h.hash = any($3)", *pads, self.rows,
                )  # fmt: skip
            replaced = erasure.replaced(columns, key)
            if raw and replaced:  # rows that were blanked before they came to raw
                tokens = [erasure.token(each, columns[replaced[0]]) for each in self.rows]
                self.touched += wire.execute(
                    f"update {relation} set _op = case _op when 'upsert' then 'erase' else _op end "
                    f"where {where} and {quoted(replaced[0])}::text = any($1)", tokens,
                )  # fmt: skip
        if self.values and self.scrubbed.known:
            lines = "_error is not null" if "" in self.values and "_error" in columns else "false"
            self._scrub(wire, relation, columns, key, f"{where} and ({hashed} = any($3) or {lines})", *pads,
                        self.values)  # fmt: skip

    def _scrub(self, wire: Wire, relation: str, columns: dict[str, str], key: list[str], where: str,
               *given: Any) -> None:  # fmt: skip
        """Take the values out of the texts of these rows; they are few."""
        texts = {
            name: kind for name, kind in columns.items() if name not in {*key, "_file"} and erasure.is_searched(kind)
        }
        if not texts:
            return
        for row in wire.rows(
            f"select ctid::text as place, {listed(list(texts))} from {relation} where {where}", *given
        ):
            new = {name: self.scrubbed.scrub_any(row[name], kind) for name, kind in texts.items()}
            changed = [name for name in texts if new[name] != row[name]]
            if changed:
                sets = ", ".join(f"{quoted(name)} = ${at}::{texts[name]}" for at, name in enumerate(changed, 2))
                wire.execute(f"update {relation} set {sets} where ctid = $1::text::tid", row["place"],
                             *(new[name] for name in changed))  # fmt: skip

    def count_live(self, wire: Wire, relation: str, columns: dict[str, str], key: list[str]) -> int:
        """The number of live rows of raw that are erased; counted anew only where this landing brought such a row."""
        key = _own(key, columns)
        return int(wire.value(_live_sql(relation, columns, key))) if self.touched and key else self.live


def _own(key: list[str], columns: dict[str, str]) -> list[str]:
    """The columns that tell one row from another, also where no key is declared."""
    own = [name for name in ("_key", "_id") if name in columns][:1]
    return [shortened(name) for name in key] or own or [name for name in ("_file", "_line") if name in columns]


def _live_sql(relation: str, columns: dict[str, str], key: list[str]) -> str:
    """SQL of the number of live rows of raw that are erased. A row of a file that has an error is known by its line."""
    names = listed(key)
    same, line = names, ""
    if "_line" in columns:
        same = ", ".join(f"case when _error is null then {quoted(name)} end" for name in key)
        line = ", case when _error is not null then concat(_file, ':', _line) end"
    within = f"({names}) in (select {names} from {relation} where _op = 'erase')"
    return (
        f"select count(*) from (select distinct on ({same}{line}) _op from {relation} where {within} "
        f"order by {same}{line}, _seq desc) l where _op = 'erase'"
    )
