"""Models hold nothing that only one engine knows: they give the same on PostgreSQL and on Spark.

`python -m tests.support.portable` prints what is found; a find names the macro, or the form, to write instead.
"""

from pathlib import Path

import pytest

from tests.support.portable import words
from tests.support.portable.files import faults
from weir.core.settings import ROOT

BANNED = [
    ("select mrr::text from a", "`::`", "sql_type('text')"),
    ("select cast(a as int4) from c", "`int4`", "integer"),
    ("select a || b from c", "`||`", "concat_ws"),
    ("select document -> 'a' from c", "`->`", "json_text"),
    ("select document ->> 'a' from c", "`->>`", "json_number"),
    ("select document #>> '{a,b}' from c", "`#>>`", "json_text('document', 'a.b')"),
    ("select document @> '{}' from c", "`@>`", "json_text"),
    ("select jsonb_build_object('a', b) from c", "jsonb_build_object(…)", "json_text"),
    ("select to_jsonb(c) from c", "to_jsonb(…)", "json_text"),
    ("select a from c where a ~ '^x'", "`~`", "split_part"),
    ("select a from c where a !~* '^x'", "`~*`", "parse"),
    ("select a from c where a similar to 'x'", "`similar to`", "like"),
    ("select regexp_replace(a, 'x', '') from c", "regexp_replace(…)", "split_part"),
    ('select a from c order by a collate "C"', "`collate`", "byte_order"),
    ("select now() as moment", "now(…)", "as_of()"),
    ("select current_date as day", "`current_date`", "as_of_date()"),
    ("select current_timestamp as moment", "`current_timestamp`", "as_of()"),
    ("select localtimestamp as moment", "`localtimestamp`", "as_of()"),
    ("select a_at + interval '1 day 2 hours' from c", "interval '1 day 2 hours'", "'36 hours'"),
    ("select a_at + interval '1 month' from c", "interval '1 month'", "add_months"),
    ("select a_at + interval '2' year from c", "interval '2 year'", "add_months"),
    ("select a_at + interval '5' from c", "interval '5'", "interval '1 day'"),
    ("select a_at + make_interval(days => 1) from c", "make_interval(…)", "moment_plus_days"),
    ("select cast('2026-01-01' as date) - day from c", "a moment or date and a sign", "days_between"),
    ("select {{ as_of_date() }} + 1 as day", "a moment or date and a sign", "add_days"),
    ("select {{ as_of() }} - opened_at from c", "a moment or date and a sign", "hours_between"),
    ("select closed_at - opened_at from c", "closed_at - opened_at", "seconds_between"),
    ("select age(a, b) from c", "age(…)", "days_between"),
    ("select date_trunc('month', a) from c", "date_trunc(…)", "month_start"),
    ("select generate_series(1, 2) as n", "generate_series(…)", "date_spine"),
    ("select a at time zone 'UTC' from c", "`at time zone`", "utc_date"),
    ("select extract(epoch from a) from c", "extract(epoch from …)", "seconds_between"),
    ("select extract(dow from a) from c", "extract(dow from …)", "dim_dates"),
    ("select to_char(a, 'YYYY') from c", "to_char(…)", "concat_ws"),
    ("select to_date(a, 'DD.MM.YYYY') from c", "to_date(…)", "parse"),
    ("select format('%s', a) from c", "format(…)", "concat_ws"),
    ("select concat(a, b) from c", "concat(…)", "concat_ws"),
    ("select a / b from c", "`/` without a cast around it", "ratio"),
    ("select cast(a / b as numeric(14, 2)) from c", "`/` of what may be two integers", "/ 2.0"),
    ("select avg(a) from c", "avg(…) without a cast", "numeric(14, 2)"),
    ("select round(a, digits) from c", "round(…) to digits from a column", "rounded"),
    ("select cast(a as text) from c", "cast(… as text)", "sql_type('text')"),
    ("select cast(a as varchar(10)) from c", "cast(… as varchar)", "sql_type"),
    ("select cast(a as timestamptz) from c", "as timestamp with time zone)", "sql_type('timestamp with time zone')"),
    ("select cast(a as timestamp) from c", "cast(… as timestamp)", "day_start"),
    ("select cast(a as double precision) from c", "cast(… as double precision)", "sql_type('double precision')"),
    ("select cast(a as uuid) from c", "cast(… as uuid)", "sql_type('text')"),
    ("with a as {{ my_own('b') }} select * from a", "SQL that sqlglot can't read", "_macros.yml"),
    ("select cast(a as jsonb) from c", "cast(… as jsonb)", "json_text"),
    ("select cast(a as numeric) from c", "cast(… as numeric)", "numeric(14, 2)"),
    ("select cast(a as text[]) from c", "cast(… as text[])", "array_text"),
    ("select array[1, 2] as a", "an array", "array_text"),
    ("select a from c where b = any(d)", "an array", "in (…)"),
    ("select array_agg(a) from c", "array_agg(…)", "array_text"),
    ("select string_agg(a, ',') from c", "string_agg(…)", "array_text"),
    ("select array_length(a, 1) from c", "array_length(…)", "array_text"),
    ("select distinct on (a) a, b from c order by a, b", "`distinct on`", "row_number()"),
    ("select sum(a) filter (where b) over (partition by d) from c", "sum(a) filter (…) over (…)", "case when"),
    ("with a as materialized (select 1 as b) select * from a", "`as materialized`", "as ("),
    ("select row_number() over (order by lower(a)) from c", "an order by text", "byte_order"),
    (r"select position('\x00' in a) from c", "a backslash in a literal", "chr(92)"),
    (r"select E'a' as b", "a literal of PostgreSQL's own kind", "plain quotes"),
    ("select pg_typeof(a) from c", "pg_typeof(…)", "catalog"),
    ("select random() as a", "random(…)", "rows alone"),
    ("select soundex(a) from c", "soundex(…)", "PORTABLE"),
    ("select a from where", "SQL that sqlglot can't read", "Expected"),
]  # fmt: skip

