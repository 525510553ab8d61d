"""`weir add` by its command line: files that dbt reads, nothing half-written, an empty difference, and drift."""

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.project import BIN, Project
from weir.core.settings import ROOT

SHOP = """
    create table customers (
        customer_id integer primary key, "E-Mail" text not null unique, passwordHash text, "order" text,
        active boolean, created_at timestamp
    );
    create table orders (
        order_id integer primary key, customer_id integer not null references customers,
        total numeric check (total >= 0), ordered_on date, opened_on date, closed_on date,
        status text
    );
    create table schema_migrations (version text);
    create table empty_one (id integer primary key);
    insert into customers values
        (1, 'ann@x.io', 'abc', 'first', 1, '2024-01-02 10:00:00'), (2, 'bob@x.io', 'd', null, 0, null);
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without a source."""
    return Project(tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> sqlite3.Connection:
    """A database of a shop in a file."""
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.executescript(SHOP)
    rows = [
        (n, 1 + n % 2, n / 4, "2024-01-31", "2024-01-31", "2024-02-01" if n % 3 else None, "paid" if n % 3 else "open")
        for n in range(200)
    ]
    connection.executemany("insert into orders values (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    return connection


def test_a_database_is_added_and_added_again(project: Project, shop: sqlite3.Connection, tmp_path: Path) -> None:
    before = project.models()
    said = project.weir("add", str(tmp_path / "shop.db"), "--dry-run")
    assert project.models() == before and "schema_migrations" in said and "a tool's own" in said
    said = project.weir("add", str(tmp_path / "shop.db"))
    assert "next: weir run" in said and "1 empty table not staged" in said
    assert f"SHOP_URL='sqlite:///{tmp_path}/shop.db'" in (tmp_path / "home/.env").read_text()
    declared = yaml.safe_load((project.folder / "models/staging/shop/_shop__sources.yml").read_text())["sources"][0]
    tables = {each["name"]: each["config"]["meta"] for each in declared["tables"]}
    assert tables == {
        "customers": {"key": ["customer_id"], "exclude": ["passwordHash"]}, "orders": {"key": ["order_id"]},
        "empty_one": {"key": ["id"]},
    }  # fmt: skip
    model = (project.folder / "models/staging/shop/stg_shop__customers.sql").read_text()
    assert (
        model
        == """-- Grain: one row per customer.
with typed as (
    select
        -- ids
        {{ parse('customer_id', 'bigint') }} as customer_id,
        -- text
        "E-Mail" as e_mail,
        "order" as customer_order,
        -- booleans
        {{ parse('active', 'boolean') }} as active,
        -- dates (no zone at the source: taken for UTC)
        {{ parse('created_at', 'timestamp') }} as created_at,
        {{ carry(key=['customer_id']) }}
    from {{ source('shop', 'customers') }}
)

-- tried on 2 rows: none rejected
select
    *,
    {{ reject({
        'created_at is before 1900 or in the future':
            "created_at < '1900-01-01' or created_at > _as_of + interval '1 day'",
    }) }}
from typed
"""
    )
    tested = yaml.safe_load((project.folder / "models/staging/shop/stg_shop__orders.yml").read_text())["models"][0]
    assert {"one_row_per": {"arguments": {"columns": ["order_id"]}}} in tested["data_tests"]
    assert {"never_null": {"arguments": {"columns": ["customer_id"]}}} in tested["data_tests"]
    kept = {"arguments": {"predicate": "(closed_on < opened_on) is not true"}, "config": {"severity": "warn"}}
    assert {"holds": kept} in tested["data_tests"]
    by_name = {each["name"]: each["data_tests"][0] for each in tested["columns"]}
    assert by_name["customer_id"]["relationships"]["arguments"] == {"to": "ref('stg_shop__customers')",
                                                                    "field": "customer_id"}  # fmt: skip
    assert by_name["status"]["accepted_values"]["arguments"]["values"] == ["open", "paid"]
    assert by_name["status"]["accepted_values"]["config"] == {"severity": "warn"}
    assert "abc" not in json.dumps(project.models()) and "ann@" not in json.dumps(project.models())
    linted = ["--config", str(ROOT / "pyproject.toml"), str(project.folder / "models/staging/shop")]
    done = subprocess.run([str(BIN / "sqlfluff"), "lint", *linted], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    done = subprocess.run([str(BIN / "yamllint"), "-c", ROOT / ".yamllint.yaml", project.folder / "models"], cwd=ROOT)
    assert done.returncode == 0
    assert "nothing has changed" in project.weir("add", "shop")
    assert "shop already" in project.weir("add", str(tmp_path / "shop.db"), exit_code=1)


def test_drift_is_shown_and_applied_and_hand_edits_stay(
    project: Project, shop: sqlite3.Connection, tmp_path: Path
) -> None:
    project.weir("add", str(tmp_path / "shop.db"), "--marts")
    folder = project.folder / "models/staging/shop"
    model, source = folder / "stg_shop__orders.sql", folder / "_shop__sources.yml"
    model.write_text(
        model.read_text().replace("-- Grain: one row per order.", "-- Grain: one row per order.\n-- Mine.")
    )
    source.write_text(source.read_text().replace("- name: orders", "- name: orders  # ours"))
    shop.executescript("""
        alter table orders add column shipped_on date; alter table orders drop column ordered_on;
        alter table orders drop column opened_on;
        create table coupons (code text primary key, worth numeric); insert into coupons values ('A', 1);
        drop table customers;
    """)
    before = project.models()
    said = project.weir("add", "shop")
    for line in ("coupons   table came", "customers table went", "orders    column came shipped_on"):
        assert line in " ".join(said.split(" ")) or line.split()[0] in said
    assert project.models() == before, "only --write edits"
    project.weir("add", "shop", "--write")
    text = model.read_text()
    assert "-- Mine." in text and "shipped_on" in text and "ordered_on" not in text.split("\n)\n")[0]
    assert "# ours" in source.read_text() and "coupons" in source.read_text() and "customers" not in source.read_text()
    assert not (folder / "stg_shop__customers.sql").exists()
    assert not (project.folder / "models/marts/shop/shop_customers.sql").exists()
    assert (folder / "stg_shop__coupons.sql").exists() and (
        project.folder / "models/marts/shop/shop_coupons.sql"
    ).exists()
    tested = (folder / "stg_shop__orders.yml").read_text()
    assert "ref('stg_shop__customers')" not in tested and "opened_on" not in tested
    assert "nothing has changed" in project.weir("add", "shop")
    project.run("dbt", "parse")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["add", "nowhere"], "nowhere is no address, no folder, no SQLite file and no source of the project"),
        (["add", "postgresql://u:s3cret@127.0.0.1:1/x", "--as", "x"], "X_URL"),
        (["add", "sqlite:////nowhere.db", "--as", "x"], "there is no file /nowhere.db"),
        (["add", "sqlite:////nowhere.db", "--as", "Two Words"], "say --as NAME"),
        (["add", "sqlite:////nowhere.db", "--as", "ops"], "say --as NAME"),
        (["add", "gopher://x/y", "--as", "x"], "X_URL has the scheme 'gopher'"),
        (["add", "postgresql://[::1/x", "--as", "x"], "the address"),
    ],
)
def test_bad_input_is_one_line(project: Project, words: list[str], line: str) -> None:
    before = project.models()
    said = project.weir(*words, exit_code=1)
    assert line in said and "s3cret" not in said and len(said.strip().splitlines()) == 1, said
    assert project.models() == before


