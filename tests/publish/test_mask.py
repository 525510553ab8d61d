"""Personal columns are masked in analytics, and stand in clear in analytics_private, in one transaction."""

import os
from dataclasses import replace

import pytest

from tests.support.publishing import ACCOUNTS, EVENTS, NOW, Sql, digest, passed, release
from weir import warehouse
from weir.core.env import env_file
from weir.core.errors import WeirError
from weir.project.marts import Mart
from weir.project.personal import Mark
from weir.publish import key, publication, rollback
from weir.publish.verify import compare_published

EMAIL, NAME, FREE = Mark("email"), Mark("name"), Mark("free_text")
PEOPLE = Mart("people", ("id",), personal={"email": EMAIL, "full_name": NAME, "note": FREE})
TICKETS = Mart("tickets", ("email", "n"), personal={"email": EMAIL})
VISITS = Mart("visits", personal={"email": EMAIL})  # keyless
ALL = (PEOPLE, TICKETS, VISITS)


@pytest.fixture
def people(run: Sql) -> Sql:
    run("drop table analytics_next.accounts; drop table analytics_next.events")
    run("create table analytics_next.people (id bigint not null, email text not null, full_name text, note text)")
    run(
        "insert into analytics_next.people select n, 'p' || n || '@acme.example', 'Ann ' || n, repeat('x', n::int) "
        "from generate_series(1, 20) as n"
    )
    run("insert into analytics_next.people values (21, '', null, null), (22, 'nobody', '', '')")
    run("create table analytics_next.tickets as select email, n from analytics_next.people, generate_series(1, 3) as n")
    run("create table analytics_next.visits as select email from analytics_next.people, generate_series(1, 2)")
    run("comment on column analytics_next.people.email is 'Where to write to'")
    return run


def everything(run: Sql, schema: str) -> str:
    tables = run("select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind = 'r'", schema)
    return "".join(str(run(f"select t::text from {schema}.{name} as t order by 1")) for (name,) in tables)


def key_of() -> key.Key:
    with warehouse.connect() as connection:
        return key.current(connection)


def test_the_masked_value_is_the_hmac_of_the_key(people: Sql) -> None:
    release(marts=ALL)
    mac = key_of().mac("p7@acme.example")
    assert people("select email, full_name, note from analytics.people where id = 7") == [
        (f"{mac[:20]}@masked.invalid", f"name-{key_of().mac('Ann 7')[:20]}", "7")
    ]
    assert people("select * from analytics.people where id > 20 order by 1") == [
        (21, "", None, None),
        (22, f"{key_of().mac('nobody')[:20]}@masked.invalid", "", "0"),
    ]
    assert "acme" not in everything(people, "analytics") and "Ann" not in everything(people, "analytics")


def test_clear_values_stand_beside_with_the_grain(people: Sql) -> None:
    release(marts=ALL)
    assert people("select * from analytics_private.people order by id") == people(
        "select * from analytics_next.people order by id"
    )
    # what is personal and in the grain has its pseudonym beside it, for joins
    assert people(
        "select count(*), count(distinct v.email) from analytics.tickets as p "
        "inner join analytics_private.tickets as v on p.email = v.email_masked and p.n = v.n"
    ) == [(66, 22)]
    assert people("select email, count(*) from analytics_private.visits group by 1 order by 1 limit 2") == [
        ("", 2),
        ("nobody", 2),
    ]


def test_comments_say_what_is_masked(people: Sql) -> None:
    release(marts=ALL)
    query = "select col_description('{}.people'::regclass, 2)"
    masked = "Where to write to Masked: email. In clear: analytics_private.people."
    assert people(query.format("analytics")) == [(masked,)]
    assert people(query.format("analytics_private")) == [("Where to write to",)]


def test_joins_and_counts_stay_right(people: Sql) -> None:
    release(marts=ALL)
    joined = "select count(*), count(distinct p.email) from {0}.people as p inner join {0}.tickets as t using (email)"
    assert people(joined.format("analytics")) == people(joined.format("analytics_next")) == [(66, 22)]


def test_only_what_changed_is_touched_and_both_tables_hold_it(people: Sql) -> None:
    release(marts=ALL)
    before = people("select xmin::text, ctid::text from analytics.people")
    assert release("r2", marts=ALL) == dict.fromkeys(("people", "tickets", "visits"), (0, 0, 0, 22)) | {
        "tickets": (0, 0, 0, 66),
        "visits": (0, 0, 0, 44),
    }
    assert people("select xmin::text, ctid::text from analytics.people") == before
    people("update analytics_next.people set email = 'new@acme.example' where id = 3")
    people("delete from analytics_next.people where id = 4")
    assert release("r3", marts=ALL)["people"] == (0, 1, 1, 21)
    assert people("select email from analytics_private.people where id in (3, 4)") == [("new@acme.example",)]
    touched = "select mart, updated, deleted from ops.publication_tables where publication_id = 3 and updated > 0"
    assert people(touched) == [
        ("analytics_private.people", 1, 1),
        ("people", 1, 1),
    ]  # fmt: skip


