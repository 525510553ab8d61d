"""dbt's docs by hand on Spark; the lake and tables of another warehouse; a person who was forgotten."""

import json
from pathlib import Path

import pytest

from tests.support.commands import query
from tests.support.shop_on_spark import ORDERS, Shop

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.timeout(900)]


def test_dbt_docs_show_the_tables_of_dev_as_spark_has_them(shop: Shop) -> None:
    shop.call("dbt", "build")
    shop.call("dbt", "docs", "generate")
    catalog = json.loads((shop.home / "target" / "dev-spark" / "catalog.json").read_text())
    assert catalog["errors"] is None
    shown = {
        name: {column: facts["type"] for column, facts in table["columns"].items()}
        for name, table in (catalog["nodes"] | catalog["sources"]).items()
    }
    assert {*shown} == {
        "model.small.dim_people", "model.small.fct_orders", "model.small.stg_leads__people",
        "model.small.stg_shop__orders", "source.small.leads.people", "source.small.shop.orders",
    }  # fmt: skip
    assert shown["model.small.fct_orders"] == {"order_id": "long", "amount": "decimal(12,2)"}, "Spark's own words"
    assert shown["model.small.stg_shop__orders"]["amount"] == "decimal(12,2)"
    assert shown["source.small.shop.orders"]["amount"] == "string"
    assert catalog["nodes"]["model.small.fct_orders"]["metadata"]["schema"] == "dev_analytics"
    shop.call("dbt", "docs", "generate", "--target", "prod")
    published = json.loads((shop.home / "target" / "prod-docs" / "catalog.json").read_text())["nodes"]
    assert published["model.small.fct_orders"]["columns"]["amount"]["type"] == "numeric(12,2)", "PostgreSQL's marts"


def test_another_warehouse_gets_neither_the_lake_nor_the_tables(shop: Shop, tmp_path: Path) -> None:
    other, before = Shop(tmp_path), (shop.files("lake"), query(shop.home, ORDERS))
    other.spark = shop.spark
    try:
        for lake, said in (
            (shop.settings["WEIR_LAKE"], "belongs to another warehouse (database weir, server "),
            (other.settings["WEIR_LAKE"], " on Spark belongs to another warehouse's lake: drop it there, or give this"),
        ):
            other.settings["WEIR_LAKE"] = lake
            assert said in other.call("weir", "run", exit_code=1)
        assert query(other.home, "select to_regclass('analytics.fct_orders') is null") == [(True,)]
    finally:
        other.call("weir", "down")
    assert (shop.files("lake"), query(shop.home, ORDERS)) == before


PERSONAL = "[{name: email, config: {meta: {pii: email}}}, {name: name, config: {meta: {pii: name}}}]"


def test_a_forgotten_person_is_in_no_file_of_the_lake_or_of_spark(shop: Shop) -> None:
    """Not as a row, in an old version, in the log of a table; nor in a table that dbt by hand has made."""
    marts = Path(shop.settings["WEIR_PROJECT_DIR"]) / "models/marts/_marts.yml"
    marked = f"- name: dim_people\n    columns: {PERSONAL}\n"
    staged = f"  - name: stg_leads__people\n    columns: {PERSONAL}\n"
    marts.write_text(marts.read_text().replace("- name: dim_people\n", marked) + staged)
    shop.company.people("c.csv", ["zoe.quirk@x.io,Zoe Quirkwell"])
    shop.call("weir", "run")
    shop.call("dbt", "build")
    shop.company.people("c.csv", ["zoe.quirk@x.io,Zoe Quirkwell-Lee"])
    shop.call("weir", "run")
    assert {path.split("/")[1] for path in shop.holding("quirk")} >= {"raw_leads", "warehouse"}
    shop.company.people("c.csv", [])
    told = shop.call("weir", "forget", "leads.people", "zoe.quirk@x.io", "--because", "asked")
    assert "the lake and Spark's tables, until the next command on Spark" in told
    assert query(shop.home, "select count(*) from analytics.dim_people") == [(2,)]
    assert query(shop.home, "select rows from ops.spark_staging where model = 'stg_leads__people'") == [(2,)]
    told = shop.call("weir", "run")
    assert "Somebody was forgotten since the last build: Spark's tables are made anew." in told
    assert (shop.holding("quirk"), query(shop.home, "select count(*) from analytics.dim_people")) == ([], [(2,)])
    assert "Verified: nothing was lost." in shop.call("weir", "verify")
    shop.call("dbt", "build")
    assert "Somebody was forgotten" not in shop.call("weir", "run") and shop.holding("quirk") == []
