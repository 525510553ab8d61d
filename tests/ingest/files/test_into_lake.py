"""Files whose rows land in the lake alone: what is in its files, and that PostgreSQL holds none."""

import json
from pathlib import Path

import pytest

from ingest.raw import lake as raw_lake
from ingest.raw.table import Raw
from tests.support.lake import balanced, live, rows, schema
from tests.support.landing import Landing, forget
from weir import warehouse as weir_warehouse
from weir.core.errors import WeirError
from weir.ledger.balance import lines
from weir.spark.lake.opening import open_lake
from weir.spark.lake.raw import send_raw

SOURCE = """
    sources:
      - name: drops
        schema: raw_drops
        config: {{meta: {{connection: DROPS_URL}}}}
        tables:
          - {{name: events, config: {{meta: {{{more}path: "*.{kind}", land: {place}}}}}}}
"""


def declare(landing: Landing, more: str = "", kind: str = "csv", place: str = "lake") -> None:
    landing.declare(SOURCE.format(more=more, kind=kind, place=place))


KEYED = "key: [id], repeats: last, "


def one(landing: Landing) -> tuple[int, int]:
    event = landing.one().tables[0]
    return event.landed, event.deleted


def fault(landing: Landing) -> str:
    (result,) = landing.land().values()
    assert result.state == "failed"
    return result.message


def send(landing: Landing) -> list[str]:
    with weir_warehouse.connect() as connection:
        lake = open_lake(connection)
    return send_raw(lake).notes


CSV = b'\xef\xbb\xbfid,v\n1,a\n2,"b\nc, ""d"""\n3\n4,\n5,""\n6,\x00\\N\\t\n'


def test_a_file_of_the_lake_is_what_a_copied_load_would_be(landing: Landing, folder: Path, lake: Path) -> None:
    (folder / "a.csv").write_bytes(CSV)
    (folder / "b.csv").write_text("id,v,w\n7,x,y\n")
    declare(landing)
    text = (landing.folder / "models" / "sources.yml").read_text()
    landing.declare(text + text.splitlines()[-1].replace("events", "copied").replace("land: lake", "land: warehouse"))
    landing.one()
    send(landing)
    mine, copied = (next((lake / "raw_drops" / name).iterdir()) for name in ("events", "copied"))
    assert (mine.name, schema(mine)) == (copied.name, schema(copied))
    here, there = rows(lake, "drops/events"), rows(lake, "drops/copied")
    assert [{**row, "_seq": 0} for row in here] == [{**row, "_seq": 0} for row in there]
    assert [row["v"] for row in here] == ["a", 'b\nc, "d"', None, None, "", "\\x00\\N\\t", "x"]
    assert [row["w"] for row in here] == [None] * 6 + ["y"]
    assert landing.rows("select count(*) from raw_drops.events") == [(0,)]


def test_documents_are_spelled_as_in_postgresql(landing: Landing, folder: Path, lake: Path) -> None:
    (folder / "a.jsonl").write_text('{"id": 1, "n": 1.10, "big": 1e3, "n": 2.50}\n{"id":2}\nbroken\n')
    declare(landing, kind="jsonl")
    assert one(landing) == (3, 0)
    found = rows(lake, "drops/events")
    assert [row["document"] for row in found] == ['{"n": 2.50, "id": 1, "big": 1000}', '{"id": 2}', None]
    assert found[2]["_text"] == "broken" and "line" not in found[2]["_error"][:0]
    balanced(landing, lake)


def test_new_changed_and_missing_files_bring_rows_and_tombstones(landing: Landing, folder: Path, lake: Path) -> None:
    a, b = folder / "a.csv", folder / "b.csv"
    a.write_text("id,v\n1,a\n2,b\nbroken\n3,c\n")
    b.write_text("id,v\n9,z\n3,other\n")
    declare(landing, KEYED)
    assert one(landing) == (6, 0)
    assert one(landing) == (0, 0)
    a.write_text("id,v\n0,new\n1,a\n2,changed\n")  # 3 and the broken line go; 3 is still in b
    assert one(landing) == (5, 2)
    there = [("0", "new"), ("1", "a"), ("2", "changed"), ("3", "other"), ("9", "z")]
    assert live(lake, "drops/events", "id", "id", "v") == there
    b.rename(folder / "c.csv")  # the same keys in a new file, which stands last
    (folder / "c.csv").write_text("id,v\n9,z\n3,third\n")
    assert one(landing)[1] == 2
    assert live(lake, "drops/events", "id", "id", "v") == [*there[:3], ("3", "third"), ("9", "z")]
    (folder / "c.csv").unlink()
    assert one(landing)[1] == 2
    assert live(lake, "drops/events", "id", "id", "v") == there[:3]
    assert one(landing) == (0, 0)
    balanced(landing, lake)
    assert [line.holds for line in lines()] == [True]
    assert send(landing) == []


