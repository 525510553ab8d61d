"""Of many tables some are gone at the source: the others land, and all that are gone are named."""

from ingest.results import SourceResult, TableEvent, shortly
from tests.support.landing import APP


def test_the_others_land_and_all_that_are_gone_are_named(landing, app):
    names = [f"t{number:02}" for number in range(40)]
    gone = names[3::5]
    for name in names:
        if name not in gone:
            app.execute(f"create table {name} (id int primary key); insert into {name} values (1)")
    tables = "".join(f"\n          - {{name: {name}, config: {{meta: {{key: [id]}}}}}}" for name in names)
    landing.declare(APP.replace("\n          - {name: users, config: {meta: {key: [id]}}}", tables))
    (result,) = landing.land().values()
    assert sorted(event.table for event in result.tables if event.state == "done") == sorted(set(names) - set(gone))
    assert result.state == "failed" and len(gone) == 8
    assert "there is no table public.t" in result.message and "\n" not in result.message
    assert all(f"app.{name}" in result.message for name in gone)
    assert sorted(result.barred) == [f"app.{name}" for name in gone]
    landing.balanced()


def test_a_source_of_which_nothing_landed_is_barred_whole():
    failed = [TableEvent("app", name, "failed", message="down") for name in ("a", "b")]
    assert SourceResult("app", "failed", "down", failed).barred == ["app"]
    assert SourceResult("app", "failed", "down").barred == ["app"]
    done = TableEvent("app", "c", "done")
    assert SourceResult("app", "failed", "down", [*failed, done]).barred == ["app.a", "app.b"]
    assert SourceResult("app", "landed", "", [done]).barred == []


def test_a_list_of_names_has_an_end():
    assert shortly(["a", "b"]) == "a, b"
    assert shortly([f"t{n}" for n in range(41)]).endswith("t39, t40")
    assert shortly([f"t{n}" for n in range(400)]).endswith("t38, t39 and 360 more")
