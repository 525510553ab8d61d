"""parse() of what raw holds typed: as is, or where no digit is lost; and the aliases that parse() may stand under."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ingest.raw.columns import quoted
from ingest.raw.table import shortened
from tests.support.shop import Shop, messages, state

# type in raw, values there, type asked for, what becomes of each (None: a rejection)
NOON, MIDNIGHT = datetime(2024, 1, 1, 12, 30, 0, 5, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC)
CASES: list[tuple[str, list[str], str, list[Any]]] = [
    ("timestamp with time zone", ["2024-01-01 12:30:00.000005+00", "1969-12-31 02:00:00+02"], "timestamp",
     [NOON, MIDNIGHT]),
    ("timestamp without time zone", ["2024-01-01 12:30:00.000005", "1969-12-31"], "timestamp", [NOON, MIDNIGHT]),
    ("date", ["1969-12-31"], "timestamp", [MIDNIGHT]),
    ("date", ["2024-02-29", "0001-01-01"], "date", [date(2024, 2, 29), date(1, 1, 1)]),
    ("timestamp with time zone", ["1969-12-31 00:00:00+00", "1969-12-31 00:00:01+00"], "date",
     [date(1969, 12, 31), None]),
    ("timestamp without time zone", ["1969-12-31", "1969-12-31 00:00:01"], "date", [date(1969, 12, 31), None]),
    ("boolean", ["true", "false"], "boolean", [True, False]),
    ("smallint", ["-32768"], "bigint", [-32768]),
    ("integer", ["-2147483648"], "integer", [-2147483648]),
    ("bigint", ["2147483647", "2147483648", "-2147483648", "-2147483649"], "integer",
     [2147483647, None, -2147483648, None]),
    ("numeric", ["5.00", "5.5", "9223372036854775807", "9223372036854775808", "NaN", "Infinity"], "bigint",
     [5, None, 9223372036854775807, None, None, None]),
    ("double precision", ["5", "1e15", "5.5", "1e19", "9.3e18", "NaN", "-Infinity"], "bigint",
     [5, 10**15, None, None, None, None, None]),
    ("numeric", ["1.2", "1.2000", "1.2345", "9999999999.99", "10000000000", "-10000000000", "NaN", "Infinity"],
     "numeric(12, 2)", [Decimal("1.20"), Decimal("1.20"), None, Decimal("9999999999.99"), None, None, None, None]),
    ("numeric", ["1." + "0" * 60 + "1", "NaN"], "numeric", [Decimal("1." + "0" * 60 + "1"), Decimal("NaN")]),
    ("bigint", ["-9223372036854775808", "999"], "numeric(5, 2)", [None, Decimal("999.00")]),
    ("integer", ["-2147483648"], "numeric(12, 0)", [Decimal(-2147483648)]),
    ("double precision", ["462.3", "0.1", "1e-05", "1e20", "0.001", "NaN"], "numeric(12, 2)",
     [Decimal("462.30"), Decimal("0.10"), None, None, None, None]),
    ("double precision", ["1e-05", "1e20"], "numeric(30, 5)", [Decimal("0.00001"), Decimal("1" + "0" * 20 + ".00000")]),
    ("double precision", ["0.30000000000000004", "Infinity"], "double", [0.30000000000000004, float("inf")]),
    ("real", ["0.1", "Infinity"], "double", [0.1, float("inf")]),
    ("bigint", ["3"], "double", [3.0]),
    ("numeric", ["1e400", "1.5"], "double", [None, 1.5]),
    ("numeric", ["1.50"], "text", ["1.50"]),
]  # fmt: skip


def test_what_raw_holds_typed(shop: Shop) -> None:
    formats = {"date": ", format='YYYYMMDD'", "timestamp": ", format='YYYYMMDD HH24:MI'"}
    for number, (type_, values, asked, _) in enumerate(CASES):
        model = f"""
            with typed as (
                select n, {{{{ parse('v', '{asked}'{formats.get(asked, "")}) }}}} as v,
                    {{{{ carry(key=['n']) }}}}  -- of files: unreadable=true
                from {{{{ source('shop', 'TABLE') }}}}
            )

            select *, {{{{ reject({{}}) }}}} from typed
            """
        shop.table(f"t{number}", model, f"n integer, v {type_}")
        shop.land(f"t{number}", 1, [{"n": n, "v": value} for n, value in enumerate([*values, None])])
    shop.build()
    for number, (type_, values, asked, expected) in enumerate(CASES):
        model = f"stg_shop__t{number}"
        found = dict(shop.rows(f"select n, v from dev_staging.{model}"))
        rejected = {n for (n,) in shop.rows(f"select key::int from dev_quality.quarantine where model = '{model}'")}
        assert found.pop(len(values)) is None
        got = [None if n in rejected else found[n] for n in range(len(values))]
        assert repr(got) == repr(expected), (type_, asked)


def test_infinite_moments_stay(shop: Shop) -> None:
    model = """
        with typed as (
            select
                {{ parse('d', 'date') }} as d, {{ parse('t', 'timestamp') }} as t, {{ parse('b', 'timestamp') }} as b,
                {{ carry(key=['d']) }}
            from {{ source('shop', 'TABLE') }}
        )

        select *, {{ reject({}) }} from typed
        """
    shop.table("forever", model, "d date, t timestamptz, b timestamp")
    shop.land("forever", 1, [{"d": "infinity", "t": "-infinity", "b": "0044-03-15 12:00:00 BC"}])
    shop.build()
    found = shop.rows("select d::text, t::text, b::text from dev_staging.stg_shop__forever")
    assert found == [("infinity", "-infinity", "0044-03-15 12:00:00+00 BC")]
    assert (
        "is not a"
        not in (
            shop.folder.parent / "home/target/dev/compiled/weir/models/staging/shop/stg_shop__forever.sql"
        ).read_text()
    )


ALIASES = """
    with typed as (
        select
            {{ parse('submittedat', 'timestamp') }} as submitted_at,
            {{ parse("Customer ID", 'bigint') }} as customer_id,
            {{ parse('größe', 'numeric(8, 2)') }} as size,
            {{ parse('trim(amount)', 'numeric(12, 2)') }} as "Amount",
            {{ parse('code', 'text') }} as code_text,
            {{ parse('code', 'integer') }} as code_number,
            {{ parse('SKU', 'bigint') }} as sku,
            cast({{ parse('seen', 'timestamp') }} as date) as seen,
            {{ json_number('document', 'a.b') }} as c,
            {{ json_timestamp('document', 'born.$date') }} as born,
            {{ carry(key=['Customer ID']) }}
        from {{ source('shop', 'TABLE') }}
    )

    select *, {{ reject({'amount is negative': '"Amount" < 0'}) }} from typed
    """
COLUMNS = (
    'submittedat text, "Customer ID" text, "größe" text, amount text, code text, "SKU" text, seen text, document jsonb'
)


def test_any_alias_and_any_plain_name(shop: Shop) -> None:
    shop.table("aliases", ALIASES, COLUMNS)
    good = {"submittedat": "2024-01-01T00:00:00Z", '"Customer ID"': "01", '"größe"': "1.5", "amount": " 2 ",
            "code": "7", '"SKU"': "8", "seen": "2024-01-02T03:00:00Z",
            "document": {"a": {"b": 1.5}, "born": {"$date": "1985-03-04T00:00:00Z"}}}  # fmt: skip
    bad = {"submittedat": "x", '"Customer ID"': "2", '"größe"': "x", "amount": "x", "code": "x",
           '"SKU"': "x", "seen": "x", "document": {"a": {"b": "x"}, "born": {"$date": "x"}}}  # fmt: skip
    shop.land("aliases", 1, [good, bad])
    shop.write("models/staging/shop/_tests.yml", """
