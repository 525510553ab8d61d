"""Compiles the selects of the staging models."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from weir import warehouse
from weir.core.errors import WeirError
from weir.core.settings import home
from weir.dbt import selects
from weir.ledger.staged import on_spark
from weir.ledger.verify import CLOCK, StagingModel
from weir.project.marts import manifest_path


def compile_project() -> None:
    """Compile the whole project for target prod, as it is now. Raises WeirError when it can't be compiled."""
    from weir.dbt.engine import Dbt, prepare
    from weir.dbt.results import summary

    prepare(CLOCK)
    compiled = summary(Dbt().compile_all())
    if not compiled.passed:
        raise WeirError(f"the project can't be compiled: {compiled.sentence}")


def staging_models(aside: bool = False) -> list[StagingModel]:
    """The staging models with their select compiled for PostgreSQL, also where Spark builds.

    With `aside`, dbt works in a folder of its own, so that a run that is under way is not disturbed. Raises WeirError
    when the project can't be compiled.
    """
    from weir.dbt.engine import Dbt, prepare
    from weir.dbt.environment import of_postgres

    os.environ |= of_postgres()  # for the rest of the process, which has nothing to do on Spark
    prepare(CLOCK)
    options, manifest = [], manifest_path()
    if aside:
        folder = home() / "target" / "aside"
        folder.mkdir(parents=True, exist_ok=True)
        options, manifest = ["--target-path", str(folder)], folder / "manifest.json"
    result = Dbt(*options).compile_staging()
    return selects.models_of(result, json.loads(manifest.read_text())["sources"])


@contextmanager
def staging_models_beside() -> Iterator[Callable[[], list[StagingModel]]]:
    """Compile the staging models in a process beside, if no build has kept them; gives a function that waits for them.

    They are compiled for Spark where staging lies there. The function raises WeirError when the project can't be
    compiled.
    """
    from weir.dbt.worker import DbtProcess

    with warehouse.connect() as connection:
        spark = bool(on_spark(connection))
    found = selects.kept(spark)
    dbt = None if found else DbtProcess("verify", CLOCK, of_postgres=not spark)
    try:
        yield lambda: found or (dbt.staging_models() if dbt else [])
    finally:
        if dbt:
            dbt.end()
