"""Which room may import which: the contracts of pyproject.toml hold, and each of them can fail."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from weir.core.settings import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
# For each contract an import that it forbids, the one that it names, inside a function as most of Weir's are.
WRONG = {
    "From the roof to the ground, never up": ("flows/wrong.py", "cli.steps"),
    "In weir from dbt to core, never up": ("weir/core/wrong.py", "weir.ledger.balance"),
    "In ingest from land to raw, never up": ("ingest/raw/wrong.py", "ingest.job"),
    "No circle of modules or packages": ("demo/company/clock.py", "demo.company.world"),
    "Kinds of sources know nothing of each other": ("ingest/connectors/rest/wrong.py", "ingest.connectors.sql"),
    "Nothing imports the demo": ("cli/wrong.py", "demo.hooks"),
    "Only flows knows Prefect": ("weir/core/wrong_too.py", "prefect"),
    "Only ingest knows dlt": ("flows/wrong_too.py", "dlt"),
    "Only expectations knows Great Expectations": ("cli/wrong_too.py", "great_expectations"),
}


def lint(folder: Path) -> str:
    """The output of import-linter for the packages in the folder."""
    command = [
        str(Path(sys.executable).with_name("lint-imports")),
        "--no-logo",
        "--no-cache",
        "--config",
        str(ROOT / "pyproject.toml"),
    ]
    env = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    found = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
    return found.stdout + found.stderr


def test_every_contract_holds_and_none_has_an_exemption() -> None:
    assert f"Contracts: {len(WRONG)} kept, 0 broken." in lint(ROOT)
    assert [contract["name"] for contract in SETTINGS["contracts"] if "ignore_imports" in contract] == []


def test_every_contract_can_fail(tmp_path: Path) -> None:
    for package in SETTINGS["root_packages"]:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file, module in WRONG.values():
        with (tmp_path / file).open("a") as code:
            code.write(f"\n\ndef wrong():\n    import {module}\n")
    told = lint(tmp_path)
    assert [contract["name"] for contract in SETTINGS["contracts"]] == list(WRONG)
    assert [name for name in WRONG if f"{name} BROKEN" not in told] == [], told