unit_tests:
  - name: aliases
    model: stg_shop__aliases
    given:
      - input: source('shop', 'aliases')
        rows: [{Customer ID: "3", submittedat: "y"}]
    expect:
      rows: [{customer_id: 3, _key: "3", _reasons: submitted_at is not a timestamp}]
""")  # fmt: skip
    result = shop.dbt("build")
    assert result.success, messages(result)
    staged, quarantine, _ = state(shop, "aliases")
    assert staged[0][:10] == (
        datetime(2024, 1, 1, tzinfo=UTC), 1, Decimal("1.50"), Decimal("2.00"), "7", 7, 8, date(2024, 1, 2),
        Decimal("1.5"), datetime(1985, 3, 4, tzinfo=UTC),
    )  # fmt: skip
    assert [key for key, *_ in quarantine] == ["2"]
    assert set(quarantine[0][1]) == {
        "submitted_at is not a timestamp", "size is not a numeric", "Amount is not a numeric",
        "code_number is not an integer", "sku is not a bigint", "seen is not a timestamp", "c is not a numeric",
        "born is not a timestamp",
    }  # fmt: skip


def test_one_column_under_two_names_is_told_apart_by_name(shop: Shop) -> None:
    shop.write("models/judged.sql", "select {{ parse('a', 'bigint') }} as b, {{ parse('a', 'bigint') }} as c")
    says = messages(shop.dbt("run", "--select", "judged"))
    assert "parse(a) stands there as b and as c: say which by name='b'" in says


def test_a_step_between_raw_and_parse_is_judged_by_its_text(shop: Shop) -> None:
    """Raw's column of that name is a number; what parse sees is not."""
    model = """
        with picked as (select *, concat(v, '.5') as v2, n as key from {{ source('shop', 'TABLE') }}),

        typed as (
            select {{ parse('v2', 'numeric(8, 1)') }} as v2, {{ parse('v', 'bigint') }} as v, {{ carry(key=['key']) }}
            from picked
        )

        select *, {{ reject({}) }} from typed
        """
    shop.table("steps", model, "n integer, v integer, v2 integer")
    shop.execute("alter table raw_shop.steps drop column v2")
    shop.land("steps", 1, [{"n": 1, "v": 2}])
    shop.build()
    assert state(shop, "steps")[0][0][:2] == (Decimal("2.5"), 2)


