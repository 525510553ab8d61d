"""What depends on a place of dbt's graph: right for tables, sources, models, tests, seeds, and for everything."""

import json
from pathlib import Path
from typing import Any

import pytest

from weir.incidents.downstream import EVERYTHING, Downstream, downstream, reaches


def node(name: str, schema: str = "intermediate", materialized: str = "table", alias: str = "") -> dict[str, Any]:
    return {"name": name, "alias": alias or name, "schema": schema, "resource_type": "model",
            "config": {"materialized": materialized}}  # fmt: skip


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    nodes = {
        "model.w.stg_app__users": node("stg_app__users", "staging"),
        "model.w.stg_app__plans": node("stg_app__plans", "staging"),
        "model.w.int_users": node("int_users"),
        "model.w.dim_users": node("dim_users", "analytics_next"),
        "model.w.dim_plans": node("dim_plans_v2", "analytics_next", alias="dim_plans"),
        "model.w.fct_orders": node("fct_orders", "analytics_next"),
        "model.w.helper": node("helper", "analytics_next", "ephemeral"),
        "seed.w.prices": node("prices", "seeds") | {"resource_type": "seed"},
        "test.w.unique": node("unique", "tests") | {"resource_type": "test"},
    }
    sources = {
        f"source.w.{source}.{table}": {"source_name": source, "name": table}
        for source, table in [("app", "users"), ("app", "plans"), ("app", "notes"), ("shop", "orders")]
    }
    children = {
        "source.w.app.users": ["model.w.stg_app__users"],
        "source.w.app.plans": ["model.w.stg_app__plans"],
        "source.w.shop.orders": ["model.w.fct_orders"],
        "model.w.stg_app__users": ["model.w.int_users", "test.w.unique"],
        "model.w.stg_app__plans": ["model.w.dim_plans"],
        "model.w.int_users": ["model.w.dim_users", "model.w.helper"],
        "model.w.helper": ["model.w.dim_users"],
        "seed.w.prices": ["model.w.dim_plans"],
        "model.w.dim_users": ["exposure.w.board"],
        "model.w.fct_orders": ["exposure.w.board", "exposure.w.mail"],
    }
    exposures = {"exposure.w.board": {"name": "board", "label": "the board"}, "exposure.w.mail": {"name": "mail"}}
    path.write_text(json.dumps({"nodes": nodes, "sources": sources, "child_map": children, "exposures": exposures}))
    return path


@pytest.mark.parametrize(
    ("names", "marts", "exposures"),
    [
        (["app.users"], ("dim_users",), ("the board",)),
        (["app"], ("dim_plans", "dim_users"), ("the board",)),
        (["app.notes"], (), ()),
        (["shop.orders"], ("fct_orders",), ("mail", "the board")),
        (["int_users"], ("dim_users",), ("the board",)),
        (["model.w.int_users"], ("dim_users",), ("the board",)),
        (["dim_plans"], ("dim_plans",), ()),
        (["dim_plans_v2"], ("dim_plans",), ()),
        (["seed.w.prices"], ("dim_plans",), ()),
        (["prices"], ("dim_plans",), ()),
        (["app", "shop"], ("dim_plans", "dim_users", "fct_orders"), ("mail", "the board")),
        ([EVERYTHING], ("dim_plans", "dim_users", "fct_orders"), ("mail", "the board")),
        (["nobody"], (), ()),
        ([], (), ()),
    ],
)
def test_what_depends_on_it(
    manifest: Path, names: list[str], marts: tuple[str, ...], exposures: tuple[str, ...]
) -> None:
    assert downstream(tuple(names), manifest) == Downstream(marts, exposures, 3)


def test_what_stands_on_what(manifest: Path) -> None:
    assert reaches(("app.users",), "int_users", manifest)
    assert not reaches(("app.plans",), "int_users", manifest)
    assert reaches(("int_users",), "dim_users", manifest)
    assert not reaches(("int_users",), "dim_users", manifest.with_name("none.json"))


@pytest.mark.parametrize("text", [None, "", "{", "{}", '{"nodes": 3}', "[]"])
def test_without_a_manifest_that_can_be_read_nothing_depends(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "manifest.json"
    if text is not None:
        path.write_text(text)
    assert downstream((EVERYTHING,), path) == Downstream()