def test_rolled_back_in_both_tables(people: Sql) -> None:
    release(marts=ALL)
    before = digest(people), digest(people, "analytics_private")
    people("update analytics_next.people set email = id::text; delete from analytics_next.tickets where n = 1")
    people("insert into analytics_next.visits values ('x@y.example')")
    release("r2", marts=ALL)
    number, changes = rollback.roll_back(ALL)
    assert (digest(people), digest(people, "analytics_private")) == before
    assert number == 2 and {change.mart for change in changes} == {"people", "tickets", "visits"}
    with warehouse.connect() as connection:
        assert [check.fault for check in compare_published(connection)] == [""] * 6


@pytest.mark.parametrize("place", ["analytics.people set email = 'x'", "analytics_private.people set email = 'x'"])
def test_what_was_edited_by_hand_is_found_and_published_again(people: Sql, place: str) -> None:
    release(marts=ALL)
    people(f"update {place} where id = 7")
    with warehouse.connect() as connection:
        (fault,) = [check.fault for check in compare_published(connection) if check.fault]
    assert fault.startswith(f"{place.split()[0]} is not as publication 1 left it")
    publication.publish_set("r1", NOW, found=ALL)
    with warehouse.connect() as connection:
        assert not [check.fault for check in compare_published(connection) if check.fault]


def test_a_set_that_was_changed_after_the_gate_is_refused(people: Sql) -> None:
    passed("r1")
    people("update analytics_next.people set full_name = 'other' where id = 7")
    with pytest.raises(WeirError, match="people was changed after the gate judged it"):
        publication.publish_set("r1", NOW, found=ALL)
    assert people("select to_regclass('analytics.people'), to_regclass('analytics_private.people')") == [(None, None)]


def test_a_column_that_is_masked_later_never_comes_back_in_clear(people: Sql) -> None:
    clear = tuple(replace(mart, personal={}) for mart in ALL)
    release(marts=clear)
    people("update analytics_next.people set full_name = 'Bob' where id = 1")
    release("r2", marts=clear)
    assert "acme" in everything(people, "analytics") and "Ann" in everything(people, "undo")
    release("r3", marts=ALL)
    assert "acme" not in everything(people, "analytics") + everything(people, "undo")
    assert "Ann" not in everything(people, "undo")
    with pytest.raises(WeirError, match=r"publication 3 masked personal data that stood in [a-z]+ otherwise before it"):
        rollback.roll_back(ALL)
    people("update analytics_next.people set full_name = 'Eve' where id = 1")
    release("r4", marts=ALL)
    assert rollback.roll_back(ALL)[0] == 4


def test_a_new_key_masks_everything_anew_in_one_publication(people: Sql) -> None:
    release(marts=ALL)
    old, before = key_of(), people("select id, email from analytics.people order by 1")
    changes = publication.publish_set("r1", NOW, found=ALL, rotate_key=True)
    # where the grain or the whole row is personal, a new pseudonym is a new row
    assert {change.mart: (change.inserted, change.updated) for change in changes} == {
        "people": (0, 21),
        "tickets": (63, 0),
        "visits": (42, 0),
    }
    after = people("select id, email from analytics.people order by 1")
    assert [new for new, kept in zip(after, before, strict=True) if new == kept] == [(21, "")]
    assert key_of() != old and key_of().text in env_file().read_text() and old.text not in env_file().read_text()
    assert key.NEXT_NAME not in env_file().read_text()
    assert release("r2", marts=ALL)["people"] == (0, 0, 0, 22)
    with pytest.raises(WeirError, match="publication 2 masked personal data"):
        rollback.roll_back(ALL)


