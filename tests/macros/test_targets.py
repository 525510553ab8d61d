"""Targets: dev builds beside, prod is refused by hand, its docs show marts where readers find them; generic tests."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.dbt import refuse
from tests.support.shop import MODEL, ROOT, Shop, messages
from weir.core.errors import WeirError
from weir.dbt import engine, policy

A = {"order_id": "1", "amount": "1"}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed command `dbt`, as a person types it."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    words = [sys.executable, "-m", "cli.dbt", *arguments]
    return subprocess.run(words, capture_output=True, text=True, env=settings | {"PYTHONPATH": str(ROOT)}, timeout=120)


def test_prod_is_refused_by_hand_and_let_through_for_the_flow(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    for verb in ("run", "build", "seed"):
        with pytest.raises(WeirError, match=r"type `weir build` then `weir publish`"):
            refuse(verb, "prod")
    refuse("test", "prod")
    refuse("run", "dev")
    # dbt's own entry points, without our command, are refused by the project itself.
    assert "is not for use by hand" in messages(shop.dbt("run", "--target", "prod"))
    assert shop.rows("select count(*), to_regclass('staging.stg_shop__orders') from ops.ledger") == [(0, None)]
    monkeypatch.setenv("WEIR_RUN", "1")
    shop.build("--target", "prod")
    assert shop.rows("select count(*) from staging.stg_shop__orders, ops.ledger") == [(1,)]


def test_a_page_of_dbt_runs_its_own_scripts_only(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("<html><head></head><script>run('<script>')</script><script src='a.js'></script></html>")
    policy.protect(page)
    policy.protect(page)
    text = page.read_text()
    own = base64.b64encode(hashlib.sha256(b"run('<script>')").digest()).decode()
    assert f"script-src 'self' 'sha256-{own}'" in text and "script-src 'self' 'unsafe-inline'" not in text
    assert text.count("<meta") == 1
    policy.protect(tmp_path / "no such page")


@pytest.mark.slow
def test_the_command_refuses_builds_and_documents(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    shop.write("models/marts/fct.sql", "{{ config(contract={'enforced': false}) }} select 1 as a")
    refused = command("run", "--target=prod")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "`weir publish`" in refused.stderr
    assert refused.stderr.count("\n") == 1
    both = "select a from {{ ref('fct') }} inner join {{ ref('stg_shop__orders') }} on a = order_id where a > 1"
    shop.write("tests/dbt/both.sql", both)
    part = command("build", "--select", "fct")
    assert part.returncode == 0, f"a test that needs a model which nobody built is left for later: {part.stdout}"
    built = command("build")
    assert built.returncode == 0 and "PASS both" in built.stdout, built.stdout
    assert shop.rows("select count(*) from dev_analytics.fct") == [(1,)]
    documented = command("docs", "generate", "--target", "prod")
    assert documented.returncode == 0, documented.stdout
    manifest = json.loads((shop.folder.parent / "home/target/prod-docs/manifest.json").read_text())
    assert manifest["nodes"]["model.weir.fct"]["schema"] == "analytics"
    shop.write("analyses/how_many.sql", "-- How many are there?\nselect count(*) from {{ ref('fct') }}")
    asked = command("--quiet", "compile", "--target", "prod", "--select", "how_many")
    assert asked.returncode == 0 and '."analytics"."fct"' in asked.stdout, "a question is asked of what readers see"
    page = (shop.folder.parent / "home/target/prod-docs/index.html").read_text()
    assert page.count("Content-Security-Policy") == 1 and "script-src 'self' 'sha256-" in page
    assert shop.rows("select count(*) from pg_class where relnamespace = to_regnamespace('analytics_next')") == [(0,)]


INCREMENTAL = (
    "{{ config(materialized='incremental', contract={'enforced': true}, on_schema_change='ignore') }} select 1 as a"
)
TESTED = "models: [{{name: a, data_tests: [{{one_row_per: {{arguments: {{columns: [a]}}, config: {{{}}}}}}}]}}]"


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("models/a.sql", INCREMENTAL, "a (models/a.sql): Parsing Error at path []: Invalid value for"),
        (
            "models/a.sql",
            "{{ config(enabled='x') }} select 1 as a",
            "a (models/a.sql): Parsing Error at path ['ena",
        ),
        (
            "models/a.sql",
            "{{ config(meta='x') }} select 1 as a",
            "a (models/a.sql): Internal Error expected dict",
        ),
        (
            "models/_m.yml",
            TESTED.format("severity: bogus"),
            "(models/_m.yml): Parsing Error at path []: Severity",
        ),
        ("models/_m.yml", TESTED.format("limit: x"), '(models/_m.yml): Field "limit" of type Optional[int]'),
        ("models/a.sql", "select {{ 1 as a", "Compilation Error in model a (models/a.sql) expected token"),
    ],
)
def test_what_dbt_can_not_read_is_named(shop: Shop, path: str, text: str, says: str) -> None:
    """dbt tells of many such faults neither model nor file."""
    shop.write("models/a.sql", "select 1 as a")
    shop.write(path, text)
    with pytest.raises(WeirError) as told:
        engine.Dbt().parse()
    assert str(told.value).startswith("dbt parse can't start: ") and says in str(told.value)


def test_dbt_can_write_neither_what_readers_see_nor_what_landed(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    shop.execute("create table analytics.fct as select 1 as a")
    for table in ("analytics.fct", "raw_shop.orders"):
        hook = f"{{{{ config(schema='test', post_hook='delete from {table}') }}}} select 1 as a"
        shop.write("models/careless.sql", hook)
        assert "permission denied" in messages(shop.dbt("run", "--select", "careless"))
        assert shop.rows(f"select count(*) from {table}") == [(1,)]


@pytest.mark.slow
def test_the_moment_of_the_run_costs_no_full_parse(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write("models/now.sql", "{{ config(materialized='table', schema='test') }} select {{ as_of() }} as as_of")
    for day in ("2024-01-01", "2024-01-02"):
        monkeypatch.setenv("WEIR_AS_OF", day)
        result = command("run", "--log-level", "debug")
        assert result.returncode == 0, result.stdout
        assert shop.rows("select as_of::date::text from dev_test.now") == [(day,)]
    assert "Nothing changed, skipping partial parsing" in result.stdout


def test_generic_tests_and_unit_tests_of_staged_models(shop: Shop) -> None:
    shop.table("orders", MODEL.replace("'amount < 0'", "\"amount < 0\", 'later': \"_as_of > timestamp '2030-01-01'\""))
    shop.land("orders", 1, [A, {"order_id": "2"}, {"order_id": "3"}])
    shop.write(
        "models/staging/shop/_tests.yml",
        """
