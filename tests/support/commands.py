"""The commands that people type, run in a home of the test's own, and queries in the warehouse of that home."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

from weir.core.settings import ROOT

BIN = Path(sys.executable).parent


def call(home: Path, *words: str, exit_code: int = 0, **settings: str) -> str:
    """Run a command of the project in the home, with the settings; its output.

    Fails when it ends otherwise than expected.
    """
    done = subprocess.run(
        [str(BIN / words[0]), *words[1:]],
        cwd=ROOT,
        env=environment(home) | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
    )
    output = done.stdout + done.stderr
    assert done.returncode == exit_code, f"{' '.join(words)} ended with {done.returncode}:\n{output[-6000:]}"
    assert "Traceback" not in output, output[-6000:]
    return output


def environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.endswith("_URL") and not k.startswith(("WEIR_", "PREFECT_"))}
    kept |= {name: os.environ[name] for name in ["WEIR_SPARK_CORES"] if name in os.environ}
    return kept | {"WEIR_HOME": str(home), "PATH": f"{BIN}:{os.environ['PATH']}", "COLUMNS": "200"}


def query(home: Path, text: str) -> list[tuple]:
    lines = (home / ".env").read_text().splitlines()
    values = {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}
    url = f"postgresql://weir:{values['WEIR_PG_PASSWORD']}@127.0.0.1:{values['WEIR_PG_PORT']}/weir"
    with psycopg.connect(url, options="-c TimeZone=UTC") as connection:
        return connection.execute(text).fetchall()