def test_lines_without_a_key_are_told_apart_by_their_place(landing: Landing, folder: Path, lake: Path) -> None:
    a = folder / "a.csv"
    a.write_text("v\nx\nx\ny\n")
    declare(landing)
    assert one(landing) == (3, 0)
    assert landing.rows("select source_rows from ops.landings") == [(3,)]
    a.write_text("v\nx\nx\n")
    assert one(landing) == (1, 1)
    assert live(lake, "drops/events", "_line", "v") == [("x",), ("x",)]
    a.unlink()
    assert one(landing) == (2, 2)
    balanced(landing, lake)


def test_a_large_file_passes_in_blocks(
    landing: Landing, folder: Path, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_lake, "CHUNK", 20_000)
    document = json.dumps({"text": "ä\\\n" * 1_000_000})
    (folder / "a.jsonl").write_text("".join(f'{{"id": {n}}}\n' for n in range(3000)) + document + "\n")
    declare(landing, kind="jsonl")
    assert one(landing) == (3001, 0)
    found = rows(lake, "drops/events")
    assert [row["_line"] for row in found] == list(range(1, 3002))
    assert json.loads(found[-1]["document"]) == json.loads(document)


def test_a_landing_that_ends_before_its_receipt_leaves_nothing_that_counts(
    landing: Landing, folder: Path, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text("id,v\n1,a\n")
    declare(landing)
    with monkeypatch.context() as patch:

        def stop(*_values: object) -> None:
            raise RuntimeError("stopped")

        patch.setattr(Raw, "receipt", stop)
        assert "stopped" in fault(landing)
    assert landing.rows("select count(*) from ops.landings") == [(0,)]
    (orphan,) = (lake / "raw_drops" / "events").iterdir()  # it has its name, and no receipt
    assert one(landing) == (1, 0)
    assert send(landing) == [
        f"raw_drops/events/{orphan.name} removed: drops.events has no receipt of that load any more"
    ]
    balanced(landing, lake)


def test_a_file_that_fails_halfway_leaves_no_draft(landing: Landing, folder: Path, lake: Path) -> None:
    (folder / "a.csv").write_text("id,v\n1,a\n")
    (folder / "b.csv").write_bytes(b"id,v,id\n1,a,2\n")
    declare(landing)
    assert "stands twice" in fault(landing)
    assert [path for path in lake.rglob("*") if path.is_file()] == [lake / "weir-lake.json"]


def test_what_can_t_be_is_said_in_one_line(landing: Landing, folder: Path, lake: Path) -> None:
    (folder / "a.csv").write_text("id,v\n1,a\n")
    with pytest.raises(
        WeirError, match=r"table events: in the lake the last row of a key in a file counts.*repeats: last"
    ):
        declare(landing, "key: [id], ")
        landing.land()
    with pytest.raises(WeirError, match=r"table events: key 'land': Input should be 'warehouse' or 'lake'"):
        declare(landing, place="pond")
        landing.land()
    declare(landing)
    landing.one()
    (file,) = (lake / "raw_drops" / "events").iterdir()
    declare(landing, place="warehouse")
    assert "drops.events: its rows are in the lake, and are not moved: write land: lake again" in fault(landing)
    declare(landing)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(WeirError, match=r"events/.*parquet: it has .* bytes and not .* its rows are nowhere else"):
        send(landing)
    (folder / "a.csv").unlink()
    assert "is gone or damaged, and its rows are nowhere else: put it back from a backup" in fault(landing)


def test_a_table_of_raw_is_not_moved_into_the_lake(landing: Landing, folder: Path, lake: Path) -> None:
    (folder / "a.csv").write_text("id,v\n1,a\n")
    declare(landing, place="warehouse")
    landing.one()
    declare(landing)
    assert "drops.events: its rows are in PostgreSQL, and are not moved: write land: warehouse again" in fault(landing)


def test_without_a_lake_nothing_lands(landing: Landing, folder: Path) -> None:
    (folder / "a.csv").write_text("id,v\n1,a\n")
    declare(landing)
    assert "WEIR_LAKE is not set" in fault(landing)


def test_nobody_is_forgotten_in_a_table_of_the_lake(landing: Landing, folder: Path, lake: Path) -> None:
    (folder / "a.csv").write_text("id,v\n1,a\n")
    declare(landing, KEYED)
    landing.one()
    with pytest.raises(
        WeirError, match=r"drops\.events has its rows in the lake alone, where Weir can't erase a person"
    ):
        forget(landing, "drops.events", "1", v="name")


def test_a_warehouse_in_anothers_place_is_told_how_to_keep_the_lake(landing: Landing, folder: Path, lake: Path) -> None:
    (folder / "a.csv").write_text("id,v\n1,a\n")
    declare(landing)
    landing.one()
    marker = lake / "weir-lake.json"
    known = json.loads(marker.read_text())
    mine = json.dumps({name: known[name] for name in ("server", "database")})
    marker.write_text(json.dumps({"server": "7", "database": "old"}))
    (folder / "b.csv").write_text("id,v\n2,b\n")
    said = fault(landing)
    assert "belongs to another warehouse (database old, server 7)" in said
    assert f"or write {mine} into its weir-lake.json if this warehouse took the other's place" in said
    marker.write_text(mine)
    assert one(landing) == (1, 0)
