"""Raw, and what stands on it: blanks the person's rows, takes values out of others, and tells staging the new story.

In: the person's row, the values. Out: raw changed in place, so that each load keeps its number of rows; staging,
quarantine and ledger as a full refresh would make them; `ops.erased`, by which landings hold the person back.
"""

from dataclasses import dataclass, field

from psycopg import sql

from weir.access.forget import person, sweep
from weir.access.forget.person import Place
from weir.access.forget.story import Story
from weir.access.forget.sweep import Relation
from weir.access.forget.work import Work
from weir.project import erasure
from weir.project.names import shortened

PERSON = "the person's row"


@dataclass
class Hit:
    """A table of raw with rows of the person: own rows, by key, and rows of which values are taken out."""

    place: Place
    own: list[list[str]] = field(default_factory=list)
    others: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # rows that have no key, such as unreadable lines of files
    rows: list[int] = field(default_factory=list)
    stories: list[Story] = field(default_factory=list)


def in_the_clear(work: Work, place: Place, rows: list[int]) -> list[int]:
    """Those of the rows that are not erased; a tombstone holds nothing but the key."""
    tombstones = bool(erasure.replaced(place.columns, place.key))
    query = sql.SQL("select _seq from {} where _seq = any({}) and (_op = 'upsert' or _op = 'delete' and {})")
    query = query.format(place.relation, sql.Literal(rows), sql.Literal(tombstones))  # type: ignore[assignment]
    return [row[0] for row in work.connection.execute(query)]


def elsewhere(work: Work, own: Hit) -> list[Hit]:
    """The tables of raw that hold a value in other rows. A row whose key holds one is the person's own."""
    patterns, found = work.search.patterns(masked=False), []
    if not patterns:
        return []
    for place in person.places(work.connection, work.plan):
        if not place.texts:
            continue
        work.report(f"{place.name} in raw")
        query = sql.SQL("select _seq, {} from {} where {}").format(
            place.keys(), place.relation, sweep.held(place.texts, patterns)
        )
        hit, keys = Hit(place), dict[tuple[str, ...], None]()
        for seq, key in work.connection.execute(query).fetchall():
            if place.name == own.place.name and key in own.own:
                continue
            if not key or any(part is None for part in key):
                hit.lines.append(seq)
            else:
                keys[tuple(key)] = None
        for each in keys:
            is_own = any(work.search.values.scrub(part) != part for part in each)
            (hit.own if is_own else hit.others).append(list(each))
        if keys or hit.lines:
            mine = person.rows_of(work.connection, place, [*hit.own, *hit.others]) if keys else []
            hit.rows = [*mine, *hit.lines]
            hit.stories = work.stories(place.source, place.table, hit.rows)
            found.append(hit)
    return found


def change(work: Work, hit: Hit, number: int) -> None:
    """Blank and clean the rows of one table of raw, and make staging, quarantine and ledger follow."""
    connection, place = work.connection, hit.place
    work.report(f"{place.name} and its staging")
    for at, story in enumerate(hit.stories):
        story.tell(connection, f"weir_before_{number}_{at}")
    name = shortened(place.table)
    blanked = sum(_blank(work, place, key) for key in hit.own)
    work.add(place.schema, name, f"{PERSON}, all versions", blanked, "blanked")
    rest = [*(person.rows_of(connection, place, hit.others) if hit.others else []), *hit.lines]
    if rest:
        texts = {column: kind for column, kind in place.texts.items() if column not in place.key}
        where = sql.SQL("_seq = any({})").format(sql.Literal(rest))
        cleaned = sweep.clean(connection, Relation(place.schema, name, texts), work.search, where)[0]
        work.add(place.schema, name, work.kinds, cleaned, "values taken out")
    for at, story in enumerate(hit.stories):
        before, after = f"weir_before_{number}_{at}", f"weir_after_{number}_{at}"
        story.tell(connection, after)
        story.apply(connection, before, after)
        what, how = (PERSON, "deleted") if hit.own and not rest else (work.kinds, "values taken out")
        work.add("staging", story.model.name, what, story.staging, how)
        work.add("quality", "quarantine", what, story.quarantine, how)
        work.add("quality", "accepted", PERSON, story.accepted, "deleted")


def _blank(work: Work, place: Place, key: list[str]) -> int:
    """Blank the rows of one key, all versions; returns how many."""
    hashed = erasure.key_hash(work.secret, place.source, place.table, key)
    rows = person.rows_of(work.connection, place, [key])

    def quoted(name: str) -> str:
        return sql.Identifier(name).as_string(work.connection)

    sets = erasure.blanks(place.columns, place.key, f"'{hashed}'", quoted)
    query = "update {} set {} _op = case _op when 'upsert' then 'erase' else _op end where _seq = any({})"
    made = sql.SQL(f"{sets}," if sets else "")
    return work.connection.execute(sql.SQL(query).format(place.relation, made, sql.Literal(rows))).rowcount


def note(work: Work, hits: list[Hit]) -> None:
    """Write down by hashes what landings hold back, and count the live rows that are erased now."""
    subject, mark = work.done.key_hash, erasure.mark_of(work.secret)
    entries = []
    for hit in hits:
        at = (hit.place.source, hit.place.table)
        entries += [(*at, erasure.key_hash(work.secret, *at, key), "row") for key in hit.own]
        entries += [(*at, erasure.key_hash(work.secret, *at, key), "values") for key in hit.others]
        entries += [(*at, "", "values")] if hit.lines else []
    with work.connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.erased (subject, source, table_name, key_hash, what, because, mark) "
            "values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            [(subject, *entry, work.done.because, mark) for entry in entries],
        )
        cursor.executemany(
            "insert into ops.erased_values (subject, kind, length, hash, whole) values (%s, %s, %s, %s, %s) "
            "on conflict do nothing",
            [(subject, each.kind, each.length, each.hash, each.whole) for each in work.search.values.known],
        )
    for hit in hits:
        if hit.own:
            _count_live(work, hit.place)


def _count_live(work: Work, place: Place) -> None:
    """Put the number of live rows that are erased into the table's newest receipt, as landings count them."""
    names = sql.SQL(", ").join(map(sql.Identifier, place.key))
    same: sql.Composable = names
    if "_line" in place.columns:
        each = [sql.SQL("case when _error is null then {} end").format(sql.Identifier(name)) for name in place.key]
        line = "{}, case when _error is not null then concat(_file, ':', _line) end"
        same = sql.SQL(line).format(sql.SQL(", ").join(each))
    work.connection.execute(
        sql.SQL(_COUNT_LIVE).format(
            same=same, names=names, raw=place.relation, source=sql.Literal(place.source), table=sql.Literal(place.table)
        )
    )


_COUNT_LIVE = """
update ops.landings as l set erased = (
    select count(*) from (
        select distinct on ({same}) _op from {raw}
        where ({names}) in (select {names} from {raw} where _op = 'erase') order by {same}, _seq desc
    ) as e where _op = 'erase'
)
where (load_id, job) = (
    select load_id, job from ops.landings where source = {source} and table_name = {table}
    order by landed_at desc limit 1
)"""
