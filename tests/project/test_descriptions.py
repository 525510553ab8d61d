"""dbt's docs leave nobody guessing: all that they show is described, and macros' arguments are those they take."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.shallow import shallow
from weir.core.settings import ROOT

Manifest = dict[str, Any]
SIGNATURE = re.compile(r"\{%-?\s*(?:macro|test)\s+\w+\s*\((.*?)\)\s*-?%\}", re.S)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The manifest that dbt parses; parsing asks no warehouse."""
    from dbt.cli.main import dbtRunner

    folder = tmp_path_factory.mktemp("target")
    folders = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT), "--target-path", str(folder)]
    result = shallow(dbtRunner().invoke, ["--quiet", "--log-path", str(folder), "parse", *folders])
    assert result.success, result.exception
    found: Manifest = json.loads(Path(folder, "manifest.json").read_text())
    return found


def described(node: dict[str, Any]) -> bool:
    """Whether the node says what it is, in more than its own name."""
    return len((node.get("description") or "").split()) > 1


def ours(manifest: Manifest, kind: str) -> list[dict[str, Any]]:
    """The project's own nodes of the kind; dbt makes tests' names and hooks itself."""
    nodes = [node for node in manifest[kind].values() if node.get("package_name") == "weir"]
    return [node for node in nodes if node["resource_type"] not in {"test", "operation"}]


def test_models_seeds_sources_and_exposures_are_described(manifest: Manifest) -> None:
    nodes = [node for kind in ("nodes", "sources", "exposures") for node in ours(manifest, kind)]
    assert {node["resource_type"] for node in nodes} == {"model", "seed", "source", "exposure", "analysis"}
    assert [node["unique_id"] for node in nodes if not described(node)] == []
    assert [node["unique_id"] for node in ours(manifest, "sources") if not node["source_description"]] == []


def test_columns_are_described(manifest: Manifest) -> None:
    nodes = [*ours(manifest, "nodes"), *ours(manifest, "sources")]
    assert [node["name"] for node in nodes if node["resource_type"] != "source" and not node["columns"]] == []
    wrong = [
        f"{node['name']}.{name}" for node in nodes for name, column in node["columns"].items()
        if len((column["description"] or "").strip()) < 4
    ]  # fmt: skip
    assert wrong == []


def test_macros_are_described_with_the_arguments_that_they_take(manifest: Manifest) -> None:
    # What stands behind a dispatch (postgres__add_days) is shown by dbt as part of the macro that calls it.
    macros = [macro for macro in ours(manifest, "macros") if "__" not in macro["name"]]
    assert len(macros) > 80
    assert [macro["name"] for macro in macros if not described(macro)] == []
    for macro in macros:
        found = SIGNATURE.search(macro["macro_sql"])
        text = re.sub(r"\{.*?\}|\[.*?\]", "", found.group(1), flags=re.S) if found else ""
        names = [part.split("=")[0].strip() for part in text.split(",") if part.strip()]
        assert [argument["name"] for argument in macro["arguments"]] == names, macro["name"]
        assert all(described(argument) and argument["type"] for argument in macro["arguments"]), macro["name"]


def test_the_front_page_is_ours_and_its_links_lead_somewhere(manifest: Manifest) -> None:
    pages = {name: doc["block_contents"] for name, doc in manifest["docs"].items() if name.startswith("doc.weir.__")}
    assert set(pages) == {"doc.weir.__overview__", "doc.weir.__weir__"}
    linked = {name for page in pages.values() for name in re.findall(r"#!/model/(model\.weir\.\w+)", page)}
    assert linked - set(manifest["nodes"]) == set()
    marts = {
        name for name, node in manifest["nodes"].items() if node["fqn"][1] == "marts" and name.startswith("model.")
    }
    assert marts - linked == set(), "a mart that the page of marts does not list"


def test_each_layer_has_its_colour_and_who_answers_for_it(manifest: Manifest) -> None:
    nodes = [node for node in ours(manifest, "nodes") if node["resource_type"] in {"model", "seed"}]
    assert [node["name"] for node in nodes if not node["config"]["group"] or not node["docs"]["node_color"]] == []
    owners = {group["name"]: group["owner"]["name"] for group in manifest["groups"].values()}
    assert all(owners.values()) and {node["config"]["group"] for node in nodes} <= set(owners)
