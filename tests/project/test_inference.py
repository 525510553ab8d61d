"""Types and formats inferred from values: what is proven, what is asked, and that `parse` takes what was inferred."""

import random
import time
import uuid
from datetime import datetime

import pytest

from tests.macros.conftest import shop as shop
from tests.support.shop import Shop
from weir.project.scaffold.values.inference import Inferred, infer

TAKEN = {"integer", "numeric", "double", "boolean", "date", "timestamp", "time"}
PROVEN = {
    ("n", "1", "-5", "+3", "0"): Inferred("integer"),
    ("n", "9223372036854775807", "-9223372036854775808"): Inferred("integer"),
    ("n", "9223372036854775808"): Inferred("numeric", scale=0),
    ("id", "4000123412341234567"): Inferred("text"),
    ("total", "1234567890123456789"): Inferred("integer"),
    ("n", "1.5", "2", "-0.25"): Inferred("numeric", scale=2),
    ("n", "1e5", "1.5", "2E-3"): Inferred("double"),
    ("n", "1e999"): Inferred("text"),
    ("city", "01067", "10115"): Inferred("text"),
    ("x", "00.50", "1.25"): Inferred("text"),
    ("zip", "94107", "10115"): Inferred("text"),
    ("phoneNumber", "4930123456"): Inferred("text"),
    ("Zip Code", "94107"): Inferred("text"),
    ("contact", "+4930123456", "+491701234567"): Inferred("text"),
    ("zip_count", "3"): Inferred("integer"),
    ("paid", "true", "false"): Inferred("boolean"),
    ("paid", "TRUE"): Inferred("boolean"),
    ("paid", "Yes", "No"): Inferred("boolean"),
    ("paid", "Y", "N"): Inferred("boolean"),
    ("grade", "f"): Inferred("text"),
    ("gender", "F", "M"): Inferred("text"),
    ("is_paid", "Y"): Inferred("boolean"),
    ("level", "0", "1"): Inferred("integer"),
    ("is_admin", "0", "1"): Inferred("boolean"),
    ("isAdmin", "0", "1"): Inferred("boolean"),
    ("active", "1", "0"): Inferred("boolean"),
    ("is_admin", "0", "1", "2"): Inferred("integer"),
    ("d", "2024-01-31", "2023-12-01"): Inferred("date"),
    ("d", "2024-02-30", "2023-12-01"): Inferred("text"),
    ("d", "2024-01-31 10:00:00", "2023-12-01 00:00"): Inferred("timestamp"),
    ("d", "2024-01-31T10:00:00.123456789"): Inferred("timestamp"),
    ("d", "2024-01-31T10:00:00Z", "2024-01-31T10:00:00+02:00"): Inferred("timestamptz"),
    ("d", "01/31/2024", "02/01/2024"): Inferred("date", "MM/DD/YYYY"),
    ("d", "01/31/2024", "02/10/2024"): Inferred("date", "MM/DD/YYYY"),
    ("d", "31.01.2024", "01.02.2024"): Inferred("date", "DD.MM.YYYY"),
    ("d", "1/31/2024", "12/1/2024"): Inferred("date", "FMMM/FMDD/YYYY"),
    ("d", "1/31/2024 9:05", "12/1/2024 23:59"): Inferred("timestamp", "FMMM/FMDD/YYYY FMHH24:MI"),
    ("d", "31.01.2024 09:05", "01.12.2024 23:59"): Inferred("timestamp", "DD.MM.YYYY HH24:MI"),
    ("d", "31.01.2024 09:05:01.5", "01.12.2024 23:59:00"): Inferred("timestamp", "DD.MM.YYYY HH24:MI:SS"),
    ("d", "01/31/2024 09:05:01 PM", "02/01/2024 12:00:00 AM"): Inferred("timestamp", "MM/DD/YYYY HH12:MI:SS AM"),
    ("d", "Jan 5, 2024", "Dec 31, 2023"): Inferred("date", "Mon FMDD, YYYY"),
    ("d", "Jan 05, 2024", "May 31, 2023"): Inferred("date", "Mon DD, YYYY"),
    ("d", "January 5, 2024", "May 31, 2023"): Inferred("date", "Month FMDD, YYYY"),
    ("d", "05-JAN-2024", "31-dec-2023"): Inferred("date", "DD-Mon-YYYY"),
    ("d", "05-Jan-2024", "31-Dec-2023"): Inferred("date", "DD-Mon-YYYY"),
    ("d", "2024/01/05", "2024/12/31"): Inferred("date", "YYYY/MM/DD"),
    ("d", "2024-1-5", "2024-12-31"): Inferred("date", "YYYY-FMMM-FMDD"),
    ("order_date", "20240131", "20231201"): Inferred("date", "YYYYMMDD"),
    ("order_id", "20240131", "20231201"): Inferred("integer"),
    ("order_date", "20240231", "20231201"): Inferred("integer"),
    ("d", "30/02/2024"): Inferred("text"),
    ("t", "09:30", "23:59:59"): Inferred("time"),
    ("t", "9:30 AM", "12:05 PM"): Inferred("time", "FMHH12:MI AM"),
    ("t", "9:30", "23:59"): Inferred("time", "FMHH24:MI"),
    ("t", "24:00"): Inferred("text"),
    ("call_duration", "12:30", "03:10"): Inferred("text"),
    ("u", "6F9619FF-8B86-D011-B42D-00CF4FC964FF", str(uuid.UUID(int=5))): Inferred("uuid"),
    ("j", '{"a": 1}', "[]"): Inferred("json"),
    ("j", "{a}", "[]"): Inferred("text"),
    ("j", '{"a": "\\u0000"}'): Inferred("text"),
    ("n", "٣", "1"): Inferred("text"),
    ("n", "1\n", "2"): Inferred("text", ask="blanks stand around the values: trim and parse?"),
    ("name", "Ann", "Bob", ""): Inferred("text"),
    ("nothing", "", ""): Inferred("text"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "proven"), PROVEN.items(), ids=lambda each: str(each)[:60])