models:
  - name: stg_shop__orders
    data_tests:
      - one_row_per: {arguments: {columns: [order_id]}}
      - one_row_per: {name: amounts, arguments: {columns: [amount]}}
      - no_row_twice: {name: twice, arguments: {but: [order_id]}}
      - no_row_twice: {name: differ, arguments: {but: [amount]}}
      - holds: {arguments: {predicate: "amount > 0"}}
      - equal_rowcount: {arguments: {other: "source('shop', 'orders')"}}
unit_tests:
  - name: rules
    model: stg_shop__orders
    overrides: {vars: {as_of: "2031-01-01T00:00:00Z"}}
    given:
      - input: source('shop', 'orders')
        rows:
          - {order_id: "01", amount: "1.5"}
          - {_op: delete, order_id: "2"}
    expect:
      rows:
        - {order_id: 1, amount: "1.50", _key: "1", _reasons: later}
        - {order_id: 2, amount: null, _key: "2", _reasons: null}
""",
    )
    result = shop.dbt("build")
    failed = {node.node.name for node in result.result if node.status == "fail"}
    assert failed == {"amounts", "twice", "holds_stg_shop__orders_amount_0"}, messages(result)


def test_the_ledger_and_quarantine_of_dev_have_the_columns_of_prod(shop: Shop) -> None:
    """Two texts make them: schema/3_ledger.sql for prod, make_ledger for dev."""
    shop.table("orders")
    shop.land("orders", 1, [{"order_id": "1", "amount": "1"}])
    shop.build()
    query = """select attname::text, format_type(atttypid, atttypmod), attnotnull from pg_attribute
        where attrelid = '{}'::regclass and attnum > 0 and not attisdropped order by attnum"""
    for name in ("ops.ledger", "ops.staged_code", "quality.quarantine"):
        assert shop.rows(query.format(f"dev_{name}")) == shop.rows(query.format(name)) != []
