"""A role sees the rows that a mart shows it, and no other; everybody else sees all."""

import psycopg
import pytest

from tests.support.publishing import NOW, Sql, passed, release
from weir.core.errors import WeirError
from weir.project.marts import Mart
from weir.project.personal import Mark
from weir.publish import publication

ROLE = 'weir "test" DE'
QUOTED = '"weir ""test"" DE"'


def mart(**rows_for: str) -> Mart:
    return Mart("people", ("id",), personal={"email": Mark("email")}, rows_for=rows_for)


@pytest.fixture
def people(run: Sql) -> Sql:
    run("drop table analytics_next.accounts; drop table analytics_next.events")
    run("create table analytics_next.people (id int, country text, email text)")
    run("insert into analytics_next.people values (1, 'DE', 'a'), (2, 'FR', 'b'), (3, null, 'c'), (4, 'DE', 'd')")
    for role in (QUOTED, "weir_test_all"):
        run(f"do $$ begin create role {role}; exception when duplicate_object then null; end $$")
        for schema in ("analytics", "analytics_private"):
            run(f"grant usage on schema {schema} to {role}")
            run(f"alter default privileges for role weir_publisher in schema {schema} grant select on tables to {role}")
    return run


def seen(warehouse: str, role: str, schema: str = "analytics") -> list[int]:
    with psycopg.connect(warehouse) as connection:
        connection.execute(f"set role {role}")
        return [id for (id,) in connection.execute(f"select id from {schema}.people order by id")]


def test_a_role_sees_its_rows_in_both_schemas(people: Sql, warehouse: str) -> None:
    release(marts=(mart(**{ROLE: "country = 'DE'"}),))
    for schema in ("analytics", "analytics_private"):
        assert seen(warehouse, QUOTED, schema) == [1, 4]
        assert seen(warehouse, "weir_test_all", schema) == [1, 2, 3, 4]
    people("update analytics_next.people set country = 'FR' where id = 1")
    assert release("r2", marts=(mart(**{ROLE: "country = 'DE'"}),)) == {"people": (0, 1, 0, 4)}
    assert seen(warehouse, QUOTED) == seen(warehouse, QUOTED, "analytics_private") == [4]


def test_a_changed_filter_holds_from_the_next_publication_on(people: Sql, warehouse: str) -> None:
    release(marts=(mart(),))
    assert seen(warehouse, QUOTED) == [1, 2, 3, 4]
    for turn, (rows_for, expected) in enumerate(
        [({ROLE: "country = 'FR'"}, [2]), ({ROLE: "country is null"}, [3]), ({}, [1, 2, 3, 4])]
    ):
        release(f"again{turn}", marts=(mart(**rows_for),))
        assert seen(warehouse, QUOTED) == seen(warehouse, QUOTED, "analytics_private") == expected
    assert people("select relrowsecurity from pg_class where oid = 'analytics.people'::regclass") == [(False,)]


def test_policies_of_others_stay(people: Sql) -> None:
    release(marts=(mart(),))
    people("create policy mine on analytics.people using (true)")
    release("r2", marts=(mart(**{ROLE: "id > 1"}),))
    release("r3", marts=(mart(),))
    assert people("select polname from pg_policy") == [("mine",)]


@pytest.mark.parametrize(
    ("rows_for", "says"),
    [
        ({"nobody_here": "true"}, "meta.rows_for names role nobody_here, which is not there: type `weir grants`"),
        ({ROLE: "contry = 'DE'"}, 'is no filter of its rows .column "contry" does not exist'),
        ({ROLE: "country = "}, "is no filter of its rows .syntax error"),
        ({ROLE: "1"}, "is no filter of its rows .argument of POLICY must be type boolean"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_is_no_filter_is_refused(people: Sql, rows_for: dict[str, str], says: str, first: bool) -> None:
    if not first:
        release(marts=(mart(),))
    passed("r2")
    with pytest.raises(WeirError, match=says):
        publication.publish_set("r2", NOW, found=(mart(**rows_for),))
    assert people("select count(*) from ops.publications") == [(int(not first),)]