def test_what_is_proven(given: tuple[str, ...], proven: Inferred) -> None:
    assert infer(given[0], [*given[1:], None, ""]) == proven
    assert infer(given[0], [None, *reversed(given[1:])]) == proven


@pytest.mark.parametrize(("values", "asks"), [
    (["1/5/2024", "3/4/2024"], "day first or month first? No number over 12 says it: DD/MM/YYYY or MM/DD/YYYY"),
    (["31/5/2024", "5/31/2024"], "day first in some values, month first in others: which is which?"),
    (["31/12/99"], "years have two digits, and parse takes four: which century?"),
    (["2024-01-31", "2024-01-31 10:00:00"], "dates in several forms: no format of parse takes them all"),
    (["1/31/2024", "Jan 5, 2024"], "dates in several forms: no format of parse takes them all"),
    (["2024-01-31 24:00:00"], "times in several forms, or beyond 23:59:59: no format of parse takes them all"),
    (["5", "7", "N/A", "N/A"], "'N/A' in 2 of 4 values, the others are integer: is it NULL?"),
    (["1.5", " ", "-", "-"], "'-' in 2 and ' ' in 1 of 4 values, the others are numeric: is it NULL?"),
    (["2024-01-31", "0000-00-00"], "'0000-00-00' in 1 of 2 values, the others are date: is it NULL?"),
    (["31.01.2024", "null"], "'null' in 1 of 2 values, the others are date, DD.MM.YYYY: is it NULL?"),
    (["1,234.50", "17.2"], "numbers with commas between thousands: take them out by replace(…, ',', '') and parse?"),
    (["1.234,50", "17,2"], "numbers with a decimal comma: replace it by a point, and parse?"),
    (["12%", "3.5%"], "percentages: take out the sign and parse?"),
    (["$12", "$3.5"], "amounts with a currency's sign: take it out and parse, the currency in a column of its own?"),
    ([".5", "1.5"], "numbers in a form that parse does not take (.5, 5., (5) or 5-): rewrite them and parse?"),
    (["2024-01-31 10:00:00 UTC"], "moments with the name of a zone, which parse does not take: replace it by its "
                                  "offset, as +00?"),
    ([*map(str, range(50)), "Ann"], "1 of 51 values are no numbers, the others are: reject them?"),
])  # fmt: skip
def test_what_can_not_be_told_is_asked(values: list[str], asks: str) -> None:
    assert infer("x", values) == Inferred("text", ask=asks)


