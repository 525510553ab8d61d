"""A real HDFS for the tests: a namenode and a datanode of hadoop-client-minicluster, on loopback, in one Java.

Two jars come from Maven Central, once, into the cache of Spark's jars; the rest is pyspark's. Its files lie in a
temporary folder. Alone, until Ctrl-C: `python -m tests.servers.hdfs`.
"""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from weir.core.handed import handed
from weir.spark.local import configuration, java
from weir.spark.local.jars import jar

JARS = {
    "org.apache.hadoop:hadoop-client-minicluster:3.4.2": (
        "ae2406c544825b7734b8aad4f87eff60d9ec422284f0b16c2856032083b63c77"
    ),
    "junit:junit:4.13.2": "8e495b634469d64fb8acfa3495a065cbacc8a0fff55ce1e31007be4c16dc57d3",  # it is linked with this
}
_PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Hdfs:
    """An HDFS: its address without a path, the folder for HADOOP_CONF_DIR, its process."""

    url: str
    settings: Path
    process: "subprocess.Popen[bytes]"


@contextlib.contextmanager
def hdfs(*words: str) -> Iterator[Hdfs]:
    """An HDFS, by itself; `words` for its program, such as -nodemanagers 1, start YARN beside it."""
    path = [str(jar(coordinates, digest)) for coordinates, digest in JARS.items()]
    with tempfile.TemporaryDirectory(prefix="weir-hdfs-") as name:
        folder = Path(name)
        settings = folder / "conf" / "core-site.xml"
        settings.parent.mkdir()
        chosen = java.find(folder / "java")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(chosen.home / "bin" / "java"), "-Xmx512m", "-cp",
                 ":".join([*path, str(configuration.spark_home() / "jars" / "*")]),
                 "org.apache.hadoop.mapreduce.MiniHadoopClusterManager", *(words or ["-nomr"]), "-format",
                 "-writeConfig", str(settings)],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=handed("HADOOP_*"),
            )  # fmt: skip
        try:
            yield Hdfs(_address(settings, process, folder / "log"), settings.parent, process)
        finally:
            process.kill()
            process.wait(30)


def _address(settings: Path, process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Wait until it has written its settings, which it does when it answers; returns its address."""
    until = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError, ElementTree.ParseError):  # not there yet, or not whole
            for each in ElementTree.parse(settings).iter("property"):
                if each.findtext("name") == "fs.defaultFS":
                    return (each.findtext("value") or "").rstrip("/")
        time.sleep(0.1)
    raise RuntimeError(f"HDFS does not start: {log.read_text(errors='replace')[-2000:]}")


if __name__ == "__main__":
    with hdfs() as started:
        print(f"{started.url}  HADOOP_CONF_DIR={started.settings}", flush=True)
        started.process.wait()
