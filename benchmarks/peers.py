"""The peers: each installed once, in an environment of its own in the user's cache folder, and run with its defaults.

In: a peer's name and two URLs. Out: the command that copies `table` of the source into the warehouse's schema `peer`.
A peer that can't be installed, or fails, becomes one line of the result; the benchmark goes on.
"""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

PACKAGES = {
    "sling": ["sling-linux-amd64==1.4.11"],  # the newest version whose wheel holds its program
    "ingestr": ["ingestr==0.15.9"],  # likewise
    "dlt": ["dlt[postgres,sql_database]==1.31.*", "sqlalchemy<2.1", "psycopg2-binary", "pymysql", "pymongo"],
}
QUIET = {"SLING_DISABLE_TELEMETRY": "TRUE", "DISABLE_TELEMETRY": "true", "INGESTR_DISABLE_TELEMETRY": "true",
         "RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1", "PROGRESS": "log"}  # fmt: skip
FEW = 250_000  # rows for peers that would need minutes for more; only their rate is compared
SLOW = {"dlt"}
_DLT = """
import sys, dlt
source, target, kind, table = sys.argv[1:]
pipeline = dlt.pipeline("peer", destination=dlt.destinations.postgres(target), dataset_name="peer")
if kind == "mongodb":
    import pymongo
    data = dlt.resource(pymongo.MongoClient(source).get_default_database()[table].find(batch_size=50_000), name=table)
else:
    from dlt.sources.sql_database import sql_table
    data = sql_table(source, table=table)
pipeline.run(data, write_disposition="replace")
"""


def folder(name: str) -> Path:
    """The folder of the peer's environment."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "weir" / "benchmarks" / f"{name}-{sys.version_info[0]}.{sys.version_info[1]}"


def install(name: str) -> str:
    """Install the peer if it is missing; returns '', or in one line why that failed."""
    place = folder(name)
    if (place / "installed").exists():
        return ""
    python = str(place / "bin" / "python")
    steps = [
        [sys.executable, "-m", "venv", "--clear", str(place)],
        [sys.executable, "-m", "uv", "pip", "install", "-q", "--compile-bytecode", "--python", python, *PACKAGES[name]],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            return "not installed: " + " ".join((done.stderr or done.stdout).split())[-160:]
    (place / "installed").touch()
    return ""


def version(name: str) -> str:
    """The peer's name and installed version."""
    wanted = PACKAGES[name][0].split("=")[0].split("[")[0]
    python = str(folder(name) / "bin" / "python")
    code = f"import importlib.metadata as m; print(m.version('{wanted}'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return f"{name} {done.stdout.strip() or '?'}"


def command(name: str, source: str, target: str, table: str, work: Path) -> list[str]:
    """The command that copies the table, as in the peer's own documentation."""
    kind = urlsplit(source).scheme
    place = folder(name)
    database = urlsplit(source).path.lstrip("/").split("?")[0]
    stream = {"postgresql": f"public.{table}"}.get(kind, f"{database}.{table}")
    if name == "sling":
        found = next(place.glob("lib/python*/site-packages/sling_linux_amd64/bin/sling-linux-amd64"))
        found.chmod(0o755)
        return [str(found), "run", "--src-conn", _bare(source), "--src-stream", stream, "--tgt-conn", _bare(target),
                "--tgt-object", "peer.rows", "--mode", "full-refresh"]  # fmt: skip
    if name == "ingestr":
        uri = source.replace("mysql://", "mysql+pymysql://") if kind == "mysql" else _bare(source)
        return [str(place / "bin" / "ingestr"), "ingest", "--source-uri", uri, "--source-table", stream, "--dest-uri",
                _bare(target), "--dest-table", "peer.rows", "--yes", "--progress", "log",
                "--pipelines-dir", str(work / "ingestr")]  # fmt: skip
    uri = source.replace("mysql://", "mysql+pymysql://")
    return [str(place / "bin" / "python"), "-c", _DLT, uri, target, kind, table]


def _bare(url: str) -> str:
    """The URL for drivers that ask for TLS by default."""
    return url + ("&" if "?" in url else "?") + "sslmode=disable" if url.startswith("postgres") else url
