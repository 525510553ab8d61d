"""The lake on HDFS, by Hadoop's own client: it runs in one Java, which lives as long as this process.

In: an hdfs:// address; HADOOP_CONF_DIR, where it is set. Out: a store, as `store` describes it. Spark's packages bring
Hadoop's classes, and py4j, by which Python calls them. A draft lies in `home()/tmp` until it is complete; then it goes
to HDFS under a name that Spark passes over, and takes its file's place there.
"""

import os
import posixpath
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.handed import handed
from weir.spark.lake.drafts import VARIABLE, aside
from weir.spark.local import configuration, java

# Small, and without a second, thorough compilation: the client only passes bytes on.
_OPTIONS = ("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dlog4j2.level=OFF")
_SETTINGS = {
    "ipc.client.connect.max.retries": "3",
    "ipc.client.connect.max.retries.on.timeouts": "3",
    # How long a file's end waits for the datanode's word to the namenode, doubled from try to try. Hadoop's own 400 ms
    # were the whole time of every other small file.
    "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "10",
    "dfs.client.block.write.locateFollowingBlock.retries": "10",
}
_AWAY = "ConnectException|UnknownHost|NoRouteToHost|SocketTimeout|ConnectTimeout|EOFException|RpcException"
_FULL = "QuotaExceeded|could only be written to 0 of|No space left"


class Hdfs:
    """A folder of HDFS."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._root = unquote(parts.path).rstrip("/")
        self.url = f"hdfs://{parts.netloc}{self._root}"  # Spark takes a place as it is written, blanks and all
        # Kept: Java ends when nobody holds it any more.
        self._gateway = _gateway(tuple(handed("HADOOP_*", "KRB5*", LC_ALL="C.UTF-8").items()))
        java, hadoop = self._gateway.jvm.java, self._gateway.jvm.org.apache.hadoop
        self._new_path: Any = hadoop.fs.Path
        with self._told():
            self._over = self._gateway.new_array(hadoop.fs.Options.Rename, 1)
            self._over[0] = hadoop.fs.Options.Rename.OVERWRITE  # else a rename refuses a name that is taken
            known, address = hadoop.conf.Configuration(), java.net.URI(f"hdfs://{parts.netloc}/")
            for name, value in _SETTINGS.items():
                known.set(name, value)
            self._files = hadoop.fs.FileSystem.get(address, known)
            self._context = hadoop.fs.FileContext.getFileContext(self._files.getUri(), known)
            if not self._files.exists(self._path()):
                raise WeirError(f"there is no folder {self.url}: make it (hdfs dfs -mkdir -p), or mend {VARIABLE}")
            self._files.access(self._path(), hadoop.fs.permission.FsAction.ALL)

    def sizes(self, folder: str = "") -> dict[str, int]:
        """The bytes of each file below the folder, by name; nothing where there is no such folder."""
        found: dict[str, int] = {}
        with self._told():
            if not self._files.exists(self._path(folder)):
                return found
            files = self._files.listFiles(self._path(folder), True)
            while files.hasNext():
                file = files.next()
                found[file.getPath().toUri().getPath().removeprefix(f"{self._root}/")] = file.getLen()
        return found

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None where there is none."""
        with self._told():
            if not self._files.exists(self._path(name)):
                return None
        with self.open(name) as file:
            content: bytes = file.read()
            return content

    def open(self, name: str) -> Any:
        """A copy of the file, open for reading; it takes room on this machine until it is closed."""
        import pyarrow as pa

        with aside(name) as copy, self._told():
            self._files.copyToLocalFile(False, self._path(name), self._here(copy), True)
            return pa.OSFile(str(copy))

    @contextmanager
    def draft(self, name: str) -> Iterator[Path]:
        """Give a path in `home()/tmp`; the file is sent when the block ends well."""
        with aside(name) as made:
            yield made
            folder, file = posixpath.split(name)
            there = self._path(posixpath.join(folder, f".{file}.{os.getpid()}.draft"))
            with self._told():
                try:
                    self._files.copyFromLocalFile(False, True, self._here(made), there)
                    self._context.rename(there, self._path(name), self._over)
                except BaseException:
                    with suppress(Exception):  # the fault before it is the one to tell
                        self._files.delete(there, False)
                    raise

    def delete(self, name: str) -> None:
        """Remove the file, if it is there, and its folder where that is empty then."""
        with self._told():
            self._files.delete(self._path(name), False)
        with suppress(WeirError), self._told():
            self._files.delete(self._path(posixpath.dirname(name)), False)  # refused for one that holds anything

    def make(self, folder: str) -> None:
        """Make the folder."""
        with self._told():
            self._files.mkdirs(self._path(folder))

    def _path(self, name: str = "") -> Any:
        return self._new_path(f"{self._root}/{name}".rstrip("/") or "/")

    def _here(self, path: Path) -> Any:
        return self._new_path(f"file://{path.resolve()}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn Hadoop's faults into one line."""
        from py4j.protocol import Py4JError, Py4JJavaError

        try:
            yield
        except Py4JJavaError as fault:
            kind = fault.java_exception.getClass().getSimpleName()
            text = " ".join((fault.java_exception.getMessage() or "").split("\n")[0].split())
        except (Py4JError, OSError) as fault:
            kind, text = type(fault).__name__, f"Hadoop's client has ended ({fault}): run again"
        else:
            return
        said = f"{kind}: {text}"
        if re.search(_AWAY, said):
            told = f"no namenode answers at {self.url}: see that it is up, or mend {VARIABLE} or HADOOP_CONF_DIR"
            raise WeirError(told, cause=Cause.SOURCE_UNREACHABLE)
        if "AccessControl" in kind:
            raise WeirError(f"{self.url} may not be written ({text[:200]}): mend its rights, or set HADOOP_USER_NAME")
        if re.search(_FULL, said):
            told = f"{self.url} takes no more ({text[:200]}): see its room, quota and datanodes, then run again"
            raise WeirError(told, cause=Cause.DISK_FULL)
        raise WeirError(f"{self.url} can't be used: {said[:300]}; see {VARIABLE}")


@lru_cache(maxsize=1)
def _gateway(environment: tuple[tuple[str, str], ...]) -> Any:
    """A Java with Hadoop's client, started with the environment; it ends with this process.

    Raises WeirError when Spark's packages or a Java are missing, or it does not start.
    """
    jars = str(configuration.spark_home() / "jars" / "*")
    from py4j.java_gateway import GatewayParameters, JavaGateway

    settings = dict(environment).get("HADOOP_CONF_DIR")
    if settings and not Path(settings).is_dir():
        raise WeirError(f"HADOOP_CONF_DIR names no folder ({settings}): mend it, or unset it")
    chosen = java.find(configuration.folder() / "java")
    process = subprocess.Popen(
        [str(chosen.home / "bin" / "java"), *_OPTIONS, "-cp", ":".join([settings, jars] if settings else [jars]),
         "py4j.GatewayServer", "--die-on-broken-pipe", "--enable-auth", "0"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env=dict(environment), start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    said: list[str] = []
    while not (said and said[-1].isdecimal()):  # its port; what Java itself has to say may stand before it
        if not (line := process.stdout.readline()):
            told = " ".join(said)[-300:] or "it says nothing"
            raise WeirError(f"Hadoop's client does not start ({chosen.found}): {told}")
        said.append(line.strip())
    word = process.stdout.readline().strip()  # without it nobody may call
    threading.Thread(target=process.stdout.read, daemon=True).start()  # or it would wait when the pipe is full
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=int(said[-1]), auth_token=word, auto_convert=True))
    gateway.process = process  # its standard input: Java ends when that is closed
    return gateway
