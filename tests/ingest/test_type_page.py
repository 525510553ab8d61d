"""docs/reference/types.md, generated: every type and its edge values, as the source and the warehouse print them.

`make types` writes the page; without `WRITE_TYPES` set, these tests make it anew and hold it against the page.
The values are those of tests/support/values; MongoDB's types go by pymongo's names,
what stands at the source is canonical Extended JSON.
"""

import os
import re

import psycopg
import pytest
from bson import Binary, Code
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps

from tests.servers import mongodb
from tests.servers.mariadb import shared
from tests.support.values.mongodb import LACKING
from tests.support.values.mongodb import VALUES as DOCUMENTS
from tests.support.values.mysql import MATRIX, ONLY_MARIADB
from tests.support.values.postgres import TYPES, VALUES
from weir.core.settings import ROOT

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "reference" / "types.md"
HEAD = """# Types: what the source holds, and what the warehouse holds

Made by `make types`; a test makes it anew and compares. Raw has the source's type only where PostgreSQL holds every
value of it exactly, otherwise it is text as the source prints it. Empty text stays distinct from NULL; every type
also holds NULL.
"""
TABLE = "| type at the source | type in raw | at the source | in the warehouse |\n| --- | --- | --- | --- |\n"
DECLARED = """
    sources:
      - name: types
        schema: raw_types
        config: {meta: {connection: TYPES_URL}}
        tables: [{name: matrix, config: {meta: {key: [id]}}}]
"""


def shown(value: str | None) -> str:
    """A value as one cell: control characters by their escapes, long ones cut."""
    if value is None:
        return "NULL"
    text = "".join(c.encode("unicode_escape").decode() if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in value)
    text = text if len(text) <= 60 else f"{text[:40]}… ({len(value):,} characters)"
    return "`` " + text.replace("|", "\\|") + " ``" if text.strip() else f"`{text}`" if text else "(empty)"


def section(name: str, lines: list[tuple[str, str, str | None, str | None]]) -> list[str]:
    made, last = [], ("", "")
    for type_, raw, here, there in lines:
        first = ("", "") if (type_, raw) == last else (f"`{type_}`".replace("|", "\\|"), f"`{raw}`")
        made.append(f"| {first[0]} | {first[1]} | {shown(here)} | {'the same' if here == there else shown(there)} |")
        last = (type_, raw)
    return made


def held(name: str, made: list[str]) -> None:
    """Write the section of that name into the page, or assert that it stands there."""
    page = PAGE.read_text() if PAGE.exists() else HEAD
    text = f"## {name}\n\n{TABLE}" + "\n".join(made) + "\n"
    pattern = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    found = pattern.search(page)
    if os.environ.get("WRITE_TYPES"):
        PAGE.parent.mkdir(exist_ok=True)
        page = pattern.sub(lambda _: text + "\n", page) if found else f"{page.rstrip()}\n\n{text}"
        PAGE.write_text(page.rstrip() + "\n")
    else:
        assert found and found.group(0).strip() == text.strip(), f"{PAGE.name} is not true any more: make types"


def raw_texts(landing, columns: list[str]) -> tuple[list[str], list[tuple[str | None, ...]]]:
    types = dict(landing.rows("""select attname::text, format_type(atttypid, null) from pg_attribute
        where attrelid = 'raw_types.matrix'::regclass and attnum > 0"""))  # fmt: skip
    texts = landing.rows(f"select {', '.join(f'{c}::text' for c in columns)} from raw_types.matrix order by id")
    return [types[column] for column in columns], texts


def zipped(names, sizes, raw, here, there):
    return [
        (name, raw[n], here[row][n], there[row][n])
        for n, (name, size) in enumerate(zip(names, sizes, strict=True))
        for row in range(size)
    ]


