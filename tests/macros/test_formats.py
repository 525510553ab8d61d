"""parse() in stated formats with one or two digits, names of months, and AM or PM; and the type time."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from tests.support.shop import Shop, messages

DAY, NOON = date(2024, 1, 5), datetime(2024, 1, 5, 15, 5, tzinfo=UTC)
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("date", "FMMM/FMDD/YYYY", {
        "1/5/2024": DAY, "01/05/2024": DAY, "1/05/2024": DAY, "12/31/9999": date(9999, 12, 31),
        "2/29/2024": date(2024, 2, 29),
        "2/30/2024": None, "2/29/2023": None, "13/1/2024": None, "0/5/2024": None, "1/0/2024": None, "001/5/2024": None,
        "1/5/24": None, "1/5/0000": None, "1/5/2024 ": None, "1/5/2024\n": None, " 1/5/2024": None, "1-5-2024": None,
        "1/5/20245": None, "//2024": None, "": None, "١/5/2024": None, "1/5/2024x": None,
    }),
    ("date", "Mon FMDD, YYYY", {
        "Jan 5, 2024": DAY, "jan 05, 2024": DAY, "JAN 5, 2024": DAY, "January 5, 2024": None, "Feb 30, 2024": None,
        "Jan 5 2024": None, "Jän 5, 2024": None, "Jan  5, 2024": None, "Foo 5, 2024": None, "an 5, 2024": None,
    }),
    ("date", "FMDD. Month YYYY", {
        "5. January 2024": DAY, "5. JANUARY 2024": DAY, "31. may 2024": date(2024, 5, 31), "31. June 2024": None,
        "5. Jan 2024": None, "5. Januaryy 2024": None, "5. January  2024": None,
    }),
    ("date", "DD-Mon-YYYY", {
        "05-Jan-2024": DAY, "5-Jan-2024": None, "31-Sep-2024": None, "30-Sep-2024": date(2024, 9, 30),
    }),
    ("date", "FMMM/FMDD/YYYY FMHH12:MI:SS AM", {
        "1/5/2024 12:00:00 AM": DAY, "1/5/2024 12:00:00 PM": None, "1/5/2024 1:00:00 AM": None,
        "1/5/2024 12:00:01 AM": None,
    }),
    ("timestamp", "FMMM/FMDD/YYYY FMHH12:MI AM", {
        "1/5/2024 3:05 PM": NOON, "1/5/2024 03:05 pm": NOON, "1/5/2024 12:05 AM": NOON.replace(hour=0),
        "1/5/2024 12:05 PM": NOON.replace(hour=12), "1/5/2024 0:05 AM": None, "1/5/2024 13:05 PM": None,
        "1/5/2024 3:05": None, "1/5/2024 3:60 PM": None, "1/5/2024 3:05 XM": None, "2/30/2024 3:05 PM": None,
        "1/5/2024 3:05PM": None, "1/5/2024": None,
    }),
    ("timestamp", "Month FMDD, YYYY FMHH24:MI:SS", {
        "January 5, 2024 15:05:00": NOON, "January 5, 2024 3:05:00.5": NOON.replace(hour=3, microsecond=500000),
        "January 5, 2024 15:05:00.123456789": NOON.replace(microsecond=123456),
        "January 5, 2024 15:05:59.9999999": NOON.replace(second=59, microsecond=999999),
        "January 5, 2024 24:00:00": None, "January 5, 2024 15:05:60": None, "January 5, 2024 15:05:00.": None,
    }),
    ("timestamp", "DD/Mon/YYYY HH12:MI:SS PM", {
        "05/Jan/2024 03:05:00 PM": NOON, "05/jan/2024 03:05:00 am": NOON.replace(hour=3),
        "05/Jan/2024 3:05:00 PM": None,
        "05/Jan/2024 00:05:00 AM": None, "xx/xxx/xxxx xx:xx:xx xx": None, "": None,
    }),
    ("time", "FMHH12:MI AM", {
        "3:05 PM": time(15, 5), "12:00 AM": time(0), "12:59 PM": time(12, 59), "03:05 am": time(3, 5), "15:05 PM": None,
        "0:05 AM": None, "3:05": None, "3:05 PM ": None, "3:5 PM": None,
    }),
    ("time", "FMHH24.MI", {"3.05": time(3, 5), "23.59": time(23, 59), "24.00": None, "3:05": None}),
    ("time", "HH24:MI:SS", {"23:59:59.9999999": time(23, 59, 59, 999999), "3:05:00": None, "03:05:00": time(3, 5)}),
    ("time", "", {
        "23:59": time(23, 59), "03:05:07": time(3, 5, 7), "03:05:07.123456": time(3, 5, 7, 123456),
        "23:59:59.999999999": time(23, 59, 59, 999999), "3:05": None, "24:00:00": None, "23:59:60": None,
        "838:59:59": None,
        "-01:00:00": None, "03:05 PM": None, "03:05:07Z": None, "03:05:07+01": None, "now": None, "03:05\n": None,
        "": None,
        "030507": None, "2024-01-05 03:05:07": None, "03:05:07.1234567890": None, "allballs": None,
    }),
]  # fmt: skip


def parse(column: str, word: str, format: str) -> str:
    """The call of a model."""
    stated = f", format='{format}'" if format else ""
    return f"{{{{ parse('{column}', '{word}'{stated}) }}}} as {column}"


def test_each_format_takes_its_values_and_no_others(shop: Shop) -> None:
    columns = []
    shop.execute("create table public.given (n integer)")
    for number, (word, format, values) in enumerate(CASES):
        shop.execute(f"alter table public.given add v{number} text")
        shop.execute(f"insert into public.given (n, v{number}) select {number}, unnest(%s::text[])", [[*values]])
        columns.append(f"v{number} as given{number}, {parse(f'v{number}', word, format)}")
    shop.write("models/judged.sql", "{{ config(materialized='table', schema='test') }}"
               "select n, " + ", ".join(columns) + " from public.given")  # fmt: skip
    shop.build("--select", "judged")
    for number, (word, format, values) in enumerate(CASES):
        found = shop.rows(f"select given{number}, v{number} from dev_test.judged where n = {number}")
        assert dict(found) == values, (word, format)


def test_every_day_and_every_minute(shop: Shop) -> None:
    moments = [datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=631 * number) for number in range(2400)]
    moments += [datetime(2024, 2, 29, tzinfo=UTC) + timedelta(minutes=number) for number in range(1440)]
    formats = {"%m/%d/%Y %I:%M %p": "FMMM/FMDD/YYYY HH12:MI AM", "%B %d, %Y %H:%M": "Month FMDD, YYYY FMHH24:MI",
               "%b %d, %Y %I:%M %p": "Mon DD, YYYY FMHH12:MI PM"}  # fmt: skip
    shop.execute("create table public.given (moment timestamptz, v0 text, v1 text, v2 text)")
    with shop.connection.cursor().copy("copy public.given from stdin") as copy:
        for moment in moments:
            texts = [moment.strftime(format) for format in formats]
            copy.write_row([moment, texts[0].lstrip("0").replace("/0", "/"), texts[1].replace(" 0", " "), texts[2]])
    columns = [parse(f"v{number}", "timestamp", format) for number, format in enumerate(formats.values())]
    shop.write("models/judged.sql", "{{ config(materialized='table', schema='test') }}"
               "select moment, v0 as given, " + ", ".join(columns) + " from public.given")  # fmt: skip
    shop.build("--select", "judged")
    wrong = "moment is distinct from v0 or moment is distinct from v1 or moment is distinct from v2"
    assert shop.rows(f"select given, moment, v0, v1, v2 from dev_test.judged where {wrong} limit 3") == []
    assert shop.rows("select count(*) from dev_test.judged") == [(len(moments),)]


def test_times_in_a_staged_model(shop: Shop) -> None:
    """What raw holds as a time stays one, and what is no time is a rejection with its reason."""
    model = """
        with typed as (
            select
                {{ parse('opens', 'time') }} as opens, {{ parse('closes', 'time', format='FMHH12:MI AM') }} as closes,
                {{ parse('n', 'bigint') }} as n, {{ carry(key=['n']) }}
            from {{ source('shop', 'TABLE') }}
        )

        select *, {{ reject({}) }} from typed
        """
    shop.table("hours", model, "n text, opens time, closes text")
    shop.land("hours", 1, [{"n": "1", "opens": "24:00:00", "closes": "5:30 PM"}, {"n": "2", "closes": "17:30"},
                           {"n": "3", "opens": "08:00:00.5", "closes": None}])  # fmt: skip
    shop.build()
    assert shop.rows("select n, opens::text, closes from dev_staging.stg_shop__hours order by n") == [
        (1, "24:00:00", time(17, 30)), (3, "08:00:00.5", None),
    ]  # fmt: skip
    assert shop.rows("select key, reasons from dev_quality.quarantine") == [("2", ["closes is not a time"])]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("'date', format='DD/MM/YYYY DD'", "format DD/MM/YYYY DD says DD twice"),
        ("'date', format='FMDD Mon MM YYYY'", "says MM twice"),
        ("'date', format='FMMMFMDDYYYY'", "put a sign between FMMM and FMDD"),
        ("'date', format='FMMM/FMDD/YY'", "holds Y, which is no part of a date: take YYYY, FMMM"),
        ("'date', format='FMMI'", "holds F, which is no part of a date"),
        ("'timestamp', format='YYYY-MM-DD HH12:MI'", "HH12 takes AM beside it"),
        ("'time', format='HH24:MI AM'", "AM takes HH12"),
        ("'time', format='HH24:MI HH12 AM'", "HH24 stands alone"),
        ("'time', format='FMHH12 AM'", "is not enough for a time: it takes HH24 and MI"),
        ("'time', format='YYYY-MM-DD HH24:MI'", "has a day, for which a time has no room"),
        ("'integer', format='YYYY'", "stands with the type integer: only date, timestamp and time have one"),
    ],
)
def test_a_format_that_can_not_be_is_told_with_model_and_column(shop: Shop, call: str, says: str) -> None:
    shop.write("models/judged.sql", "select {{ parse('started', " + call + ") }} as a")
    found = messages(shop.dbt("run", "--select", "judged"))
    assert says in found and "parse(started): format" in found and "judged" in found
