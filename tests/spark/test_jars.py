"""The jars of Delta: fetched once, and never another file in their place."""

import functools
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.incidents.library.inside import can_mount
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.ports import free_port
from weir.spark.local import jars

SMALL = "delta-kernel-unitycatalog-4.4.0.jar"


@pytest.fixture(scope="module")
def kept() -> list[Path]:
    """The jars in the user's own cache."""
    return jars.jars()


@pytest.fixture
def cache(kept: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own that holds all jars."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    jars.cache().mkdir(parents=True)
    for file in kept:
        shutil.copy(file, jars.cache())
    return jars.cache()


@pytest.fixture
def mirror(kept: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A mirror of Maven Central on this machine, with all jars: its folder."""
    folder = tmp_path / "mirror"
    for file, coordinates in zip(kept, jars.JARS, strict=True):
        group, artifact, version = coordinates.split(":")
        place = folder / group.replace(".", "/") / artifact / version
        place.mkdir(parents=True)
        shutil.copy(file, place)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("WEIR_MAVEN_URL", f"http://127.0.0.1:{server.server_port}/")
        yield folder
        server.shutdown()


def test_what_the_cache_holds_needs_no_network(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_MAVEN_URL", f"http://127.0.0.1:{free_port()}")
    assert jars.jars() == sorted(cache.iterdir(), key=jars.jars().index)


def test_a_damaged_jar_is_fetched_anew(cache: Path, mirror: Path) -> None:
    whole = (cache / SMALL).read_bytes()
    (cache / SMALL).write_bytes(whole[:-1] + b"x")
    told: list[str] = []
    jars.jars(told.append)
    assert (cache / SMALL).read_bytes() == whole
    assert told == [f"{cache / SMALL} is damaged: fetching it anew", f"fetching {SMALL}"]
    assert not [file for file in cache.iterdir() if file.suffix != ".jar"]


def test_another_file_in_its_place_is_refused_and_not_kept(cache: Path, mirror: Path) -> None:
    (cache / SMALL).unlink()
    (theirs,) = mirror.rglob(SMALL)
    theirs.write_bytes(b"<html>log in first</html>")
    with pytest.raises(WeirError, match="is not the file that Weir knows") as fault:
        jars.jars()
    assert "\n" not in str(fault.value)
    assert not (cache / SMALL).exists()


def test_a_jar_that_the_mirror_has_not_is_one_line(cache: Path, mirror: Path) -> None:
    (cache / SMALL).unlink()
    next(mirror.rglob(SMALL)).unlink()
    with pytest.raises(WeirError, match=rf"{SMALL} can't be fetched \(.*\): see that this machine reaches it"):
        jars.jars()


def test_no_network_is_one_line(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_MAVEN_URL", f"http://127.0.0.1:{free_port()}")
    (cache / SMALL).unlink()
    with pytest.raises(WeirError, match=r"can't be fetched .*refused.*or let WEIR_MAVEN_URL name a mirror"):
        jars.jars()


@pytest.mark.skipif(not can_mount(), reason="no tiny disk can be made here")
def test_a_full_disk_is_one_line(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=True)
    try:
        monkeypatch.setenv("XDG_CACHE_HOME", str(disk))
        with pytest.raises(WeirError, match=r"the disk that holds .* is full: make room") as fault:
            jars.jars()
        assert fault.value.cause is Cause.DISK_FULL
        assert not list(jars.cache().iterdir())
    finally:
        subprocess.run(["umount", str(disk)], check=True)
