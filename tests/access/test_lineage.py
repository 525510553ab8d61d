"""Which columns a column derives from: the rule, and the SQL that people write."""

import pytest

from weir.access.lineage import Columns, Unread, origins

USERS = ("staging", "users")
KNOWN = {USERS: Columns({name: frozenset() for name in ("id", "email", "name", "born", "plan")})}


def derives(code: str) -> dict[str, set[str]]:
    return {
        name: {".".join([each.relation[1], each.column, *each.path]) for each in read}
        for name, read in origins(code, KNOWN).known.items()
    }


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("email", {"users.email"}),
        ("lower(trim(email))", {"users.email"}),
        ("md5(email)", {"users.email"}),
        ("coalesce(name, email, 'nobody')", {"users.name", "users.email"}),
        ("name || ' <' || email || '>'", {"users.name", "users.email"}),
        ("case when born < date '2008-01-01' then 'adult' end", {"users.born"}),
        ("length(name)", {"users.name"}),
        ("email like '%@example.com'", {"users.email"}),
        ("cast(born as text)::varchar(10)", {"users.born"}),
        ("to_jsonb(u)", {"users.id", "users.email", "users.name", "users.born", "users.plan"}),
        ("u::text", {"users.id", "users.email", "users.name", "users.born", "users.plan"}),
        ("row_number() over (partition by email order by born)", set()),
        ("lag(email) over (partition by plan order by born)", {"users.email"}),
        ("email is null", set()),
        ("email is not null", set()),
        ("exists (select from staging.users as o where o.email = u.email)", set()),
        ("(select max(o.email) from staging.users as o where o.id = u.id)", {"users.email"}),
        ("(select u.email || max(o.name) from staging.users as o)", {"users.email", "users.name"}),
        ("array(select o.name from staging.users as o)", {"users.name"}),
        ("42", set()),
    ],
)
def test_an_expression_derives_from_what_it_reads(expression: str, columns: set[str]) -> None:
    assert derives(f"select {expression} as found from staging.users as u") == {"found": columns}


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("count(*)", set()),
        ("count(distinct email)", set()),
        ("count(*) filter (where email like '%x')", set()),
        ("max(email)", {"users.email"}),
        ("string_agg(name, ', ' order by born)", {"users.name"}),
        ("array_agg(name order by born)", {"users.name"}),
        ("max(plan) filter (where email is not null)", {"users.plan"}),
        ("percentile_cont(0.5) within group (order by born)", {"users.born"}),
    ],
)
def test_an_aggregate_derives_from_what_it_takes(expression: str, columns: set[str]) -> None:
    assert derives(f"select {expression} as found from staging.users") == {"found": columns}


def test_ctes_stars_unions_and_joins() -> None:
    code = """
    with people as (select * from staging.users),
    renamed as (select p.*, p.email as address from people as p),
    both as (select id, address from renamed union all select id, name from renamed)
    select b.*, u.plan, u.email from both as b inner join people as u using (id) where u.name <> ''"""
    found = derives(code)
    assert found["address"] == {"users.email", "users.name"}
    assert found["plan"] == {"users.plan"}
    assert found["email"] == {"users.email"}
    assert list(found) == ["id", "address", "plan", "email"]


def test_functions_in_the_place_of_tables() -> None:
    code = """
    select e.value, days.day, parts.part
    from staging.users as u
    cross join lateral jsonb_each(u.plan) as e(key, value)
    cross join generate_series((select min(born) from staging.users), now(), '1 day') as days(day)
    cross join unnest(string_to_array(u.name, ' ')) as parts(part)"""
    assert derives(code) == {"value": {"users.plan"}, "day": {"users.born"}, "part": {"users.name"}}


def test_recursion_lateral_subqueries_and_values() -> None:
    code = """
    with recursive chain as (
        select id, email from staging.users
        union all
        select u.id, chain.email from staging.users as u inner join chain on u.id = chain.id + 1
    )
    select chain.email, newest.name, fixed.word
    from chain
    left join lateral (select o.name from staging.users as o where o.id = chain.id limit 1) as newest on true
    cross join (values ('a', 1), ('b', 2)) as fixed(word, number)"""
    assert derives(code) == {"email": {"users.email"}, "name": {"users.name"}, "word": set()}


def test_columns_of_tables_that_nobody_knows_are_taken_as_they_are_named() -> None:
    found = origins('with a as (select *, lower("E mail") as low from raw.people) select * from a', {})
    assert found.rest == {("raw", "people")}
    (low,) = found.known["low"]
    assert (low.relation, low.column) == (("raw", "people"), "E mail")
    assert [each.column for each in found.of("Name") or ()] == ["Name"]


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ("document ->> 'email'", "document.email"),
        ("lower(document -> 'person' ->> 'e mail')", "document.person.e mail"),
        ("document #>> '{person,\"e mail\"}'", "document.person.e mail"),
        ("cast(document as jsonb) ->> 'email'", "document.email"),
        ("document -> 'people' -> 0 ->> 'email'", "document.people.0.email"),
        ("document ->> other", "document"),
        ("jsonb_path_query(document, '$.person') ->> 'email'", "document"),
        ("cast(replace(document, 'a', 'b') as jsonb) ->> 'email'", "document"),
    ],
)
def test_a_field_of_a_document_is_known_by_its_path(expression: str, path: str) -> None:
    code = f"with d as (select document, null as other from raw.people) select {expression} as found from d"
    read = origins(code, {}).known["found"]
    assert {".".join([each.column, *each.path]) for each in read} - {"other"} == {path}


@pytest.mark.parametrize("code", ["select nothing_has_this from staging.users", "drop table x", "select from from", ""])
def test_what_cannot_be_read_is_said(code: str) -> None:
    with pytest.raises(Unread):
        origins(code, KNOWN)