def test_postgres(landing, database, monkeypatch):
    url = database()
    monkeypatch.setenv("TYPES_URL", url)
    columns = [f"c{n}" for n in range(len(VALUES))]
    with psycopg.connect(url, autocommit=True) as app:
        app.execute(TYPES + "; set timezone = 'UTC'; set lc_monetary = 'C'")
        body = ", ".join(f"{c} {t}" for c, t in zip(columns, VALUES, strict=True))
        app.execute(f"create table matrix (id int primary key, {body})")
        for row in range(max(map(len, VALUES.values()))):
            given = [(c, v[row]) for c, v in zip(columns, VALUES.values(), strict=True) if row < len(v)]
            names, values = ", ".join(c for c, _ in given), ", ".join(["%s"] * len(given))
            app.execute(f"insert into matrix (id, {names}) values ({row}, {values})", [v for _, v in given])
        here = app.execute(f"select {', '.join(f'{c}::text' for c in columns)} from matrix order by id").fetchall()
    landing.declare(DECLARED)
    landing.one()
    raw, there = raw_texts(landing, columns)
    made = zipped(VALUES, map(len, VALUES.values()), raw, here, there)
    differ = {line[0] for line in made if line[2] != line[3]}
    assert differ == {"money"}  # lands as a number: its text has a currency that depends on a locale
    held("PostgreSQL", section("PostgreSQL", made))


def test_mariadb(landing, monkeypatch):
    server = shared()
    monkeypatch.setenv("TYPES_URL", server.database("type_page", "character set utf8mb4"))
    with server.connect("type_page") as connection, connection.cursor() as cursor:
        cursor.execute("select version() like '%mariadb%'")
        matrix = MATRIX + (ONLY_MARIADB if cursor.fetchone()[0] else [])
        cursor.execute("set sql_mode = 'allow_invalid_dates', time_zone = '+00:00'")
        body = ", ".join(f"t{number} {row[0]}" for number, row in enumerate(matrix))
        cursor.execute(f"create table matrix (id int primary key, {body})")
        for row in range(max(len(values) for _, values, _ in matrix)):
            given = [(f"t{n}", values[row]) for n, (_, values, _) in enumerate(matrix) if row < len(values)]
            cursor.execute(f"insert into matrix (id, {', '.join(c for c, _ in given)}) "
                           f"values ({row}, {', '.join(v for _, v in given)})")  # fmt: skip
        asked = ", ".join(printed(f"t{n}", row[0]) for n, row in enumerate(matrix))
        cursor.execute(f"select {asked} from matrix order by id")
        here = cursor.fetchall()
    landing.declare(DECLARED)
    landing.one()
    raw, there = raw_texts(landing, [f"t{n}" for n in range(len(matrix))])
    made = zipped([row[0] for row in matrix], [len(row[1]) for row in matrix], raw, here, there)
    held("MariaDB", section("MariaDB", made))


def test_mongodb(landing, monkeypatch):
    url, database = mongodb.shared().database("type_page")
    monkeypatch.setenv("TYPES_URL", url)
    # what mongo-java-server can't hold, test_mongodb_documents reads without a server
    values = [v for v in DOCUMENTS + LACKING if not (isinstance(v, Code) and v.scope)
              and not (isinstance(v, Binary) and v.subtype in {2, 128})]  # fmt: skip
    values.sort(key=lambda value: type(value).__name__.lower())
    database.matrix.insert_many({"_id": n, "v": value} for n, value in enumerate(values))
    landing.declare(DECLARED.replace("[id]", "[_id]"))
    landing.one()
    texts = landing.rows("select (document -> 'v')::text from raw_types.matrix order by _id::int")
    made = [(type(value).__name__, "jsonb", dumps(value, json_options=CANONICAL_JSON_OPTIONS, ensure_ascii=False), text)
            for value, (text,) in zip(values, texts, strict=True)]  # fmt: skip
    held("MongoDB", section("MongoDB", made))


def printed(column: str, type_: str) -> str:
    """The column as the server prints it: bits and bytes in its own notation, shapes as WKT."""
    if type_.startswith("bit"):
        return f"concat('b''', bin({column}), '''')"
    if re.match(r"(var)?binary|(long)?blob", type_):
        return f"concat('0x', hex({column}))"
    if re.match(r"point|geometry", type_):
        return f"concat('SRID ', st_srid({column}), ' ', st_astext({column}))"
    return f"convert(cast({column} as char) using utf8mb4)"


@pytest.mark.parametrize(
    ("value", "cell"), [(None, "NULL"), ("", "(empty)"), (" ", "` `"), ("a\tb|c", "`` a\\tb\\|c ``")]
)
def test_cells_tell_values_apart(value, cell):
    assert shown(value) == cell
