"""parse() against awkward values: what each type takes, and that the fast verdict is the portable pattern's."""

import itertools
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.shop import Shop, messages

TYPES = {
    "integer": "integer", "bigint": "bigint", "numeric": "numeric(12, 2)", "date": "date",
    "timestamp": "timestamp with time zone", "double": "double precision",
}  # fmt: skip
AWKWARD = [
    "", " ", "1", " 1", "1 ", "1\n", "+1", "-1", "--1", "+-1", "01", "0", "-0", "1.", ".1", "1.5", "1.50",
    "1.239", "1.230", "1.200000000", "1e3", "1E3", "1e400", "1e-400", "0e-400", "1_000", "1,000", "$1",
    "0x1F", "0b1", "0o7", "NaN", "Infinity", "inf", "-inf", "null", "N/A", "now", "today", "epoch",
    "tomorrow", "infinity", "٣", "１", "1d", "1f", "2147483647", "2147483648", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "99999999999999999999", "00000000000000000000001",
    "0" * 19, "0" * 20, "+" + "0" * 19, "9999999999.99", "10000000000", "9999999999.999", "9" * 38,
    "9" * 39, "0" * 40 + ".5", "1." + "0" * 39, "2024-01-01", "2024-1-1", "2024-02-29", "2023-02-29",
    "2024-02-30", "2024-13-01", "2024-00-10", "0000-01-01", "0000-00-00", "0001-01-01", "9999-12-31",
    "10000-01-01", "01/02/2024", "2024/01/01", "20240101", "Jan 1 2024", "2024-01-01 ", "2024-01-01\n",
    "2024-01-01T00:00:00Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00Z",
    "2024-01-01T24:00:00Z", "2024-01-01T23:59:60Z", "2024-01-01T23:60:00Z", "2024-01-01T23:59:59.123456Z",
    "2024-01-01T23:59:59.1234567Z", "2024-01-01T23:59:59.Z", "2024-01-01T23:59:59+02:00",
    "2024-01-01T23:59:59+02", "2024-01-01T23:59:59+0200", "2024-01-01T23:59:59-14:59",
    "2024-01-01T23:59:59+15:00", "2024-01-01T23:59:59z", "2024-01-01t23:59:59Z", "2024-02-30T00:00:00Z",
    "2024-01-01T00:00:00 UTC", "true", "TRUE", "t", "yes", "on", "off", "maybe", "4.9e-324", "1e308",
    "1e309", "1.7976931348623157e308", "1e1000", "abc", "é", "'", "\\", "1-34-01-01T00:00:00Z",
    "1-34-01T00:00:00Z", "20-4-01-01", "12-4-01-01T0:00:00Z",
]  # fmt: skip


def matches(pattern: str, type_: str) -> str:
    """SQL that holds a value against a pattern."""
    return f"value ~ ('^(' || $p${{{{ valid_pattern('{pattern}', '{type_}') }}}}$p$ || ')$')"


@pytest.fixture
def verdicts(shop: Shop) -> Any:
    def judge(values: list[str]) -> list[tuple[Any, ...]]:
        shop.execute("create table public.given (value text)")
        for start in range(0, len(values), 5000):
            shop.execute("insert into public.given select unnest(%s::text[])", [values[start : start + 5000]])
        columns = []
        for word, type_ in TYPES.items():
            columns.append(f"{{{{ parsed_value('value', '{word}', '{type_}') }}}} as \"{word}\"")
            by = {"timestamp": "moment"}.get(word, word)
            verdict = f"{matches(by, type_)} and pg_input_is_valid(value, '{type_}')"
            if word == "date":
                verdict += f" or {matches('midnight', type_)} and pg_input_is_valid(left(value, 10), 'date')"
            columns.append(f'{verdict} as "{word} by pattern"')
        columns.append("{{ parsed_value('value', 'boolean', 'boolean') }} as boolean")
        shop.write("models/judged.sql", "{{ config(materialized='table', schema='test') }}\n"
                   f"select value, {', '.join(columns)} from public.given")  # fmt: skip
        shop.build("--select", "judged")
        return shop.rows("select * from dev_test.judged")

    return judge


