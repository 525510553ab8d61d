"""The selects of the staging models as dbt has compiled them, kept while the code stays as it is.

In: dbt's results. Out: a StagingModel each, with `CLOCK` where a row's load has its own moment. Compiling takes dbt
five seconds; a build has compiled them anyway.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from weir.core.settings import home, project_dir
from weir.ledger.verify import StagingModel, clock
from weir.project.code import digest

STAGED = "config.materialized:staged"


def models_of(results: Iterable[Any], sources: Mapping[str, Mapping[str, Any]]) -> list[StagingModel]:
    """The staging models among dbt's results that are compiled, by name; `sources` are those of dbt's manifest."""
    found = []
    for result in results:
        node = result.node
        if _is_staged(node) and node.compiled_code:
            source = next(sources[name] for name in node.depends_on.nodes if name in sources)
            place = source["source_name"], source["name"], source["relation_name"]
            found.append(StagingModel(node.name, *place, node.compiled_code))
    return sorted(found, key=lambda model: model.name)


def keep(results: Iterable[Any], manifest: Any) -> None:
    """Keep the selects that a build has compiled; those of no build that left a staging model out."""
    models = models_of(results, {name: source.to_dict() for name, source in manifest.sources.items()})
    staged = [node for node in manifest.nodes.values() if _is_staged(node)]
    now = clock(os.environ.get("WEIR_AS_OF", ""))
    if models and len(models) == len(staged):
        told = [asdict(model) | {"code": model.code.replace(now, clock())} for model in models]
        with suppress(OSError):  # a full disk is no reason for the build to fail
            _file().write_text(json.dumps({"made_by": _made_by(), "models": told}))


def kept() -> list[StagingModel] | None:
    """The selects that the last build kept; None where the code has changed since."""
    try:
        told = json.loads(_file().read_text())
        return [StagingModel(**model) for model in told["models"]] if told["made_by"] == _made_by() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_staged(node: Any) -> bool:
    return bool(node.resource_type == "model" and str(node.config.materialized) == "staged")


def _made_by() -> list[str]:
    """What decides how a select is compiled: the project's code, dbt, and the warehouse's name."""
    from weir.warehouse import parts_of, url_of

    return [digest(project_dir()), version("dbt-core"), str(parts_of(url_of())["database"])]


def _file() -> Path:
    return home() / "target" / "staging.json"
