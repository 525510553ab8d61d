"""A dbt project without a source, on the repository's macros, and the command `weir` in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from weir.core.settings import ROOT

BIN = Path(sys.executable).parent


class Project:
    """A project in a folder, with a home of its own beside it."""

    def __init__(self, folder: Path, whole: bool = False) -> None:
        """Make the project; a whole one has the models of ops and quality too, as one that has left the demo."""
        self.folder, self.home = folder / "project", folder / "home"
        settings = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
        settings["macro-paths"] = [str(ROOT / "macros")]
        shutil.copytree(ROOT / "tests/dbt/generic", self.folder / "tests/dbt/generic")
        for name in ("profiles.yml", "models/_groups.yml", "models/staging/_staging.md"):
            (self.folder / name).parent.mkdir(exist_ok=True, parents=True)
            shutil.copy(ROOT / name, self.folder / name)
        if whole:
            shutil.copytree(ROOT / "models/ops", self.folder / "models/ops")
            shutil.copytree(
                ROOT / "models/quality", self.folder / "models/quality", ignore=shutil.ignore_patterns("held_back*")
            )
        (self.folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))

    def run(self, *words: str, exit_code: int = 0, **more: str) -> str:
        """Run a command in the project; its output. Fails where the exit code is another."""
        kept = {
            k: v for k, v in os.environ.items() if not k.endswith("_URL") and not k.startswith(("WEIR_", "PREFECT_"))
        }
        own = {"WEIR_HOME": str(self.home), "WEIR_PROJECT_DIR": str(self.folder), "COLUMNS": "200"}
        done = subprocess.run(
            [str(BIN / words[0]), *words[1:]], env={**kept, **own, **more}, capture_output=True, text=True, timeout=600,
            stdin=subprocess.DEVNULL, cwd=self.folder,
        )  # fmt: skip
        output = done.stdout + done.stderr
        assert done.returncode == exit_code, output[-6000:]
        assert "Traceback" not in output, output[-6000:]
        return output

    def weir(self, *words: str, exit_code: int = 0, **more: str) -> str:
        """Run `weir …`."""
        return self.run("weir", *words, exit_code=exit_code, **more)

    def models(self) -> dict[str, str]:
        """The files below models/, by path."""
        found = sorted((self.folder / "models").rglob("*"))
        return {str(path.relative_to(self.folder)): path.read_text() for path in found if path.is_file()}
