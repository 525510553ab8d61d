"""Which nodes of a project read the clock."""

import json
from pathlib import Path
from typing import Any

from weir.project.clock import readers


def node(name: str, code: str = "select 1", macros: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A node of dbt's manifest."""
    kind = {"resource_type": "model", "config": {"materialized": "table"}}
    return kind | {"name": name, "raw_code": code, "depends_on": {"macros": list(macros)}} | more


def test_models_and_tests_read_the_clock_by_a_macro_or_by_a_word(tmp_path: Path) -> None:
    nodes = [
        node("by_macro", macros=("macro.shop.as_of",)),
        node("by_a_macro_below", macros=("macro.shop.is_late",)),
        node("by_variable", "select {{ var('as_of') }} as today"),
        node("by_function", "select now ( ) as today"),
        node("a_test", "select CURRENT_DATE", resource_type="test", config={}),
        node("by_an_argument", resource_type="test", config={}, test_metadata={"kwargs": {"predicate": "a < now()"}}),
        node("of_another_name", "select as_of_month from features", ("macro.shop.round",)),
        node("staged", macros=("macro.shop.as_of",), config={"materialized": "staged"}),
        node("a_question", macros=("macro.shop.as_of",), resource_type="analysis"),
    ]
    macros = {
        "macro.shop.as_of": ["macro.shop.as_of_text"],
        "macro.shop.as_of_text": [],
        "macro.shop.is_late": ["macro.shop.round", "macro.shop.as_of"],
        "macro.shop.round": ["macro.shop.round"],
    }
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({
        "nodes": {f"model.shop.{each['name']}": each for each in nodes},
        "macros": {name: {"depends_on": {"macros": below}} for name, below in macros.items()},
    }))  # fmt: skip
    assert readers(manifest) == [
        "a_test", "by_a_macro_below", "by_an_argument", "by_function", "by_macro", "by_variable",
    ]  # fmt: skip
