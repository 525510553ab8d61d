"""The keys of a PostgreSQL table: which came, and which are gone from the source.

In: the source's snapshot, and raw with all new versions landed. Out: tombstones, and the number of rows that both have.
Where the key is one integer and dense, the source packs its keys, 64 to a word of bits, and marks in the same pass
which of their rows are new; the difference to the bits of the landing before (`ops.key_bits`) says all. Else rows are
counted, and where they do not balance all keys cross the wire.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.connectors.postgres.catalog import NONE, Relation, query
from ingest.raw.columns import Column, listed, quoted
from ingest.raw.connection import Wire, pipe
from ingest.raw.table import Raw
from weir.core.errors import WeirError
from weir.project.names import shortened

MANY = 100_000  # rows from which on bits are worth their keeping
SPARSE = 4  # keys per word of 64: with fewer, bits are no shorter than keys
BY_KEY = 16  # where one row in so many is new, or fewer, they are found by their keys; else by a second pass
_INTEGERS = {"smallint", "integer", "bigint"}


@dataclass
class Settled:
    """What a landing of new versions comes to."""

    rows: int  # at the source, and live in raw
    deleted: int
    bits: str | None  # the load that the bits kept belong to, if any are


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
    marked: int = 0  # keys whose rows are new

    def find_new(self, rows: int, where: str) -> str:
        """Pack the keys of a table of about so many rows; returns what finds the rows that meet `where`, or `where`."""
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
        """Find what is gone and append its tombstones.

        `before` is the number of rows that were live, `bits` the load of the bits that say which. Raises WeirError when
        raw does not hold what the source does.
        """
        if self.packed and self.marked != self.landed:
            index = f"its index on ({', '.join(self.key)}) is broken: say `reindex table {self.relation.name}` there"
            raise WeirError(f"of {self.marked} new rows the source finds {self.landed} by their keys, {index}")
        if not self.landed and not self.packed and self._count() == before:
            return Settled(before, 0, bits)
        if not self.packed and not self._pack(before):
            return self.balance(before + self._added())
        settled = self._compare_bits(bits or self._keep_before(before)) or self.balance(before + self._added())
        return settled if settled.bits else replace(settled, bits=self._keep())

    def remember(self, rows: int) -> str | None:
        """Keep the bits of a table of which all has landed; returns their load, or None where it has none."""
        return self._keep() if self._pack(rows) else None

    def balance(self, live: int) -> Settled:
        """Count the rows at the source; where they are not as many as live in raw, find the keys that are gone."""
        rows = self._count()
        # Where the source does not promise that the key is one, a row twice and a row gone would balance.
        deleted = self._gone() if live != rows or (self.landed and not self.relation.unique) else 0
        _agree(rows, live - deleted)
        return Settled(rows, deleted, None)

    def _count(self) -> int:
        return int(self.wire.value(f"select count(*) from {self.relation.name}"))

    def _gone(self) -> int:
        """Append a tombstone for every live key that the source no longer has; returns how many."""
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
        """The condition that finds this landing's rows: they lie at the end, if nothing was ever removed before it."""
        mine = f"_dlt_load_id = '{self.raw.load_id}'"
        near = f"ctid >= '({self.raw.block},0)'::tid and {mine}"
        found = self.raw.wire.value(f"select count(*) from {self.raw.relation} where {near}")
        return near if found == self.landed else mine

    def _added(self) -> int:
        """How many keys of this landing were not live before."""
        if not self.landed:
            return 0
        names, mine = listed(self.key), f"_dlt_load_id = '{self.raw.load_id}'"
        landed = f"select distinct {names} from {self.raw.relation} where {self._mine()}"
        # Sorted so, not filtered: a filter would read the last column of every row of raw.
        before = (f"select distinct on ({names}) {mine} or _op = 'delete' as added from {self.raw.relation} "
                  f"join ({landed}) l using ({names}) order by {names}, {mine}, _seq desc")  # fmt: skip
        return int(self.raw.wire.value(f"select count(*) from ({before}) b where added"))

    def _dense(self, rows: int) -> bool:
        """Whether the key is one integer, of which a word of 64 holds enough."""
        if rows < MANY or not self.relation.unique or len(self.key) > 1 or self._columns[0].type not in _INTEGERS:
            return False
        name = self._columns[0].expr
        words = f"select (max({name})::int8 >> 6)::numeric - (min({name})::int8 >> 6) from {self.relation.name}"
        return (self.wire.value(words) or 0) <= rows / SPARSE

    def _pack(self, rows: int, mark: str = "false") -> bool:
        """Read the keys at the source into the temporary table `now`, 64 to a word, those whose row meets `mark` also
        in words of their own; whether they are worth it."""
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
        """Keep the bits of what raw held before this landing, where all that ever landed is so many rows, each a key of
        its own; a first load keeps none, for it would have to read its table again."""
        landed = "select coalesce(sum(landed), 0)::int8 from ops.landings where source = $1 and table_name = $2"
        if self.raw.wire.value(landed, *self._place) != rows:
            return ""
        key = f"({quoted(self._columns[0].name)})::int8"
        before = f"{self.raw.relation} where _dlt_load_id <> '{self.raw.load_id}'"
        packed = _PACK.format(key=key, marked="false", relation=before)
        self.raw.wire.execute(f"create temporary table old on commit drop as {packed}")
        return self._keep("old") if self.raw.wire.value(f"select {_ones('bits')} from old") == rows else ""

    def _compare_bits(self, bits: str) -> Settled | None:
        """Append tombstones for the bits that are gone; None where no bits of that load were kept."""
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
            f"the source counts {source} rows, raw {raw} after landing: type `weir land --full-compare`, and tell us"
        )


def _keys(word: int, bits: int) -> Iterator[int]:
    """The keys that a word's bits stand for."""
    bits &= 2**64 - 1
    while bits:
        low = bits & -bits
        yield (word << 6) + low.bit_length() - 1
        bits ^= low


def _ones(bits: str) -> str:
    return f"coalesce(sum(bit_count({bits}::bit(64))), 0)::int8"


# The union hides the key's statistics: by them the planner expects as many words as keys, and does not count in several
# processes.
_PACK = """select word, bit_or(bits) as bits, coalesce(bit_or(bits) filter (where marked), 0) as marked
from (select {key} >> 6 as word, 1::int8 << ({key} & 63)::int4 as bits, {marked} as marked from {relation}
union all select 0::int8, 0::int8, false where false) k group by word"""
_KEPT = "source = $1 and table_name = $2 and load_id = $3"
_KEEP = """insert into ops.key_bits (source, table_name, load_id, words, bits)
select $1, $2, $3, coalesce(array_agg(word), '{}'), coalesce(array_agg(bits), '{}') from {keys}
on conflict (source, table_name) do update
set load_id = excluded.load_id, words = excluded.words, bits = excluded.bits"""
