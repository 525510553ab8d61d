"""A MongoDB for the tests: mongo-java-server, a real server of MongoDB's wire protocol, its data in memory (H2).

`MONGODB_TEST_URL` (an account that may create databases) points the same tests at any MongoDB. Without it Java runs
the server, on a free port of the loopback, until its standard input closes: so it ends with its process, however that
ends. Maven fetches it once, by coordinates, into the user's cache; Java and Maven are installed by apt-get where they
are missing; where that can't be, one line says what to install. Alone, until Enter: `python -m tests.servers.mongodb`.
"""

import atexit
import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

SOURCE = Path(__file__).parent / "mongodb_java"
_INSTALL = "install a Java runtime (17 or newer, with its compiler) and maven, or set MONGODB_TEST_URL to a MongoDB"


class Server:
    """One server, ours or the one that MONGODB_TEST_URL names."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.client: MongoClient[dict[str, Any]] = MongoClient(self.url, serverSelectionTimeoutMS=20_000)
        self.process: subprocess.Popen[str] | None = None
        self.command: list[str] = []

    def database(self, name: str) -> tuple[str, Database[dict[str, Any]]]:
        """Make the database anew; returns its URL, and it, open."""
        self.client.drop_database(name)
        address, _, options = self.url.partition("?")
        return f"{address.rstrip('/')}/{name}{'?' + options if options else ''}", self.client[name]

    def start(self) -> None:
        """Start our server again, where it was; what it held is gone."""
        self.process, _ = _run([*self.command, self.url.rsplit(":", 1)[1]])

    def kill(self) -> None:
        """End our server as a crash does."""
        if self.process:
            self.process.kill()
            self.process.wait(30)
            self.process = None


@functools.cache
def shared() -> Server:
    """One server for all tests of this process, ended with it."""
    held = contextlib.ExitStack()
    atexit.register(held.close)
    return held.enter_context(mongodb())


@contextlib.contextmanager
def mongodb(memory: str = "2g") -> Iterator[Server]:
    """The server of the tests, what it holds in memory. Raises RuntimeError with what to install."""
    url = os.environ.get("MONGODB_TEST_URL")
    if url:
        yield Server(url)
        return
    command = ["java", f"-Xmx{memory}", "-cp", f"{_library()}/*", str(SOURCE / "Mongo.java")]
    process, port = _run([*command, "0"])
    server = Server(f"mongodb://127.0.0.1:{port}")
    server.process, server.command = process, command
    try:
        yield server
    finally:
        server.client.close()
        server.kill()


def _run(command: list[str]) -> tuple[subprocess.Popen[str], int]:
    """The server, and its port once it listens."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    port = process.stdout.readline().strip()
    if not port.isdigit():
        process.kill()
        raise RuntimeError(f"mongo-java-server did not start; see what this says: {' '.join(command)}")
    return process, int(port)


def need_maven() -> None:
    """Install Java and Maven where they are absent. Raises RuntimeError with what to install."""
    needed = [name for name in ("java", "javac", "mvn") if not shutil.which(name)]
    if needed and shutil.which("apt-get"):
        sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in ("update -qq", "install -y -qq --no-install-recommends default-jdk-headless maven"):
            with contextlib.suppress(OSError):
                subprocess.run([*sudo, "apt-get", *words.split()], env=env, capture_output=True)
    if not all(shutil.which(name) for name in ("java", "javac", "mvn")):
        raise RuntimeError(f"there is no Java or Maven for the tests' servers: {_INSTALL}")


def cache() -> Path:
    """The folder of what Maven fetched for the tests."""
    found = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weir-tests"
    found.mkdir(parents=True, exist_ok=True)
    return found


def _library() -> Path:
    """The folder with the server's jars, fetched where it is absent."""
    need_maven()
    library = cache() / "mongo-java-server-1.46.0"
    if not library.exists():
        with tempfile.TemporaryDirectory(dir=cache()) as made:  # renamed when whole: another process may do the same
            _fetch(Path(made) / "jars")
            with contextlib.suppress(OSError):
                (Path(made) / "jars").rename(library)
    return library


def _fetch(folder: Path) -> None:
    done = subprocess.run(
        [
            "mvn",
            "-q",
            "-B",
            "-f",
            str(SOURCE / "pom.xml"),
            "dependency:copy-dependencies",
            f"-DoutputDirectory={folder}",
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError("Maven could not fetch mongo-java-server: " + (done.stdout + done.stderr).strip()[-400:])


if __name__ == "__main__":
    with mongodb() as running:
        print(running.url, flush=True)
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            input()
