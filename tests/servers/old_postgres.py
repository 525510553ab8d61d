"""PostgreSQL servers of other versions than the embedded one's: `with old_postgres("9.6.24") as url: …`.

Their programs (io.zonky.test.postgres, for Linux) are fetched by Maven, by coordinates, once into the user's cache; see
tests/servers/mongodb.py for Maven itself. Each has a temporary folder and a free loopback port.
"""

import contextlib
import io
import os
import platform
import shutil
import signal
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests.servers.folders import claimed, die_with_parent
from tests.servers.mongodb import cache, need_maven
from weir.core.ports import free_port
from weir.warehouse.embedded import programs

PASSWORD = "weir-test"
_GROUP = "io.zonky.test.postgres:embedded-postgres-binaries-linux"


@contextlib.contextmanager
def old_postgres(version: str, encoding: str = "UTF8") -> Iterator[str]:
    """The URL of the database `postgres` of a fresh server. Raises RuntimeError when it can't be had."""
    archive = _fetched(version)
    folder = claimed("weir-postgres-")
    data, word, log = folder / "data", folder / "password", folder / "server.log"
    try:
        with zipfile.ZipFile(archive) as outer:
            (inner,) = [name for name in outer.namelist() if name.endswith(".txz")]
            with tarfile.open(fileobj=io.BytesIO(outer.read(inner)), mode="r:xz") as tree:
                # Python 3.11.0 to 3.11.3 know no filters
                tree.extractall(folder / "programs", **({"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}))
        word.write_text(PASSWORD)
        for path in (data, log):
            path.mkdir() if path is data else path.touch()
        for path in (data, word, log):
            programs.own(path)
        user = _user()
        bin_ = folder / "programs" / "bin"
        words = [str(bin_ / "initdb"), "-D", str(data), "-U", "weir", f"--pwfile={word}", "--auth=md5"]
        words += ["-E", encoding, "--locale=C", "--nosync"]
        made = subprocess.run(words, cwd="/", capture_output=True, text=True, **user)
        if made.returncode:
            raise RuntimeError(f"initdb of PostgreSQL {version}: {made.stdout}{made.stderr}"[-600:])
        port = free_port()
        with log.open("ab") as out:
            words = [str(bin_ / "postgres"), "-D", str(data), "-p", str(port), "-c", "listen_addresses=127.0.0.1",
                     "-c", "unix_socket_directories=", "-c", "fsync=off"]  # fmt: skip
            process = subprocess.Popen(words, cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       preexec_fn=die_with_parent, **user)  # fmt: skip
        try:
            url = f"postgresql://weir:{PASSWORD}@127.0.0.1:{port}/postgres"
            _wait(url, process, log)
            yield url
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> dict[str, Any]:
    if programs.is_root() and subprocess.run(["id", programs.SYSTEM_USER], capture_output=True).returncode:
        subprocess.run(["useradd", "--system", "-s", "/bin/false", programs.SYSTEM_USER], check=True)
    return programs.as_user()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=5).close()
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start: " + log.read_text(errors="replace")[-600:])


def _fetched(version: str) -> Path:
    """The jar with the programs."""
    kind = "arm64v8" if platform.machine() in {"aarch64", "arm64"} else "amd64"
    name = f"embedded-postgres-binaries-linux-{kind}-{version}.jar"
    if not (cache() / name).exists():
        need_maven()
        words = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={_GROUP}-{kind}:{version}"]
        passing = cache() / f"{os.getpid()}"
        done = subprocess.run([*words, f"-DoutputDirectory={passing}"], capture_output=True, text=True, cwd=cache())
        if done.returncode:
            raise RuntimeError(f"Maven could not fetch PostgreSQL {version}: {done.stdout}{done.stderr}"[-400:])
        (passing / name).replace(cache() / name)
        shutil.rmtree(passing, ignore_errors=True)
    return cache() / name