PORTABLE = [
    "select cast(sum(a) as numeric(14, 2)) from b",
    "select {{ ratio('a', 'b') }} as a_share from c",
    "select cast(cast(a as numeric(18, 4)) / nullif(b, 0) as numeric(14, 4)) from c",
    "select floor(a / 2.0) from b",
    "select cast(avg(a) as numeric(14, 2)) from b",
    "select round(cast(a as numeric(18, 4)), 2) from b",
    "select cast(a as {{ sql_type('text') }}), cast(null as {{ dbt.type_string() }}) from b",
    "select a_at - interval '1 microsecond', a_at + interval '1 day' from b",
    "select sum(a) filter (where b) from c",
    "select sum(case when b then a end) over (partition by d order by e nulls last) from c",
    "select {{ byte_order('lower(a)') }} as a from b order by {{ byte_order('a') }}",
    "select position(concat_ws('', chr(92), 'x00') in a) from b",
    "select {{ adapter.quote('Partner') }} as partner, \"Churn\" as churn from b",
    "select extract(year from a) - 1, a - 1, mrr_after - mrr_before, days_at_end - days_on_plan + 1 from b",
    "select {{ days_between(\"cast('1900-01-01' as date)\", 'a') }} % 7 as b from c",
    "select {{ json_text('document', 'a.b') }} as a, {{ parse('a', 'date', format='MM/DD/YYYY') }} as b from c",
    "select days.date_day from {{ date_spine(\"date '2026-01-01'\", as_of_date()) }} as days",
    "with final as {{ orphans('stg_a', 'id', on='b_id', called='b', parent='stg_b') }} select * from final",
    "{% for a in ['b', 'c'] %}select {{ a }} as d from {{ ref('e') }}{{ ' union all ' if not loop.last }}{% endfor %}",
    "select l.a from (values (1), (2)) as l (a) where (l.a, 1) in (select 1, 2) and l.a is not distinct from 1",
    "-- a comment may say a::text, now() and 'x' || 'y'\nselect 1 as a",
    "select 'now() - a::text' as words",
]  # fmt: skip


