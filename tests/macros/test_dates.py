"""The portable macros for dates, months and spans."""

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.support.shop import Shop

MOMENT = "cast('2024-02-29 23:30:00+00' as timestamp with time zone)"
CASES = [
    ("utc_date(m)", date(2024, 2, 29)),
    ("day_start(\"date '2024-02-29'\")", datetime(2024, 2, 29, tzinfo=UTC)),
    ("month_start(\"date '2024-02-29'\")", date(2024, 2, 1)),
    ("month_end(\"date '2024-02-05'\")", date(2024, 2, 29)),
    ("add_days(\"date '2024-03-01'\", -1)", date(2024, 2, 29)),
    ("add_months(\"date '2024-01-31'\", 1)", date(2024, 2, 29)),
    ("add_months(\"date '2024-02-29'\", -12)", date(2023, 2, 28)),
    ("moment_plus_days(m, 1)", datetime(2024, 3, 1, 23, 30, tzinfo=UTC)),
    ("days_between(\"date '2024-02-28'\", \"date '2024-03-01'\")", 2),
    ("days_between(\"date '2024-03-01'\", \"date '2024-03-01'\")", 0),
    ("months_between(\"date '2024-01-31'\", \"date '2025-02-01'\")", 13),
    ("seconds_between(day_start(\"date '2024-02-29'\"), m)", 84600),
    ("hours_between(day_start(\"date '2024-02-29'\"), m)", Decimal("23.50")),
    ("as_of()", datetime(2024, 5, 6, 7, tzinfo=UTC)),
    ("as_of_date()", date(2024, 5, 6)),
    ("known_at(m, \"cast('2024-03-01 00:00:00+00' as timestamp with time zone)\")", datetime(2024, 3, 1, tzinfo=UTC)),
    ("known_at(m, 'null')", datetime(2024, 2, 29, 23, 30, tzinfo=UTC)),
]


def test_dates_and_spans(shop: Shop) -> None:
    columns = ",\n".join(f"{{{{ {call} }}}} as c{position}" for position, (call, _) in enumerate(CASES))
    setting = '{% set m = "' + MOMENT + '" %}'
    shop.write("models/dates.sql", "{{ config(materialized='table', schema='test') }}" + setting + "select " + columns)
    shop.build("--select", "dates", "--vars", "as_of: '2024-05-06T09:00:00+02:00'")
    found = shop.rows("select * from dev_test.dates")[0]
    assert dict(zip((call for call, _ in CASES), found, strict=True)) == dict(CASES)


SPINES = [
    ("date_spine", "date '2024-02-28'", "date '2024-03-01'", ["2024-02-28", "2024-02-29", "2024-03-01"]),
    ("month_spine", "date '2023-12-31'", "(select date '2024-02-01')", ["2023-12-01", "2024-01-01", "2024-02-01"]),
    ("date_spine", "date '2024-03-02'", "date '2024-03-01'", []),
    ("month_spine", "cast(null as date)", "date '2024-03-01'", []),
]


def test_spines(shop: Shop) -> None:
    for number, (spine, first, last, _) in enumerate(SPINES):
        column = "date_day" if spine == "date_spine" else "date_month"
        call = f'{{{{ {spine}("{first}", "{last}") }}}}'
        shop.write(f"models/days{number}.sql", "{{ config(materialized='table', schema='test') }}"
                   f"select s.{column} as d from {call} as s")  # fmt: skip
    shop.build()
    for number, (spine, first, last, expected) in enumerate(SPINES):
        found = [str(row[0]) for row in shop.rows(f"select d from dev_test.days{number} order by d")]
        assert found == expected, (spine, first, last)


def test_the_days_of_a_window_have_their_age_at_the_end_of_each_month(shop: Shop) -> None:
    """Windows that overlap share days; the running month ends at as_of; no months have no days."""
    shop.write("models/windows.sql", """{{ config(materialized='table', schema='test') }}
with months as (
    select cast('2024-02-01' as date) as month, cast('2024-02-29' as date) as as_of_date
    union all
    select cast('2024-03-01' as date) as month, cast('2024-03-02' as date) as as_of_date
),
days as {{ window_days('months', 3) }},
none as {{ window_days('(select * from months where false)', 3) }}
select month, date_day, age from days union all select month, date_day, age from none""")  # fmt: skip
    shop.build()
    found = [tuple(map(str, row)) for row in shop.rows("select * from dev_test.windows order by month, age")]
    assert found == [
        ("2024-02-01", "2024-02-29", "0"), ("2024-02-01", "2024-02-28", "1"), ("2024-02-01", "2024-02-27", "2"),
        ("2024-03-01", "2024-03-02", "0"), ("2024-03-01", "2024-03-01", "1"), ("2024-03-01", "2024-02-29", "2"),
    ]  # fmt: skip