def test_a_name_that_is_taken_is_refused(project: Project, shop: sqlite3.Connection, tmp_path: Path) -> None:
    (project.folder / "models/staging/shop").mkdir(parents=True)
    (project.folder / "models/staging/shop/stg_shop__orders.sql").write_text("select 1 as mine")
    said = project.weir("add", str(tmp_path / "shop.db"), exit_code=1)
    assert "stg_shop__orders.sql exists already" in said
    assert "SHOP_URL" not in ((tmp_path / "home/.env").read_text() if (tmp_path / "home/.env").exists() else "")
    said = project.weir("add", str(tmp_path / "shop.db"), "--as", "other", OTHER_URL="sqlite:////x.db", exit_code=1)
    assert "OTHER_URL holds another address already" in said
    assert "no table named nope" in project.weir(
        "add", str(tmp_path / "shop.db"), "--as", "o", "--tables", "nope", exit_code=1
    )


def test_nothing_of_a_source_is_taken_for_jinja_or_sql(project: Project, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "odd.db") as odd:
        odd.executescript("""
            create table a (id integer primary key, status text, kind text, "{{ 1 / 0 }}" text, note text);
            create table "{{ env_var('WEIR_PG_PASSWORD') }}" (id integer primary key);
        """)
        odd.execute("""insert into "{{ env_var('WEIR_PG_PASSWORD') }}" values (1)""")
        rows = [(n, ("{{ 1/0 }}", "{% x %}")[n % 2], ("it's", "a\nb")[n % 2], "x", "-- {{ 1/0 }}") for n in range(400)]
        odd.executemany("insert into a values (?, ?, ?, ?, ?)", rows)
    said = project.weir("add", str(tmp_path / "odd.db"))
    assert "take for Jinja" in " ".join(said.split())
    text = "".join(text for name, text in project.models().items() if name.endswith(".yml") and "/odd/" in name)
    assert "accepted_values" not in text and "{{" not in text and "{%" not in text
    project.run("dbt", "parse", WEIR_PG_PASSWORD="secret")


def test_a_file_that_somebody_has_changed_is_never_deleted(
    project: Project, shop: sqlite3.Connection, tmp_path: Path
) -> None:
    project.weir("add", str(tmp_path / "shop.db"))
    model = project.folder / "models/staging/shop/stg_shop__orders.sql"
    model.write_bytes(model.read_bytes().replace(b"-- Grain", b"-- Mine\r\n-- Grain").replace(b"\n", b"\r\n"))
    shop.executescript("alter table orders add column shipped_on date")
    project.weir("add", "shop", "--write")
    assert b"\r\n" in model.read_bytes() and "shipped_on" in model.read_text()
    shop.executescript("drop table orders")
    said = project.weir("add", "shop", "--write")
    assert "somebody has changed the file" in " ".join(said.split()) and "-- Mine" in model.read_text()
