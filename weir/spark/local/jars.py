"""The jars of Delta: fetched once from Maven Central, by coordinates, and checked by digest.

In: coordinates and SHA-256 digests. Out: the files in the user's cache (`~/.cache/weir/jars`), which outlive a project
that is deleted. `WEIR_MAVEN_URL` may name a mirror of Maven Central. Alone: `python -m weir.spark.local.jars`.
"""

import errno
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from xml.sax.saxutils import quoteattr

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.spark.local import configuration, java

SETTING = "WEIR_MAVEN_URL"
# What Delta needs and pyspark 4.1.4 does not hold: of the rest, pyspark has the same libraries, mostly newer.
JARS = {
    "io.delta:delta-spark_4.1_2.13:4.4.0": "75a9400986853c061f5109f012547de2545a5759e5e752e5ef633dabe16a4f10",
    "io.delta:delta-storage:4.4.0": "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
    "io.delta:delta-kernel-api:4.4.0": "ee9b5a14ac3b7efdff4d61a58478fe8eb0e5a3fbca43889dca7290795fe79a11",
    "io.delta:delta-kernel-defaults:4.4.0": "225c975199e4718b38ee5b7e6da7f19e9585024262b2cec2656b32151a856b0b",
    "io.delta:delta-kernel-unitycatalog:4.4.0": "cea22dfb4ac562b3cd27bf652697750e8336009d73fb06631363aaaad5345ffa",
    "io.unitycatalog:unitycatalog-client:0.6.0": "48257499a86b801a3e2372cec55ac226ca1c1c7eabe5c118e7302f29a1fdbc19",
    "io.unitycatalog:unitycatalog-hadoop:0.6.0": "c47b63c961c87102b9e1d63809a0915ba4c86b7652f57c8d39ca3a05b441a150",
}
_PATIENCE = 600  # seconds for one file
# Ivy looks at Maven Central by itself; checksums are not asked for, since the digests above are stricter.
_IVY = """<ivysettings><settings defaultResolver="maven"/><resolvers>
<ibiblio name="maven" m2compatible="true" usepoms="false" checksums=""{root}/></resolvers></ivysettings>"""


def jars(tell: Callable[[str], None] = lambda text: None) -> list[Path]:
    """The files of JARS; those that the cache lacks, or holds damaged, are fetched.

    Raises WeirError when one can't be fetched or kept, or has another digest.
    """
    return [jar(coordinates, digest, tell) for coordinates, digest in JARS.items()]


def cache() -> Path:
    """The folder of the jars."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weir" / "jars"


def jar(coordinates: str, digest: str, tell: Callable[[str], None] = lambda text: None) -> Path:
    """The file of the coordinates, with that SHA-256 digest; fetched where the cache lacks it, or holds it damaged.

    Raises WeirError when it can't be fetched or kept, or has another digest.
    """
    _, artifact, version = coordinates.split(":")
    name = f"{artifact}-{version}.jar"
    file = cache() / name
    try:
        if file.exists():
            if _digest(file.read_bytes()) == digest:
                return file
            tell(f"{file} is damaged: fetching it anew")
        tell(f"fetching {name}")
        content = _fetched(coordinates, name)
        if _digest(content) != digest:
            raise WeirError(
                f"{name} as it was fetched is not the file that Weir knows (its SHA-256 is {_digest(content)}, not "
                f"{digest}): nothing of it was kept; see what answers there, or let {SETTING} name another mirror of "
                "Maven Central"
            )
        _keep(content, file)
    except subprocess.TimeoutExpired:
        raise WeirError(f"{name} did not come within {_PATIENCE // 60} minutes: type the same again") from None
    except OSError as fault:
        if fault.errno in {errno.ENOSPC, errno.EDQUOT}:
            told = f"the disk that holds {cache()} is full: make room, then type the same again"
            raise WeirError(told, cause=Cause.DISK_FULL) from None
        raise WeirError(f"{file} can't be kept ({fault.strerror}): make that folder yours and writable") from None
    return file


def _fetched(coordinates: str, name: str) -> bytes:
    """The file of the coordinates, by Ivy, which comes with Spark. Raises WeirError when it can't be had."""
    mirror = (os.environ.get(SETTING) or "").strip()
    with tempfile.TemporaryDirectory(prefix="weir-ivy-") as folder:
        here = Path(folder)
        (here / "settings.xml").write_text(_IVY.format(root=f" root={quoteattr(mirror)}" if mirror else ""))
        done = subprocess.run(
            [java.find(configuration.folder() / "java").home / "bin" / "java", "-jar", _ivy(),
             "-settings", here / "settings.xml", "-cache", here / "cache", "-dependency", *coordinates.split(":"),
             "-notransitive", "-types", "jar", "-retrieve", f"{here}/[artifact]-[revision].[ext]"],
            capture_output=True, text=True, errors="replace", timeout=_PATIENCE, stdin=subprocess.DEVNULL, cwd=here,
        )  # fmt: skip
        if (here / name).exists():
            return (here / name).read_bytes()
    said = re.search(r"Server access error.*", done.stdout) or re.search(r"not found$", done.stdout, re.MULTILINE)
    told = " ".join((said[0] if said else (done.stderr or done.stdout)[-300:]).split())
    raise WeirError(
        f"{name} can't be fetched ({told}): see that this machine reaches it, or let {SETTING} name a mirror of "
        f"Maven Central; or put the file into {cache()} yourself"
    )


def _ivy() -> Path:
    """The program that fetches files of Maven's repositories, among the jars of Spark."""
    return next((configuration.spark_home() / "jars").glob("ivy-*.jar"))


def _keep(content: bytes, file: Path) -> None:
    """Write the file aside and rename it when it is whole: another process may do the same."""
    file.parent.mkdir(parents=True, exist_ok=True)
    passing = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        passing.write_bytes(content)
        passing.replace(file)
    finally:
        with suppress(OSError):
            passing.unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    for each in jars(print):
        print(each)
