"""Errors of a database are told without the values of rows that they quote, and say all else."""

from collections.abc import Callable

import psycopg
import pytest

from weir.core.secrets import HIDDEN, redact, without_values

TABLE = """
create table people (id integer primary key, email text unique, age integer check (age > 0), born date,
    mood mood, boss integer references people, during int4range, exclude using gist (during with &&));
insert into people (id, email, during) values (1, 'ann@x.example', '[1,5)')"""
FAULTS = [
    ("insert into people (id, email) values (2, 'ann@x.example')", "Key (email)=‹hidden› already exists."),
    ("insert into people (id, email, age) values (3, 'a) b@x.example', -1)", "Failing row contains ‹hidden›."),
    ("insert into people (id, email) values (null, 'bo@x.example')", 'null value in column "id"'),
    (("ann@x.example", "integer"), "invalid input syntax for type integer: ‹hidden›"),
    (('ann"@x.example', "timestamp with time zone"), "for type timestamp with time zone: ‹hidden›"),
    (("2024-13-01 ann@x.example", "date"), ": ‹hidden›"),
    (("99999999999", "integer"), "value ‹hidden› is out of range for type integer"),
    (("ann@x.example", "mood"), "invalid input value for enum mood: ‹hidden›"),
    (("{ann@x.example", "text[]"), "malformed array literal: ‹hidden›"),
    (('{"email": ann@x.example}', "jsonb"), "Token ‹hidden› is invalid."),
    ("insert into people (id, boss) values (4, 99887766)", "Key (boss)=‹hidden› is not present in table"),
    ("insert into people (id, during) values (5, '[3,99887766)')", "conflicts with existing key (during)=‹hidden›"),
]


@pytest.mark.parametrize(("statement", "left"), FAULTS)
def test_postgres(database: Callable[[], str], statement: str | tuple[str, str], left: str) -> None:
    with psycopg.connect(database()) as connection:
        connection.execute("create type mood as enum ('good')")
        connection.execute(TABLE)
        with pytest.raises(psycopg.Error) as fault:
            if isinstance(statement, tuple):
                connection.execute("create temporary table found as select %s::text as value", [statement[0]])
                statement = f"select cast(value as {statement[1]}) from found"
            connection.execute(statement)
    told = redact(fault.value)
    assert left in told
    for value in ("@x.example", "99887766", "99999999999", "2024-13"):
        assert value not in told


def test_copy(database: Callable[[], str]) -> None:
    with psycopg.connect(database()) as connection:
        connection.execute("create temporary table people (id integer, email text)")
        with pytest.raises(psycopg.Error) as fault, connection.cursor().copy("copy people from stdin") as copy:
            copy.write("ann@x.example\tAnn\n")
    told = without_values(str(fault.value))
    assert "COPY people, line 1, column id: ‹hidden›" in told and "@x.example" not in told


@pytest.mark.parametrize(
    "text",
    [
        'relation "people" does not exist',
        "the file a.csv: wrong column count: 7 instead of 5",
        'column "email" of relation "people" already exists',
        "DETAIL: the view depends on it",
    ],
)
def test_what_quotes_no_value_stays(text: str) -> None:
    assert without_values(text) == text


def test_mysql() -> None:
    told = without_values("(1062, \"Duplicate entry 'ann@x.example' for key 'email'\")")
    assert told == f"(1062, \"Duplicate entry {HIDDEN} for key 'email'\")"


@pytest.mark.parametrize(
    "text",
    [
        'invalid value "ann@x.example" for "Month"\nDETAIL: the given value did not match any of the allowed values',
        "could not convert string to float: 'ann@x.example'",
        "time data 'ann@x.example' does not match format '%Y'",
        "Conversion failed when converting the varchar value 'ann@x.example' to data type int.",
        'E11000 duplicate key error collection: shop.users index: email_1 dup key: { email: "ann@x.example" }',
        "Truncated incorrect DOUBLE value: 'ann@x.example'",
        '"ann@x.example" is out of range for type double precision',
        'invalid name syntax: "ann@x.example"',
    ],
)
def test_other_words_for_a_value_that_does_not_fit(text: str) -> None:
    told = without_values(text)
    assert "ann@x.example" not in told and HIDDEN in told
