"""The local cluster's folder in Weir's home: settings of Spark, logs, and what its processes are started with.

In: a Java, the jars of Delta, ports. Out: files in `home()/spark/conf`; environment and command of each process.

    home()/spark/  conf  logs  work (of executors)  tmp  java  metastore (Derby, unless WEIR_SPARK_METASTORE is set)
                   warehouse (unless WEIR_LAKE is set)
"""

import importlib.util
import os
import re
from dataclasses import dataclass
from pathlib import Path

from weir.core.errors import WeirError
from weir.core.handed import handed
from weir.core.settings import home
from weir.spark.local.java import Java

HOST = "127.0.0.1"
USER = "weir"
METASTORE = "WEIR_SPARK_METASTORE"
_CORES, _MEMORY = "WEIR_SPARK_CORES", "WEIR_SPARK_MEMORY"
_USUAL, _LEAST = 1024, 512  # MB; Spark refuses an executor with less than 450
MASTER, WORKERS, THRIFT = "master", ("worker-1", "worker-2"), "thrift"
ROLES = (MASTER, *WORKERS, THRIFT)
# A heap of 256 MB is refused by the driver (INVALID_DRIVER_MEMORY). With these, and 1 GB for each executor, the demo's
# models ran; the cluster takes some 4 GB then.
DRIVER_HEAP, DAEMON_HEAP = "1200m", "256m"
# No second, thorough compilation, and the simplest collector. Here statements are many and rows few, so that most of a
# process's time goes into compiling Spark itself: measured, this halves the processor time of a start (46 s to 21) and
# of a hundred small statements (driver and executors); a sum over 12 million rows costs 8.5 s instead of 6.1.
_SAME = "-XX:-UsePerfData -XX:ReservedCodeCacheSize=240m"
_QUICK = f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC {_SAME}"
# Of executors that were given more memory than they have by themselves: for them rows are many.
_THOROUGH = f"-XX:+UseParallelGC {_SAME}"
_LOG = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c{1}: %m%n%ex
"""
# A model of few rows does not wait until one of many is done. Without this file all jobs are in one pool, in a row.
_FAIR = """\
<allocations>
  <pool name="default"><schedulingMode>FAIR</schedulingMode></pool>
</allocations>
"""


@dataclass(frozen=True)
class Ports:
    """The loopback ports that others connect to."""

    master: int
    master_ui: int
    thrift: int
    application_ui: int


@dataclass(frozen=True)
class Size:
    """The size of the cluster: the cores of both workers together, and the heap of each executor in MB."""

    cores: int
    memory: int

    @property
    def worker_cores(self) -> int:
        """The cores that each worker offers; Spark takes no more than `cores` of both."""
        return -(-self.cores // len(WORKERS))

    @property
    def worker_memory(self) -> int:
        """The MB that each worker offers: the executor's heap and what Spark adds, a tenth and at least 384 MB."""
        return self.memory + max(384, self.memory // 10) + 1


def chosen_size() -> Size:
    """The size that WEIR_SPARK_CORES and WEIR_SPARK_MEMORY choose: 2 cores and 1 GB an executor where they are not set.

    Raises WeirError when one can't be read.
    """
    cores = (os.environ.get(_CORES) or "2").strip()
    if not re.fullmatch(r"[1-9]\d{0,3}", cores):
        raise WeirError(f"{_CORES} is no number of cores: {cores!r}; write it as 2 or 8")
    memory = (os.environ.get(_MEMORY) or f"{_USUAL}m").strip().lower()
    found = re.fullmatch(r"([1-9]\d{0,5})([gm])b?", memory)
    size = int(found[1]) * (1024 if found[2] == "g" else 1) if found else 0
    if size < _LEAST:
        raise WeirError(f"{_MEMORY} is no memory of at least {_LEAST} MB: {memory!r}; write it as 1500m or 4g")
    return Size(int(cores), size)


def folder() -> Path:
    """The folder of the local cluster."""
    return home().resolve() / "spark"


def log(role: str) -> Path:
    """What the process says; of warnings and errors only."""
    return folder() / "logs" / f"{role}.log"


def spark_home() -> Path:
    """The folder of Spark's programs. Raises WeirError when the packages of Spark are not installed."""
    found = {name: importlib.util.find_spec(name) for name in ("pyspark", "pyhive")}
    if missing := [name for name, spec in found.items() if spec is None]:
        raise WeirError(f"Spark is not installed (no package {' and '.join(missing)}): type `make setup-spark`")
    spark = found["pyspark"]
    assert spark and spark.origin
    return Path(spark.origin).parent


def warehouse() -> str:
    """The address of the folder of Spark's tables: in the lake, if WEIR_LAKE names one."""
    lake = (os.environ.get("WEIR_LAKE") or "").strip().rstrip("/")
    return f"{lake}/warehouse" if lake else (folder() / "warehouse").as_uri()


def settings(jars: list[Path], metastore: dict[str, str]) -> dict[str, str]:
    """Spark's settings, for the thrift server and its executors; those of one start, the ports, are not among them.

    `metastore` says how Hive's metastore is reached; nothing: by Derby. Raises WeirError when the size can't be read.
    """
    here, path, size = folder(), ":".join(map(str, jars)), chosen_size()
    java = f"-Djava.io.tmpdir={here}/tmp -Duser.timezone=UTC -Dfile.encoding=UTF-8"
    return {
        # Dialect and types: the same answers as PostgreSQL.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true",  # "Name" is a column there, too
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        # Not --jars: when the first session closes, classes of such jars that are not yet loaded are gone.
        "spark.driver.extraClassPath": path,
        "spark.executor.extraClassPath": path,
        "spark.cores.max": str(size.cores),
        # A shuffle's parts: one per core. Spark's own 200 are 200 tasks, and files, for a hundred rows.
        "spark.sql.shuffle.partitions": str(size.cores),
        "spark.databricks.delta.snapshotPartitions": "1",
        # Under the thrift server Delta can't answer max() of a date from its log (ClassCastException).
        "spark.databricks.delta.optimizeMetadataQuery.enabled": "false",
        # Nobody but this thrift server writes these tables, so what it knows of one is the newest.
        "spark.databricks.delta.stalenessLimit": "1h",
        "spark.executor.memory": f"{size.memory}m",
        "spark.scheduler.mode": "FAIR",  # with _FAIR
        # Places.
        "spark.sql.warehouse.dir": warehouse(),
        "spark.sql.catalogImplementation": "hive",
        **{f"spark.hadoop.{name}": value for name, value in (metastore or _derby()).items()},
        "spark.hadoop.hive.exec.scratchdir": f"{here}/tmp/hive",
        "spark.hadoop.hive.exec.local.scratchdir": f"{here}/tmp/hive-local",
        "spark.driver.extraJavaOptions": f"{_QUICK} {java} -Dderby.stream.error.file={here}/logs/derby.log",
        "spark.executor.extraJavaOptions": f"{_QUICK if size.memory <= _USUAL else _THOROUGH} {java}",
        # Loopback only, the page of the application too (SPARK_LOCAL_IP binds it).
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.master.rest.enabled": "false",  # a second way to hand in applications, on a fixed port
        "spark.ui.enabled": "true",
        "spark.ui.killEnabled": "false",  # any page in a browser could post there
        "spark.ui.showConsoleProgress": "false",
    }


def _derby() -> dict[str, str]:
    return {"javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder()}/metastore;create=true"}


def write(told: dict[str, str]) -> str:
    """Write Spark's settings, readable to nobody else; returns their text."""
    conf = folder() / "conf"
    for name in ("conf", "logs", "tmp/hive-local"):
        (folder() / name).mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name} {_doubled(value)}\n" for name, value in told.items())
    (conf / "spark-defaults.conf").write_text(text)
    (conf / "spark-defaults.conf").chmod(0o600)  # it holds the metastore's password
    (conf / "log4j2.properties").write_text(_LOG)
    (conf / "fairscheduler.xml").write_text(_FAIR)
    return text