def test_a_rotation_that_was_killed_goes_on(people: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    release(marts=ALL)
    with monkeypatch.context() as patch:
        patch.setattr(key, "adopt", lambda used: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publication.publish_set("r1", NOW, found=ALL, rotate_key=True)
    assert key.NEXT_NAME in env_file().read_text()
    assert release("r2", marts=ALL)["people"] == (0, 0, 0, 22)
    assert key.NEXT_NAME not in env_file().read_text()


def test_another_key_is_refused_before_anything_changes(people: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    release(marts=ALL)
    before = digest(people)
    monkeypatch.setitem(os.environ, key.NAME, "an entirely other key")
    with pytest.raises(WeirError, match="WEIR_MASK_KEY is not the key that publication 1 masked") as caught:
        release("r2", marts=ALL)
    assert "entirely" not in str(caught.value) and digest(people) == before
    monkeypatch.setitem(os.environ, key.NAME, "short")
    with pytest.raises(WeirError, match="too short"):
        release("r3", marts=ALL)


def test_the_warehouse_never_holds_the_key(people: Sql) -> None:
    release(marts=ALL)
    found = key_of()
    pads = [setting.partition("=")[2] for setting in found.options.split("-c ") if setting]
    schemas = [name for (name,) in people("select nspname from pg_namespace where nspname !~ '^pg_|^information'")]
    text = "".join(everything(people, name) for name in schemas)
    text += str(people("select * from pg_stat_activity")) + str(people("select setconfig from pg_db_role_setting"))
    assert not [secret for secret in (found.text, *map(str.strip, pads)) if secret in text]
    assert people("select distinct mask_key from ops.publications") == [(found.id,)]


@pytest.mark.parametrize(
    ("kind", "mark", "value", "expected"),
    [
        ("text", Mark("email", "domain", "joins"), "'a@acme.example'", r"[0-9a-f]{20}@acme\.example"),
        ("text", Mark("email", "domain", "joins"), "'no address'", r"[0-9a-f]{20}@masked\.invalid"),
        ("varchar(40)", Mark("phone"), "'+49 30 1'", r"phone-[0-9a-f]{20}"),
        ("text", NAME, "E'O''Neil \\\\ \"x\" ü\\n'", r"name-[0-9a-f]{20}"),
        ('text collate "C"', NAME, "'a'", r"name-[0-9a-f]{20}"),
        ("bigint", Mark("person"), "17", r"[1-9][0-9]{9,18}"),
        (
            "uuid",
            Mark("person"),
            "'00000000-0000-0000-0000-000000000001'",
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        ),
        ("inet", Mark("ip"), "'192.168.1.7'", r"fd[0-9a-f:]+/128"),
        ("date", Mark("birth_date"), "'1984-05-06'", "1984-01-01"),
        ("timestamptz", Mark("birth_date"), "'1984-05-06 12:00+00'", r"1984-01-01 00:00:00\+00"),
        ("jsonb", FREE, """'{"a": 1}'""", "8"),
        ("json", FREE, "'[1,2]'", "5"),
        ("text", FREE, "'über'", "4"),
    ],
)
def test_each_kind_in_each_type(run: Sql, kind: str, mark: Mark, value: str, expected: str) -> None:
    run(f'create table analytics_next.odd (id int, "Odd ""one" {kind})')
    run(f"insert into analytics_next.odd values (1, {value}), (2, {value}), (3, null)")
    mart = Mart("odd", ("id",), personal={'Odd "one': mark})
    release(marts=(mart,))
    rows = run('select "Odd ""one"::text ~ %s, "Odd ""one" is null from analytics.odd order by id', f"^{expected}$")
    assert rows == [(True, False), (True, False), (None, True)]
    one = run('select count(distinct "Odd ""one"::text) from analytics.odd')
    assert one == [(1,)]
    assert run('select count("Odd ""one") from analytics_private.odd') == [(2,)]


@pytest.mark.parametrize("kind", ["integer", "numeric(10, 2)", "text[]", "varchar(12)", "bytea", "boolean"])
def test_a_type_that_can_not_hold_a_mask_is_refused(run: Sql, kind: str) -> None:
    run(f"create table analytics_next.odd (id int, who {kind})")
    passed("r1")
    with pytest.raises(WeirError, match=r"odd\.who is marked pii: person, and its type .* can't hold a mask"):
        publication.publish_set("r1", NOW, found=(Mart("odd", ("id",), personal={"who": Mark("person")}),))


def test_a_lost_column_is_accepted_once(people: Sql) -> None:
    release(marts=(PEOPLE,))
    people("alter table analytics_next.people drop column full_name")
    less = replace(PEOPLE, personal={"email": EMAIL, "note": FREE})
    with pytest.raises(WeirError, match=r"if it is meant: weir publish --accept people.full_name$"):
        release("r2", marts=(less,))
    release("r3", ("people.full_name",), marts=(less,))
    columns = "select column_name from information_schema.columns where table_schema = %s and table_name = 'people'"
    assert people(columns, "analytics_private") == people(columns, "analytics") == [("id",), ("email",), ("note",)]


def test_a_mart_that_is_gone_takes_its_private_part_with_it(people: Sql) -> None:
    release(marts=ALL)
    with pytest.raises(WeirError, match=r"weir publish --accept people$"):
        release("r2", marts=(TICKETS, VISITS))
    release("r3", ("people",), marts=(TICKETS, VISITS))
    assert people("select to_regclass('analytics.people'), to_regclass('analytics_private.people')") == [(None, None)]


def test_incremental_marts_are_reset_in_clear(people: Sql) -> None:
    chosen = tuple(replace(mart, incremental=True) for mart in ALL)
    release(marts=chosen)
    before = digest(people, "analytics_next")
    people("update analytics_next.people set email = 'x'; delete from analytics_next.tickets where n = 1")
    people("delete from analytics_next.visits where email = 'nobody'")
    publication.reset_incremental(chosen)
    assert digest(people, "analytics_next") == before


def test_without_personal_columns_there_is_no_key_and_no_private_table(run: Sql) -> None:
    release(marts=(ACCOUNTS, EVENTS))
    assert key.NAME not in os.environ and run("select mask_key from ops.publications") == [(None,)]
    assert everything(run, "analytics_private") == ""
    with pytest.raises(WeirError, match="no mart has a column that is masked"):
        publication.publish_set("r1", NOW, found=(ACCOUNTS, EVENTS), rotate_key=True)
