"""A home in which `make serve` runs over a small company."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.small_company import Company
from weir.core.settings import ROOT

BIN = Path(sys.executable).parent


SERVE = "import sys; from cli.serve import serve; sys.exit(serve(docs=False))"


class Served:
    """A home in which `make serve` runs over a small company whose sources stand in `.env`."""

    def __init__(self, company: Company, home: Path) -> None:
        self.company, self.home = company, home
        self.process: subprocess.Popen[str] | None = None

    def start(self, **more: str) -> str:
        """Start it; what it says until all is up."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE], cwd=ROOT, env=os.environ | more, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        said = []
        assert self.process.stdout
        for line in self.process.stdout:
            said.append(line)
            if "Ctrl-C ends all" in line:
                return "".join(said)
        raise AssertionError(self.process.communicate())

    def stop(self) -> None:
        """Ctrl-C."""
        assert self.process
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 130

    def env(self) -> dict[str, str]:
        """What `.env` says."""
        lines = (self.home / ".env").read_text().splitlines()
        return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}

    def api(self) -> str:
        """The address of the server's API."""
        return f"http://127.0.0.1:{self.env()['WEIR_PREFECT_PORT']}/api"

    def ask(self, path: str, body: Any = None) -> Any:
        """The API's answer to the owner, who knows the password."""
        import httpx

        word = ("weir", self.env()["WEIR_PREFECT_PASSWORD"])
        answer = httpx.request("GET" if body is None else "POST", self.api() + path, json=body, auth=word)
        return answer.raise_for_status().json() if answer.content else None

    def prefect(self, *words: str, exit_code: int = 0) -> str:
        """Prefect's own command line, as a person types it; what it prints."""
        done = subprocess.run(
            [str(BIN / "prefect"), *words], cwd=ROOT, env=os.environ | {"COLUMNS": "300"}, capture_output=True,
            text=True, stdin=subprocess.DEVNULL, timeout=180,
        )  # fmt: skip
        assert done.returncode == exit_code, done.stdout + done.stderr
        return done.stdout

    def artifacts(self, run: str) -> dict[str, Any]:
        """What the page of a flow run shows besides, by key."""
        found = self.ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}})
        return {each["key"]: json.loads(each["data"]) if each["type"] == "table" else each["data"] for each in found}

    def run_now(self, name: str = "elt/incremental", exit_code: int = 0) -> str:
        """Start a run by hand and wait for its end; the flow run's id."""
        said = self.prefect("deployment", "run", name, "--watch", "--watch-interval", "1", exit_code=exit_code)
        found = re.search(r"UUID: ([0-9a-f-]{36})", said)
        assert found, said
        return found[1]