def test_the_fast_verdict_is_the_patterns(verdicts: Any) -> None:
    moments = [
        f"{year}-{month}-{day}{part}{clock}{zone}"
        for year, month, day, part, clock, zone in itertools.product(
            ("2024", "1-34", "20:4", "024", "-024"), ("02", "2", "2-"), ("29", "9", "0T"), "T ",
            ("00:00:00", "24:00:00", "0:000:00", "00:00:0", "00:00:60", "00:00:00.5", "00:00", "00:60",
             "23:59:59.9999999"),
            ("Z", "", "+01:00", "60Z", "+00", "-1430", "60"),
        )
    ]  # fmt: skip
    numbers = ["".join(letters) for size in range(6) for letters in itertools.product("05.+-e", repeat=size)]
    for row in verdicts([*AWKWARD, *moments, *numbers]):
        for position in range(1, 1 + 2 * len(TYPES), 2):
            told = row[position + 1] or (position == 5 and _power(row[0]))
            assert (row[position] is not None) == told, (row[0], list(TYPES)[position // 2])


def _power(value: str) -> bool:
    """Whether the value is a number with an exponent that numeric(12, 2) holds exactly."""
    if not re.fullmatch(r"[+-]?[0-9]{1,38}([.][0-9]{1,38})?[eE][+-]?[0-9]{1,4}", value):
        return False
    number = Decimal(value)
    return abs(number) < 10**10 and number * 100 == (number * 100).to_integral_value()


def test_what_each_type_takes(verdicts: Any) -> None:
    found = {row[0]: row for row in verdicts(AWKWARD)}

    def taken(word: str) -> set[str]:
        column = 13 if word == "boolean" else 1 + 2 * list(TYPES).index(word)
        return {value for value, row in found.items() if row[column] is not None}

    small = {"1", "+1", "-1", "01", "0", "-0", "2147483647", "20240101", "0" * 19, "+" + "0" * 19}
    assert taken("integer") == small
    assert taken("bigint") - small == {
        "2147483648", "10000000000", "9223372036854775807", "-9223372036854775808",
    }  # fmt: skip
    assert {"1.5", "1.50", "1.230", "1.200000000", "9999999999.99"} <= taken("numeric")
    assert {"1e3", "1E3", "0e-400"} <= taken("numeric")
    assert not {
        "1e400",
        "1e-400",
        "1.239",
        "1.",
        ".1",
        "NaN",
        "10000000000",
        "1_000",
        "$1",
        "9999999999.999",
        "1 ",
    } & taken("numeric")
    assert taken("date") == {
        "2024-01-01", "2024-02-29", "0001-01-01", "9999-12-31",
        "2024-01-01T00:00:00Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00Z",
    }  # fmt: skip
    assert taken("timestamp") == {
        "2024-01-01T00:00:00Z", "2024-01-01 00:00:00Z", "2024-01-01T23:59:59.123456Z", "2024-01-01T23:59:59+02:00",
        "2024-01-01T23:59:59-14:59", "2024-01-01T00:00:00", "2024-01-01T00:00Z", "2024-01-01T23:59:59+02",
        "2024-01-01T23:59:59+0200", "2024-01-01T23:59:59.1234567Z",
    }  # fmt: skip
    assert {"1e308", "4.9e-324", "0e-400", "1E3"} - taken("double") == set()
    assert not {"1e400", "1e-400", "NaN", "inf", "Infinity", "1e1000"} & taken("double")
    assert taken("boolean") == {"1", "0", "true", "TRUE", "t", "yes"}
    assert found["1.230"][5] == Decimal("1.23")
    assert found["2024-01-01T23:59:59+02:00"][9] == datetime(2024, 1, 1, 21, 59, 59, tzinfo=UTC)


MOMENTS = {
    "2024-01-01 06:00:00+00": datetime(2024, 1, 1, 6, tzinfo=UTC),
    "2024-01-01 06:00:00.5+0530": datetime(2024, 1, 1, 0, 30, 0, 500000, tzinfo=UTC),
    "2024-01-01T10:00Z": datetime(2024, 1, 1, 10, tzinfo=UTC),
    "2024-01-01 10:00": datetime(2024, 1, 1, 10, tzinfo=UTC),
    "2024-01-01T10:00-02:30": datetime(2024, 1, 1, 12, 30, tzinfo=UTC),
    "2024-02-29 23:59:59.000001": datetime(2024, 2, 29, 23, 59, 59, 1, tzinfo=UTC),
    "2024-02-29T23:59:59.1": datetime(2024, 2, 29, 23, 59, 59, 100000, tzinfo=UTC),
    "2024-12-31 23:59:59.9999999": datetime(2024, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "2024-12-31T23:59:59.999999999Z": datetime(2024, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "2024-12-31T23:59:59.123456789+01": datetime(2024, 12, 31, 22, 59, 59, 123456, tzinfo=UTC),
    "2024-12-31T23:59:59.1234567890": None,
    "2024-12-31T23:59:59,5": None,
    "2024-02-30T23:59:59.1234567": None,
    "2024-01-01": None,
}


def test_moments_in_the_words_of_other_programs(verdicts: Any) -> None:
    found = {row[0]: row[9] for row in verdicts([*MOMENTS])}
    assert {value: found[value] for value in MOMENTS} == MOMENTS


def test_numbers_with_an_exponent_are_exact(verdicts: Any) -> None:
    found = {
        row[0]: row[5]
        for row in verdicts(["1E+3", "-1.5E-1", "0E-6176", "1E-3", "1E10", "1.234E2", "1E+6111", "1E+99999"])
    }
    assert found == {
        "1E+3": Decimal("1000.00"), "-1.5E-1": Decimal("-0.15"), "0E-6176": Decimal("0.00"), "1E-3": None, "1E10": None,
        "1.234E2": Decimal("123.40"), "1E+6111": None, "1E+99999": None,
    }  # fmt: skip


@pytest.mark.parametrize("seconds", ["SS", "SS.US", "SS.MS", "SS.NS"])
def test_fractions_in_a_stated_format(shop: Shop, seconds: str) -> None:
    given = {
        "31.01.2024 23:59:58": 0, "31.01.2024 23:59:58.5": 500000, "31.01.2024 23:59:58.000001": 1,
        "31.01.2024 23:59:58.9999999": 999999, "31.01.2024 23:59:58.123456789": 123456,
    }  # fmt: skip
    shop.execute("create table public.given (moment text)")
    wrong = ["31.01.2024 23:59:58.", "31.01.2024 23:59:58.1234567890", "31.01.2024 23:59:58,5", "31.01.2024 23:59"]
    shop.execute("insert into public.given select unnest(%s::text[])", [[*given, *wrong]])
    shop.write("models/judged.sql", "{{ config(materialized='table', schema='test') }}"
               "select moment as given, {{ parse('moment', 'timestamp', format='DD.MM.YYYY HH24:MI:" + seconds + "') }}"
               " as moment from public.given")  # fmt: skip
    shop.build("--select", "judged")
    expected = {text: datetime(2024, 1, 31, 23, 59, 58, micros, tzinfo=UTC) for text, micros in given.items()}
    assert dict(shop.rows("select * from dev_test.judged")) == expected | dict.fromkeys(wrong)


def test_other_formats(shop: Shop) -> None:
    shop.execute("create table public.given (day text, moment text)")
    shop.execute(
        "insert into public.given values ('02/29/2024', '2024-01-31 23:59:58'), (null, null),"
        " ('29/02/2024', '2024-01-31T23:59:58'), ('2/9/2024', '2024-01-31 24:00:00'),"
        " ('02/30/2024', '2023-02-29 10:00:00'), ('01/01/0000', '2024-01-01 00:60:00'),"
        " ('01/01/2024 ', '2024-01-01 00:00:60')"
    )
    shop.write(
        "models/judged.sql",
        """{{ config(materialized='table', schema='test') }}
        select {{ parse('day', 'date', format='MM/DD/YYYY') }} as day,
            {{ parse('moment', 'timestamp', format='YYYY-MM-DD HH24:MI:SS') }} as moment from public.given""",
    )
    midnight = "{{ parse('m', 'date', format='DD.MM.YYYY HH24:MI:SS') }} as m from (values ('01.02.2024 00:00:00.0'), "
    midnight += "('01.02.2024 00:00:01'), ('01.02.2024 00:00:00.1')) as v (m)"
    shop.write("models/midnight.sql", "{{ config(materialized='table', schema='test') }} select " + midnight)
    shop.build("--select", "judged", "midnight")
    assert shop.rows("select m from dev_test.midnight") == [(date(2024, 2, 1),), (None,), (None,)]
    assert shop.rows("select * from dev_test.judged where day is not null or moment is not null") == [
        (date(2024, 2, 29), datetime(2024, 1, 31, 23, 59, 58, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("parse('a', 'money')", "unknown type money; take one of integer"),
        ("parse('coalesce(' ~ 'a, b)', 'date')", "an expression needs the name of its column"),
        ("parse('a', 'date', format='DD.MMo.YYYY')", "holds o, which is no part of a date"),
        (
            "parse('a', 'timestamp', format='YYYY-MM-DD')",
            "is not enough for a timestamp: it takes YYYY, MM, DD, HH24 and MI",
        ),
        ("reject({'a; b': 'true'})", "holds a semicolon"),
        ("reject({})", "reject() in judged finds no carry(): add {{ carry(key=['id']) }} as the last column"),
        ("carry(key=[])", "carry(key=[]) in judged: key is a list of columns of raw, such as ['id'], or ['_key']"),
        ("parse(1, 'date')", "parse(1, date) in judged: value and type are texts"),
        ("parse('a', 'numeric(12 2)')", "parse(a): numeric(12 2) is no numeric: write numeric(12, 2)"),
        ("parse('a', 'numeric(12, 2)', format='YYYY')", "parse(a): format YYYY stands with the type numeric"),
        ("json_text('document', 5)", "json_text(document, 5) in judged: path is names joined by dots"),
        ("json_number('document', [])", "json_text(document, []) in judged: path is names joined by dots"),
        ("json_text('document', 'a..b')", "json_text(document, a..b) in judged: path is names"),
        ("json_number('document', 'a', 'money')", "unknown type money; take one of integer"),
        ("reject(['amount < 0'])", "in judged: rules are reasons, each with its condition"),
        ("reject({'a': 1})", "in judged: rules are reasons, each with its condition"),
        ("renamed(this, 'a')", "renamed(a) in judged: names is a list of columns"),
        ("carry(key='id')", "carry(key=id) in judged: key is a list"),
    ],
)
def test_mistakes_are_told_plainly(shop: Shop, call: str, says: str) -> None:
    shop.write("models/judged.sql", "select {{ " + call + " }} as a")
    assert says in messages(shop.dbt("run", "--select", "judged"))
