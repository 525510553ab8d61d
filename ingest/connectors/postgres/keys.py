"""The keys of a PostgreSQL table: finds the keys that are new at the source, and those that are gone.

In: the source's snapshot, and raw with all new versions landed. Out: tombstones, and the number of rows that both sides
have. Where the key is one dense integer, the source packs its keys, 64 to a word of bits, and marks in the same pass
the keys whose rows are new; the difference to the bits of the landing before (`ops.key_bits`) gives new and gone keys.
For other keys both sides count their rows, and all keys cross the wire only where the counts differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.connectors.postgres.catalog import NONE, Relation, query
from ingest.raw.columns import Column, listed, quoted
from ingest.raw.connection import Wire, pipe
from ingest.raw.table import Raw
from weir.core.errors import WeirError
from weir.project.names import shortened

MANY = 100_000  # from so many rows on bits are kept
SPARSE = 4  # with fewer keys per word of 64 the bits are no shorter than the keys
BY_KEY = 16  # new rows are found by their keys where at most one row in so many is new, else by a second pass
_INTEGERS = {"smallint", "integer", "bigint"}


@dataclass
class Settled:
    """The result of landing new row versions: rows now live, rows deleted, and the load whose key bits were kept."""

    rows: int  # live rows, at the source and in raw
    deleted: int
    bits: str | None  # the load whose key bits are kept; None where none are


@dataclass
class Keys:
    """One table's keys, in one landing."""

    wire: Wire
    raw: Raw
    relation: Relation
    source: list[Column]
    key: list[str]
    landed: int = 0
    packed: bool = False
    marked: int = 0  # how many keys have new rows

    def find_new(self, rows: int, where: str) -> str:
        """Pack the keys of a table of about `rows` rows; returns a condition for the new rows: by their keys, or
        `where`.
        """
        self.packed = self._pack(rows, where)
        if not self.packed:
            return where
        self.marked = int(self.raw.wire.value(f"select {_ones('marked')} from now"))
        if self.marked * BY_KEY > rows:
            return where
        words = self.raw.wire.rows("select word, marked from now where marked <> 0")
        keys = ",".join(str(key) for word, bits in words for key in _keys(word, bits))
        column = self._columns[0]
        return f"{column.expr} = any('{{{keys}}}'::{column.type}[])" if keys else NONE

    def settle(self, before: int, bits: str | None) -> Settled:
        """Find the keys that are gone, and append their tombstones.

        `before` is the number of rows that were live, `bits` the load whose key bits were kept. Raises WeirError when
        raw and the source then differ in the number of rows.
        """
        if self.packed and self.marked != self.landed:
            index = f"its index on ({', '.join(self.key)}) is broken: type `reindex table {self.relation.name}` there"
            raise WeirError(f"of {self.marked} new rows the source finds {self.landed} by their keys, {index}")
        if not self.landed and not self.packed and self.count() == before:
            return Settled(before, 0, bits)
        if not self.packed and not self._pack(before):
            return self.balance(before + self._added())
        settled = self._compare_bits(bits or self._keep_before(before)) or self.balance(before + self._added())
        return settled if settled.bits else replace(settled, bits=self._keep())

    def remember(self, rows: int) -> str | None:
        """Keep the key bits of a table that has landed whole; returns their load, or None where the key has no bits."""
        return self._keep() if self._pack(rows) else None

    def balance(self, live: int) -> Settled:
        """Count the rows at the source; where raw has another number of live rows, find the keys that are gone."""
        rows = self.count()
        # Where the source does not enforce the key, one row twice and one row gone would give equal counts.
        deleted = self._gone() if live != rows or (self.landed and not self.relation.unique) else 0
        _agree(rows, live - deleted)
        return Settled(rows, deleted, self._keep() if self.packed else None)

    def count(self) -> int:
        """The number of rows at the source."""
        return int(self.wire.value(f"select count(*) from {self.relation.name}"))

    def _gone(self) -> int:
        """Append a tombstone for every live key that the source no longer has; returns the number of tombstones."""
        body = ", ".join(f"{quoted(c.name)} {c.type}" for c in self._columns)
        self.raw.wire.execute(f"create temporary table keys ({body}) on commit drop")
        text = query(self._columns, self.source, self.relation.name)
        pipe(self.wire, text, self.raw.wire, None, "keys", [c.name for c in self._columns])
        if not self.relation.unique:
            self.raw.check_keys("keys", self.key)
        return self.raw.insert_gone(self.key, "keys")

    @property
    def _columns(self) -> list[Column]:
        return [column for column in self.raw.columns if column.name in map(shortened, self.key)]

    def _mine(self) -> str:
        """The condition for this landing's rows: they lie at the table's end, unless rows were removed before."""
        mine = f"_dlt_load_id = '{self.raw.load_id}'"
        near = f"ctid >= '({self.raw.block},0)'::tid and {mine}"
        found = self.raw.wire.value(f"select count(*) from {self.raw.relation} where {near}")
        return near if found == self.landed else mine

    def _added(self) -> int:
        """The number of this landing's keys that were not live before."""
        if not self.landed:
            return 0
        names, mine = listed(self.key), f"_dlt_load_id = '{self.raw.load_id}'"
        landed = f"select distinct {names} from {self.raw.relation} where {self._mine()}"
        # Sorted rather than filtered: a filter would read the last column of every row of raw.
        before = (f"select distinct on ({names}) {mine} or _op = 'delete' as added from {self.raw.relation} "
                  f"join ({landed}) l using ({names}) order by {names}, {mine}, _seq desc")  # fmt: skip
        return int(self.raw.wire.value(f"select count(*) from ({before}) b where added"))

    def _dense(self, rows: int) -> bool:
        """Whether the key is one integer, dense enough for bits."""
        if rows < MANY or not self.relation.unique or len(self.key) > 1 or self._columns[0].type not in _INTEGERS:
            return False
        name = self._columns[0].expr
        words = f"select (max({name})::int8 >> 6)::numeric - (min({name})::int8 >> 6) from {self.relation.name}"
        return (self.wire.value(words) or 0) <= rows / SPARSE

    def _pack(self, rows: int, mark: str = "false") -> bool:
        """Read the source's keys into the temporary table `now`, 64 to a word; returns whether bits are worth it.

        Keys whose rows meet `mark` also stand in words of their own.
        """
        if not self._dense(rows):
            return False
        key = f"({self._columns[0].expr})::int8"
        packed = _PACK.format(key=key, marked=mark, relation=self.relation.name)
        names = ["word", "bits", "marked"]
        self.raw.wire.execute(f"create temporary table now ({' int8, '.join(names)} int8) on commit drop")
        pipe(self.wire, packed, self.raw.wire, None, "now", names)
        return True

    def _keep(self, keys: str = "now") -> str:
        self.raw.wire.execute(_KEEP.replace("{keys}", keys), *self._place, self.raw.load_id)
        return self.raw.load_id

    def _keep_before(self, rows: int) -> str:
        """Keep the key bits of the rows that raw held before this landing, if each is the only version of its key.

        The first load itself keeps no bits: it would have to read its table again.
        """
        landed = "select coalesce(sum(landed), 0)::int8 from ops.landings where source = $1 and table_name = $2"
        if self.raw.in_lake:
            return ""
        if self.raw.wire.value(landed, *self._place) != rows:
            return ""
        key = f"({quoted(self._columns[0].name)})::int8"
        before = f"{self.raw.relation} where _dlt_load_id <> '{self.raw.load_id}'"
        packed = _PACK.format(key=key, marked="false", relation=before)
        self.raw.wire.execute(f"create temporary table old on commit drop as {packed}")
        return self._keep("old") if self.raw.wire.value(f"select {_ones('bits')} from old") == rows else ""

    def _compare_bits(self, bits: str) -> Settled | None:
        """Append tombstones for the keys whose bits are gone; returns None where that load's bits were not kept."""
        raw, key = self.raw.wire, quoted(self._columns[0].name)
        if not raw.value(f"select true from ops.key_bits where {_KEPT}", *self._place, bits):
            return None
        raw.execute("create temporary table change (word int8, come int8, gone int8) on commit drop")
        raw.execute(
            "insert into change select word, coalesce(n.bits, 0) & ~coalesce(o.bits, 0), "
            "coalesce(o.bits, 0) & ~coalesce(n.bits, 0) from now n full join (select u.* from ops.key_bits, "
            f"unnest(words, bits) u (word, bits) where {_KEPT}) o using (word) where n.bits is distinct from o.bits",
            *self._place, bits,
        )  # fmt: skip
        come, gone = raw.row(f"select {_ones('come')}, {_ones('gone')} from change")
        landed = raw.value(f"select {_ones('(come & marked)')} from change join now using (word)")
        rows = int(raw.value(f"select {_ones('bits')} from now"))
        _agree(rows, rows - come + landed)
        raw.execute(
            f"insert into {self.raw.relation} ({key}, _dlt_load_id, _op) select (word << 6) + i, $1, 'delete' "
            "from change, generate_series(0, 63) i where gone <> 0 and gone & (1::int8 << i) <> 0",
            self.raw.load_id,
        )
        return Settled(rows, gone, None if come or gone else bits)

    @property
    def _place(self) -> tuple[str, str]:
        return self.raw.source, self.raw.table