@pytest.mark.parametrize("widened", ["bigint", "text"])
def test_a_column_that_raw_has_widened_is_judged_anew(shop: Shop, widened: str) -> None:
    model = """
        with typed as (
            select {{ parse('v', 'bigint') }} as v, {{ carry(key=['v']) }} from {{ source('shop', 'TABLE') }}
        )

        select *, {{ reject({}) }} from typed
        """
    shop.table("wide", model, "v integer")
    shop.land("wide", 1, [{"v": 1}])
    shop.build()
    shop.execute(f"alter table raw_shop.wide alter v type {widened} using v::{widened}")
    shop.land("wide", 2, [{"v": "3000000000"}])
    shop.build()
    assert [row[0] for row in state(shop, "wide")[0]] == [1, 3000000000]


def test_a_unit_test_of_a_source_with_a_hostile_column(shop: Shop) -> None:
    """dbt's fixtures put every column of raw between quotes and escape nothing: raw holds the names tame."""
    name = shortened('x"; drop table raw_shop.plans; --')
    shop.execute("create schema if not exists raw_shop")
    shop.execute("create table raw_shop.plans (id int)")
    model = (
        "with typed as (select {{ parse('id', 'bigint') }} as id, {{ parse('" + name + "', 'integer') }} as evil, "
        "{{ carry(key=['id']) }} from {{ source('shop', 'TABLE') }}) select *, {{ reject({}) }} from typed"
    )
    shop.table("users", model, f"id text, {quoted(name)} text")
    shop.land("users", 1, [{"id": "1", quoted(name): "7"}])
    shop.write("models/staging/shop/_tests.yml", f"""
unit_tests:
  - name: evil
    model: stg_shop__users
    given: [{{input: "source('shop', 'users')", rows: [{{id: "1", "{name}": "x"}}]}}]
    expect: {{rows: [{{id: 1, evil: null, _reasons: evil is not an integer}}]}}
""")  # fmt: skip
    result = shop.dbt("build")
    assert result.success, messages(result)
    assert shop.rows("select id, evil from dev_staging.stg_shop__users") == [(1, 7)]
    assert shop.rows("select count(*) from raw_shop.plans") == [(0,)]


def test_paths_of_documents_are_text(shop: Shop) -> None:
    paths = ["it's", ["a.b", 'c"d'], ["back\\slash", "{x}"], "' || current_user || '"]
    calls = ", ".join(f"{{{{ json_text('d', {path!r}) }}}} as c{n}" for n, path in enumerate(paths))
    shop.execute("create table public.given (d jsonb)")
    document = {"it's": "1", "a.b": {'c"d': "2"}, "back\\slash": {"{x}": "3"}}
    shop.execute("insert into public.given values (%s::jsonb)", [json.dumps(document)])
    shop.write("models/judged.sql", "{{ config(materialized='table', schema='test') }} select " + calls + " from given")
    shop.build("--select", "judged")
    assert shop.rows("select * from dev_test.judged") == [("1", "2", "3", None)]
