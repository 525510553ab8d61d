"""Changes in raw when a file of a table changes or is gone.

In: the file's rows in raw, and in `incoming` the file as it is now. Out: new versions and tombstones. A row is
identified by file and key; a row without a key (an unreadable line, say) or in conflict by file and line. A tombstone
bears the file and the key or line. Where another file holds the same key, that file's row is live again.
"""

from ingest.connectors.repeats import Repeats, by_line, mark
from ingest.raw.columns import comparable, compared, listed
from ingest.raw.table import Raw
from weir.project.names import shortened

COUNTED = 1_000_000  # up to so many rows the live rows are counted by each landing


def forget(raw: Raw, key: list[str], files: list[str], counts: dict[str, int]) -> None:
    """Append a tombstone for every live row of the files, which are gone."""
    values = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
    _remove(raw, key, f"_file in ({values})", "", counts)


def replace(raw: Raw, key: list[str], file: str, counts: dict[str, int], last: bool) -> Repeats:
    """Append what differs between `incoming`, which holds the file as it is now, and the file's rows in raw."""
    name = "'" + file.replace("'", "''") + "'"
    null = by_line(key)
    repeats = mark(raw, key, "incoming", last=last)
    raw.hold_back(key, "incoming")
    if repeats.duplicates:  # within a file the last row of a key counts
        raw.wire.execute(f"delete from incoming where not {null} and _line not in "
                         f"(select max(_line) from incoming where not {null} group by {listed(key)})")  # fmt: skip
    _remove(raw, key, f"_file = {name}", "incoming", counts)
    names = listed([c.name for c in raw.columns])
    for part, by in ((f"not {null}", key), (null, ["_line"])):
        if not by:
            continue
        same = ", ".join(comparable(c) for c in raw.columns if c.name != "_line" or by == ["_line"])
        values = ", ".join(compared(c) for each in by for c in raw.columns if c.name == shortened(each))
        live = raw.live(by, same, f"_file = {name} and ({part})") + f" and _file = {name}"
        changed = f"select {listed(by)} from (select {same} from incoming where {part} except {live}) d"
        added = raw.wire.execute(
            f"insert into {raw.relation} ({names}, _dlt_load_id, _op) select {names}, '{raw.load_id}', 'upsert' "
            f"from incoming where ({part}) and ({values}) in ({changed}) order by _line"
        )
        counts["landed"] += added
    return repeats


def _remove(raw: Raw, key: list[str], where: str, beside: str, counts: dict[str, int]) -> None:
    null = by_line(key)
    for part, by in ((f"not {null}", key), (null, ["_line"])):
        if not by:
            continue
        what = listed([*dict.fromkeys([*by, "_file"])])
        # the files are named once more: without them rows would be looked up in the whole table
        gone = raw.live([*by, "_file"], what, f"{where} and ({part})") + f" and {where}"
        if beside:
            gone += f" except select {what} from {beside} where {part}"
        removed = raw.wire.execute(
            f"insert into {raw.relation} ({what}, _dlt_load_id, _op) "
            f"select {what}, '{raw.load_id}', 'delete' from ({gone}) g"
        )
        counts["landed"] += removed
        counts["deleted"] += removed


def restore(raw: Raw, key: list[str]) -> int:
    """Append again the rows of other files whose keys this load's tombstones have hidden; returns their number."""
    if not key:
        return 0
    by, names = listed(key), listed([c.name for c in raw.columns])
    last = f"select max(_seq) from {raw.relation} where not {by_line(key)} group by {by}"
    hidden = f"select {by} from {raw.relation} where _seq in ({last}) and _op = 'delete' and _dlt_load_id = $1"
    held = raw.live([*key, "_file"], f"{by}, _seq", f"({by}) in ({hidden}) and not {by_line(key)}")
    return raw.wire.execute(
        f"insert into {raw.relation} ({names}, _dlt_load_id, _op) select {names}, $1, _op from {raw.relation} "
        f"where _seq in (select max(_seq) from ({held}) h group by {by})", raw.load_id
    )  # fmt: skip


def rows_now(raw: Raw, key: list[str], records: int) -> int | None:
    """The number of live rows, the last of each key; None where there are too many to count in each landing."""
    if raw.in_lake:
        return None if key else records
    if records > COUNTED:
        return None
    null = by_line(key)
    count = f"select count(*) from ({raw.live(['_file', '_line'], '1 as one', null)}) b"
    total = int(raw.wire.value(count))
    if key:
        total += int(raw.wire.value(f"select count(*) from ({raw.live(key, '1 as one', f'not {null}')}) l"))
    return total