def _doubled(value: str) -> str:
    """The value as the file takes it, where a backslash is an escape."""
    return value.replace("\\", "\\\\")


def environment(role: str, java: Java, marks: dict[str, str]) -> dict[str, str]:
    """The environment of a process: no secret of Weir's in it."""
    here, heap = folder(), DRIVER_HEAP if role == THRIFT else DAEMON_HEAP
    return handed(
        "HADOOP_*",
        **marks,
        JAVA_HOME=str(java.home),
        LC_ALL="C.UTF-8",  # else Java 17 writes the names of files in ASCII where the shell has no language
        SPARK_HOME=str(spark_home()),
        SPARK_CONF_DIR=str(here / "conf"),
        SPARK_LOCAL_DIRS=str(here / "tmp"),
        SPARK_LOCAL_IP=HOST,
        SPARK_LOCAL_HOSTNAME=HOST,
        SPARK_DAEMON_MEMORY=heap,  # the thrift server too is a daemon to Spark's programs
        SPARK_DAEMON_JAVA_OPTS=f"{_QUICK} -Djava.io.tmpdir={here}/tmp",
        SPARK_LAUNCHER_OPTS=_QUICK,
    )


def command(role: str, ports: Ports) -> list[str]:
    """The command line of a process."""
    programs, address = spark_home() / "bin", f"spark://{HOST}:{ports.master}"
    if role == MASTER:
        return [str(programs / "spark-class"), "org.apache.spark.deploy.master.Master", "--host", HOST,
                "--port", str(ports.master), "--webui-port", str(ports.master_ui)]  # fmt: skip
    if role in WORKERS:
        size = chosen_size()
        return [str(programs / "spark-class"), "org.apache.spark.deploy.worker.Worker", "--host", HOST,
                "--webui-port", "0", "--cores", str(size.worker_cores), "--memory", f"{size.worker_memory}m",
                "--work-dir", str(folder() / "work" / role), address]  # fmt: skip
    return [str(programs / "spark-submit"), "--master", address, "--name", "Weir",
            "--conf", f"spark.ui.port={ports.application_ui}",
            "--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "spark-internal",
            "--hiveconf", f"hive.server2.thrift.port={ports.thrift}",
            "--hiveconf", f"hive.server2.thrift.bind.host={HOST}",
            # Files are written as this process's user, as Weir writes them, and not as the user that a client names.
            "--hiveconf", "hive.server2.enable.doAs=false"]  # fmt: skip
