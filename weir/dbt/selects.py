"""The selects of the staging models as dbt has compiled them, kept while the code stays as it is.

In: dbt's results. Out: a StagingModel each, with `CLOCK` where a row's load has its own moment. Compiling takes dbt
five seconds; a build has compiled them anyway. Those for Spark are kept apart.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

from weir.core.errors import WeirError
from weir.core.settings import project_dir
from weir.dbt import kept_files
from weir.dbt.environment import is_on_spark
from weir.ledger.verify import StagingModel, clock
from weir.project.code import digest

STAGED = "config.materialized:staged"


def models_of(results: Iterable[Any], sources: Mapping[str, Mapping[str, Any]]) -> list[StagingModel]:
    """The staging models among dbt's results that are compiled, by name; `sources` are those of dbt's manifest.

    Raises WeirError for one that reads no source.
    """
    found = []
    for result in results:
        node = result.node
        if _is_staged(node) and node.compiled_code:
            source = next((sources[name] for name in node.depends_on.nodes if name in sources), None)
            if source is None:
                path = node.original_file_path
                raise WeirError(f"{path}: the staged model {node.name} reads no source; name one by source()")
            place = source["source_name"], source["name"], source["relation_name"]
            found.append(StagingModel(node.name, *place, node.compiled_code))
    return sorted(found, key=lambda model: model.name)


def keep(results: Iterable[Any], manifest: Any) -> None:
    """Keep the selects that a build has built; those of the models that it left out stay.

    A model is kept as it was built: what macros make of its source's columns changes without the code.
    """
    built = [result for result in results if result.status == "success"]
    spark = is_on_spark()
    now = clock(os.environ.get("WEIR_AS_OF", ""), spark)
    made_by, models = _made_by(), {model.name: model for model in _kept(spark)}
    for model in models_of(built, {name: source.to_dict() for name, source in manifest.sources.items()}):
        models[model.name] = replace(model, code=model.code.replace(now, clock(spark=spark)))
    staged = sorted(node.name for node in manifest.nodes.values() if _is_staged(node))
    told = [asdict(models[name]) for name in staged if name in models]
    kept_files.write(_name(spark), {"made_by": made_by, "staged": staged, "models": told})


def kept(spark: bool = False) -> list[StagingModel] | None:
    """The selects that the last builds kept; None where the code has changed since, or a model was not built."""
    models, staged = _kept(spark), kept_files.read(_name(spark)).get("staged")
    return models if models and [model.name for model in models] == staged else None


def _kept(spark: bool) -> list[StagingModel]:
    """Read the selects that were kept of this code, complete or not."""
    told = kept_files.read(_name(spark))
    try:
        return [StagingModel(**model) for model in told["models"]] if told["made_by"] == _made_by() else []
    except (KeyError, TypeError):
        return []


def _name(spark: bool) -> str:
    return "staging-spark" if spark else "staging"


def _is_staged(node: Any) -> bool:
    return bool(node.resource_type == "model" and str(node.config.materialized) == "staged")


def _made_by() -> list[str]:
    """What decides how a select is compiled: the project's code, dbt, and the warehouse's name."""
    from weir.warehouse import parts_of, url_of

    return [digest(project_dir()), version("dbt-core"), str(parts_of(url_of())["database"])]