def _agree(source: int, raw: int) -> None:
    """Raise WeirError when the source and raw do not hold the same number of rows."""
    if source != raw:
        raise WeirError(
            f"the source counts {source} rows, raw {raw} after landing: type `weir land --full-compare`, and report it"
        )


def _keys(word: int, bits: int) -> Iterator[int]:
    """The keys of one word: a key for each bit that is set."""
    bits &= 2**64 - 1
    while bits:
        low = bits & -bits
        yield (word << 6) + low.bit_length() - 1
        bits ^= low


def _ones(bits: str) -> str:
    return f"coalesce(sum(bit_count({bits}::bit(64))), 0)::int8"


# The union hides the key's statistics: with them the planner expects as many words as keys, and counts in one process.
_PACK = """select word, bit_or(bits) as bits, coalesce(bit_or(bits) filter (where marked), 0) as marked
from (select {key} >> 6 as word, 1::int8 << ({key} & 63)::int4 as bits, {marked} as marked from {relation}
union all select 0::int8, 0::int8, false where false) k group by word"""
_KEPT = "source = $1 and table_name = $2 and load_id = $3"
_KEEP = """insert into ops.key_bits (source, table_name, load_id, words, bits)
select $1, $2, $3, coalesce(array_agg(word), '{}'), coalesce(array_agg(bits), '{}') from {keys}
on conflict (source, table_name) do update
set load_id = excluded.load_id, words = excluded.words, bits = excluded.bits"""