def test_a_zone_in_some_values_only() -> None:
    told = infer("x", ["2024-01-31T10:00:00Z", "2024-01-31T10:00:00"])
    assert (told.kind, told.ask) == (
        "timestamptz", "some values say their zone, the others are taken for UTC: are they?",
    )  # fmt: skip


def written() -> dict[tuple[str, ...], Inferred]:
    """The same three moments in all the ways to write a day and a time of it; what is inferred of each."""
    days = ["{0.month:02}/{0.day:02}/{0:%Y}", "{0.day}.{0.month}.{0:%Y}", "{0:%Y}/{0.month}/{0.day}", "{0:%d %b %Y}",
            "{0:%B} {0.day}, {0:%Y}", "{0.day}-{0:%b}-{0:%Y}", "{0:%Y-%m-%d}"]  # fmt: skip
    clocks = ["", " {0.hour}:{0:%M}", ", {0:%H:%M:%S}", " {0:%H:%M:%S.%f}", " {0:%I:%M %p}", " {1}:{0:%M:%S}{2}"]
    moments = [datetime(2024, 1, 31, 9, 5, 7, 120000), datetime(1999, 12, 1, 0, 59, 59), datetime(2023, 5, 9, 23, 0)]
    found = {}
    for form in (day + clock for day in days for clock in clocks):
        texts = [form.format(m, m.hour % 12 or 12, f"{m:%p}".lower()) for m in moments]
        told = infer("d", texts)
        assert told.kind == ("date" if form in days else "timestamp") and not told.ask, texts
        found["d", *texts] = told
    return found


def test_what_is_inferred_is_what_parse_takes(shop: Shop) -> None:
    """Every value of every proven column is taken by parse as the type and format that were inferred."""
    words = {"timestamptz": "timestamp"}
    picked, expected = [], 0
    shop.execute("create table public.given (n integer, value text)")
    for n, (given, proven) in enumerate([*PROVEN.items(), *written().items()]):
        kind = words.get(proven.kind, proven.kind)
        if kind not in TAKEN:
            continue
        values = [value for value in given[1:] if value]
        shop.connection.cursor().executemany("insert into public.given values (%s, %s)", [(n, v) for v in values])
        expected += len(values)
        type_ = "bigint" if kind == "integer" else kind
        format_ = f", format='{proven.format}'" if proven.format else ""
        picked.append(f"select {n} as n, value, cast({{{{ parse('value', '{type_}'{format_}, name='v{n}') }}}} as text)"
                      f" as v from public.given where n = {n}")  # fmt: skip
    shop.write("models/judged.sql", "{{ config(materialized='table', schema='test') }}\n" + "\nunion all ".join(picked))
    shop.build("--select", "judged")
    assert shop.rows("select n, value from dev_test.judged where v is null") == []
    assert shop.rows("select count(*) from dev_test.judged") == [(expected,)]
    assert expected > 200


def test_a_million_values_in_seconds() -> None:
    chance = random.Random(1)
    makers = [
        lambda: str(chance.randrange(10**9)), lambda: f"{chance.random() * 1000:.2f}",
        lambda: f"name {chance.random()}",
        lambda: f"2024-0{chance.randint(1, 9)}-{chance.randint(10, 28)} 10:{chance.randint(10, 59)}:00",
    ]  # fmt: skip
    columns = [[make() for _ in range(10_000)] for make in makers]
    begun = time.process_time()
    kinds = [infer("x", column).kind for _ in range(25) for column in columns]
    assert kinds[:4] == ["integer", "numeric", "text", "timestamp"]
    assert time.process_time() - begun < 4