def found(folder: Path, text: str, name: str = "models/marts/a.sql") -> list[str]:
    """Check a project of this one file, with Weir's macros; returns the finds."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return faults(folder, ROOT / "macros")


def test_no_model_test_or_predicate_of_the_project_is_of_one_engine_alone() -> None:
    assert faults(ROOT) == []


@pytest.mark.parametrize(("sql", "what", "instead"), BANNED)
def test_what_one_engine_alone_knows_is_found_and_the_message_says_what_to_write(
    tmp_path: Path, sql: str, what: str, instead: str
) -> None:
    lines = found(tmp_path, f"-- Grain: one row.\n\n{sql}\n")
    assert any(what in line and instead in line for line in lines), lines
    assert all(line.startswith("models/marts/a.sql:3: ") for line in lines), lines


def test_each_word_of_the_lists_is_found_with_its_own_message(tmp_path: Path) -> None:
    for word, instead in words.OPERATORS.items():
        lines = found(tmp_path, f"select a {word} b from c")
        assert any(f"`{word}`: {instead}" in line for line in lines), (word, lines)
    for word, instead in words.WORDS.items():
        lines = found(tmp_path, f"select cast(a as {word}), a {word} b, {word} from c")
        assert any(f"`{word}`: {instead}" in line for line in lines), (word, lines)
    for word, instead in (words.FUNCTIONS | words.FAMILIES).items():
        lines = found(tmp_path, f"select {word}(a) from c")
        assert any(f"{word}(…): {instead}" in line for line in lines), (word, lines)


@pytest.mark.parametrize("sql", PORTABLE)
def test_what_both_engines_know_is_not_found(tmp_path: Path, sql: str) -> None:
    assert found(tmp_path, sql) == []


def test_a_find_stands_at_its_line_also_behind_jinja_of_several_lines(tmp_path: Path) -> None:
    lines = found(
        tmp_path,
        "{{ config(\n    materialized='table'\n) }}\n"
        "{%- set names = [\n    'a',\n    'b',\n] %}\n\n"
        "select\n    {%- for name in names %}\n    {{ name }}::text as {{ name }},\n    {%- endfor %}\n"
        "    now() as moment,\n"
        "    {{ days_between(\n        'a',\n        'current_date'\n    ) }} as age\nfrom c\n",
    )
    assert [line.split(": ")[0].split(":")[1] for line in lines] == ["11", "13", "16"]


def test_a_rule_of_reject_is_looked_into(tmp_path: Path) -> None:
    rules = "    'name is empty': \"name = ''\",\n    'name is odd': \"name ~ 'x'\",\n"
    sql = f"select *, {{{{ reject({{\n{rules}}}) }}}}\nfrom typed\n"
    (line,) = found(tmp_path, sql, "models/staging/app/stg_app__a.sql")
    assert line.startswith("models/staging/app/stg_app__a.sql:3: `~`: ")


def test_a_predicate_in_yaml_is_looked_into(tmp_path: Path) -> None:
    text = (
        "models:\n  - name: a\n    data_tests:\n      - holds: {arguments: {predicate: b::date > c}}\n"
        "      - holds:\n          arguments:\n            predicate: >-\n              b > now()\n"
        "      - unique: {config: {where: 'b < current_date'}}\n"
        "      - holds: {arguments: {predicate: 'b < {{ as_of() }}'}}\n"
    )
    lines = found(tmp_path, text, "models/marts/a.yml")
    assert [line.split(": ")[0] for line in lines] == [f"models/marts/a.yml:{number}" for number in (4, 8, 9)]
    seed = "seeds:\n  - name: a\n    data_tests:\n      - holds: {predicate: b ~ 'x'}\n"
    (line,) = found(tmp_path / "seed", seed, "seeds/a.yml")
    assert line.startswith("seeds/a.yml:4: `~`: ")


def test_a_data_test_and_a_generic_one_are_looked_into(tmp_path: Path) -> None:
    sql = (
        "{% test odd(model, columns, least=1) %}\n    {%- set all = [] -%}\n"
        "    {%- for column in adapter.get_columns_in_relation(model) -%}\n"
        "        {%- do all.append('cast(' ~ adapter.quote(column.name) ~ ' as text)') -%}\n    {%- endfor %}\n"
        "    select {{ all | join(', ') }},\n        {{ columns | join('::int, ') }}\n"
        "    from {{ model }}\n{% endtest %}\n"
    )
    lines = found(tmp_path, sql, "tests/dbt/generic/odd.sql")
    assert [line.split(": ")[:2] for line in lines] == [
        ["tests/dbt/generic/odd.sql:6", "cast(… as text)"],
        ["tests/dbt/generic/odd.sql:7", "`::`"],
    ]
    (line,) = found(tmp_path / "data", "select a\nfrom b where c ~ 'x'\n", "tests/dbt/marts/odd.sql")
    assert line.startswith("tests/dbt/marts/odd.sql:2: `~`: ")


def test_models_that_are_enabled_on_postgresql_alone_are_left_out(tmp_path: Path) -> None:
    alone = "{{ config(enabled=target.type == 'postgres') }}\nselect now()"
    assert found(tmp_path, alone, "models/marts/alone.sql") == []
    predicate = "models:\n  - name: alone\n    data_tests:\n      - holds: {predicate: a ~ 'x'}\n"
    assert found(tmp_path, predicate, "models/marts/alone.yml") == []
    assert len(found(tmp_path, "select now()", "models/ops/ops_a.sql")) == 1
    project = "name: shop\nmodels:\n  shop:\n    ops: {+enabled: \"{{ target.type == 'postgres' }}\"}\n"
    assert found(tmp_path, project, "dbt_project.yml") == []


def test_jinja_that_cannot_be_read_is_a_find_with_its_line(tmp_path: Path) -> None:
    (line,) = found(tmp_path, "select 1\n\n{% if a %}\n")
    assert line.startswith("models/marts/a.sql:3: Jinja that can't be read: ")
