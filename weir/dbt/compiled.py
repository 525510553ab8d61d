"""Compiles the selects of the staging models."""

import json

from weir.core.errors import WeirError
from weir.core.settings import home
from weir.ledger.verify import CLOCK, StagingModel
from weir.project.marts import manifest_path


def compile_project() -> None:
    """Compile the whole project for target prod, as it is now. Raises WeirError when it can't be compiled."""
    from weir.dbt.engine import Dbt, prepare
    from weir.dbt.results import summary

    prepare(CLOCK)
    compiled = summary(Dbt("--quiet", "--no-print").invoke("compile").result)
    if not compiled.passed:
        raise WeirError(f"the project can't be compiled: {compiled.sentence}")


def staging_models(aside: bool = False) -> list[StagingModel]:
    """The staging models with their select compiled. Raises WeirError when the project can't be compiled.

    With `aside`, dbt works in a folder of its own, so that a run that is under way is not disturbed.
    """
    from weir.dbt.engine import Dbt, prepare
    from weir.dbt.results import summary

    prepare(CLOCK)
    options, manifest = ["--quiet", "--no-print"], manifest_path()
    if aside:
        folder = home() / "target" / "aside"
        folder.mkdir(parents=True, exist_ok=True)
        options, manifest = [*options, "--target-path", str(folder)], folder / "manifest.json"
    outcome = Dbt(*options).invoke("compile", "--select", "config.materialized:staged")
    compiled = summary(outcome.result)
    if not compiled.passed:
        raise WeirError(f"nothing is compared, for a staging model can't be compiled: {compiled.sentence}")
    known = json.loads(manifest.read_text())["sources"]
    found = []
    for result in outcome.result:
        node = result.node
        if node.resource_type == "model" and str(node.config.materialized) == "staged":
            source = next(known[name] for name in node.depends_on.nodes if name in known)
            found.append(
                StagingModel(
                    node.name, source["source_name"], source["name"], source["relation_name"], node.compiled_code
                )
            )
    return sorted(found, key=lambda model: model.name)
