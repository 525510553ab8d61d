"""The local Spark cluster: a master, two workers and the thrift server, on loopback, until `stop`.

In: the packages of `make setup-spark`, a Java, the jars of Delta. Out: an address for dbt, hive2://weir@127.0.0.1:PORT,
and pages to look at. Everything it writes is in `home()/spark`. Whoever has an account on this machine can use it: the
thrift server asks for no password. Alone: `weir spark up`, `weir spark down`.
"""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from weir.core.env import load_env, write_env
from weir.core.errors import WeirError
from weir.core.faults import refuse_full_disk
from weir.core.ports import free_port, is_free
from weir.spark.local import configuration, jars, java, metastore, processes
from weir.spark.local.configuration import HOST, MASTER, ROLES, THRIFT, USER, WORKERS, Ports, folder, log
from weir.spark.local.waiting import PATIENCE, answers, wait, workers

_STOPPING = (THRIFT, *WORKERS, MASTER)


@dataclass(frozen=True)
class Cluster:
    """A cluster that answers: its ports, Java, folder of tables, and a digest of what it was started with."""

    ports: Ports
    java: str
    tables: str
    stamp: str

    @property
    def url(self) -> str:
        """The address for dbt."""
        return f"hive2://{USER}@{HOST}:{self.ports.thrift}"

    @property
    def master_ui(self) -> str:
        """The page of the master: workers, applications."""
        return f"http://{HOST}:{self.ports.master_ui}"

    @property
    def application_ui(self) -> str:
        """The page of the thrift server: statements, their plans, jobs, executors."""
        return f"http://{HOST}:{self.ports.application_ui}"

    @property
    def memory(self) -> int:
        """The bytes that its processes hold."""
        return processes.memory(processes.found(folder()))


def start(tell: Callable[[str], None] = lambda text: None) -> Cluster:
    """Take the cluster that is up, or start it and wait until it answers; one of which a part is dead is started anew.

    Raises WeirError when packages, Java or jars are missing, or when it does not start.
    """
    load_env()
    configuration.spark_home()
    with _lock():
        path = jars.jars(tell)
        chosen = java.find(folder() / "java")
        settings = configuration.settings([*path, *metastore.prepare(chosen)], metastore.options())
        stamp = _stamp(settings, chosen)
        if (up := running()) and up.stamp == stamp:
            return up
        before = _known()
        if processes.end(folder(), _STOPPING):
            tell("a part of the cluster was dead, or its settings have changed: starting it anew")
        cluster = _start(before, settings, chosen, stamp, tell)
        if before and cluster.url != before.url == os.environ.get("WEIR_SPARK_URL"):
            write_env({"WEIR_SPARK_URL": cluster.url})  # the port of last time is taken
        return cluster


def parts() -> list[str]:
    """The roles of the cluster of which a process lives: all of ROLES where it is whole."""
    alive = processes.leaders(processes.found(folder())) if folder().exists() else {}
    return [role for role in ROLES if role in alive]


def stop() -> bool:
    """End all processes of the cluster; returns whether there were any."""
    return bool(processes.end(folder(), _STOPPING)) if folder().exists() else False


def running() -> Cluster | None:
    """The cluster, if all its processes live and its thrift server answers."""
    if (known := _known()) is None:
        return None
    return known if parts() == list(ROLES) and answers(known.ports.thrift) else None


def _start(
    before: Cluster | None, settings: dict[str, str], chosen: java.Java, stamp: str, tell: Callable[[str], None]
) -> Cluster:
    # The address stays the same from start to start, so that a line of .env holds.
    thrift = before.ports.thrift if before and is_free(before.ports.thrift) else free_port()
    ports = Ports(free_port(), free_port(), thrift, free_port())
    cluster = Cluster(ports, chosen.found, configuration.warehouse(), stamp)
    try:
        for name in ("work", "tmp"):
            shutil.rmtree(folder() / name, ignore_errors=True)
        configuration.write(settings)
        (folder() / "cluster.json").write_text(json.dumps(asdict(cluster)))
        _launch(cluster, chosen, tell)
    except OSError as fault:
        processes.end(folder(), _STOPPING)
        refuse_full_disk(folder(), str(fault))
        raise WeirError(
            f"the local cluster can't use {folder()} ({fault.strerror}): make it yours and writable"
        ) from None
    except BaseException:
        processes.end(folder(), _STOPPING)
        raise
    return cluster


def _launch(cluster: Cluster, chosen: java.Java, tell: Callable[[str], None]) -> None:
    """Start the processes and wait until the workers are known to the master and the thrift server listens."""
    end, started = time.monotonic() + PATIENCE, dict[str, processes.Process]()

    def spawn(role: str) -> None:
        marks = processes.marks(folder(), role)
        environment = configuration.environment(role, chosen, marks)
        started[role] = processes.spawn(configuration.command(role, cluster.ports), environment, folder(), log(role))

    tell(f"starting the master ({cluster.java})")
    spawn(MASTER)
    wait(lambda: answers(cluster.ports.master), started, end)
    # One that finds no master tries again only after some ten seconds, so they come after it.
    tell("starting two workers and the thrift server")
    for role in (*WORKERS, THRIFT):
        spawn(role)
    wait(lambda: workers(cluster.master_ui) == len(WORKERS) and answers(cluster.ports.thrift), started, end)


def _known() -> Cluster | None:
    """The cluster that was started last, alive or dead."""
    try:
        told = json.loads((folder() / "cluster.json").read_text())
        return Cluster(Ports(**told["ports"]), told["java"], told.get("tables", ""), told["stamp"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _stamp(settings: dict[str, str], chosen: java.Java) -> str:
    """A digest of what the cluster is started with: when it changes, the cluster is started anew."""
    told = json.dumps([settings, str(chosen.home), chosen.version, str(configuration.spark_home())])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@contextmanager
def _lock() -> Iterator[None]:
    """Hold the lock of starting the cluster: one process at a time."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        file = (folder() / "cluster.lock").open("w")
    except OSError as fault:
        raise WeirError(
            f"the local cluster can't use {folder()} ({fault.strerror}): free it, or set WEIR_HOME"
        ) from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
