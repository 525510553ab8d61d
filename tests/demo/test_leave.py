"""The demo is left: its addresses, sources and models go, what is the user's own stays."""

import shutil
from pathlib import Path

import pytest

from demo.leave import EXAMPLE, leave
from weir.core.env import write_env
from weir.core.errors import WeirError
from weir.core.settings import ROOT
from weir.warehouse.embedded.server import data_folder


@pytest.fixture
def project(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in use of the demo, with a source of its own; its warehouse is somebody else's."""
    monkeypatch.setenv("WEIR_PROJECT_DIR", str(tmp_path / "project"))
    monkeypatch.setenv("WAREHOUSE_URL", "postgresql://me@example.invalid/mine")
    for name in ("WEIR_DEMO", "APP_URL", "MINE_URL"):
        monkeypatch.setenv(name, "")  # so that it is as before afterwards
    write_env({"WEIR_DEMO": "1", "APP_URL": "postgresql://a@b/c", "MINE_URL": "file:///mine"})
    for name in (*EXAMPLE, "models/staging/mine"):
        (tmp_path / "project" / name).mkdir(parents=True)
    (tmp_path / "project" / "dbt_project.yml").touch()
    (home / "demo").mkdir()
    return tmp_path / "project"


def test_what_is_the_users_own_stays(project: Path, home: Path) -> None:
    leave()
    assert (home / ".env").read_text() == "MINE_URL='file:///mine'\n"
    assert not (home / "demo").exists() and (project / "models/staging/mine").exists()
    for name in EXAMPLE:
        assert (project / "demo/example" / name).exists() and not (project / name).exists()
    with pytest.raises(WeirError, match="not in use here"):
        leave()


def test_a_clone_that_never_made_the_demo_leaves_it_too(project: Path, home: Path) -> None:
    (home / ".env").write_text("MINE_URL='file:///mine'\nAPP_URL='postgresql://mine@b/c'\n")
    write_env({"WEIR_DEMO": ""})
    before = (home / ".env").read_text()
    assert leave() == [f"moved to demo/example: {', '.join(EXAMPLE)}"]
    assert (home / ".env").read_text() == before, "an address may be the user's own"
    assert (project / "demo/example" / EXAMPLE[0]).exists() and (project / "models/staging/mine").exists()


def test_the_embedded_warehouse_is_put_aside_and_never_deleted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", "")
    data = data_folder()
    data.mkdir(parents=True)
    (data / "rows").write_text("mine")
    kept = data.with_name(f"{data.name}-demo")
    try:
        assert str(kept) in "\n".join(leave())
        assert not data.exists() and (kept / "rows").read_text() == "mine"
        write_env({"WEIR_DEMO": "1"})
        data.mkdir()
        for name in EXAMPLE:
            (project / "demo/example" / name).rename(project / name)
        with pytest.raises(WeirError, match="an older warehouse"):
            leave()
        assert (project / EXAMPLE[0]).exists()
    finally:
        shutil.rmtree(kept)


def test_an_example_that_is_there_is_not_written_over(project: Path, home: Path) -> None:
    (project / "demo/example" / EXAMPLE[0]).mkdir(parents=True)
    with pytest.raises(WeirError, match="is there already"):
        leave()
    assert (home / "demo").exists() and (project / EXAMPLE[0]).exists()


def test_what_is_put_aside_is_there_and_nothing_that_stays_stands_on_it() -> None:
    assert [name for name in EXAMPLE if not (ROOT / name).exists()] == []
    aside = [ROOT / name for name in EXAMPLE]
    folders = ("models", "analyses", "seeds", "tests/dbt")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file()]
    stay = [file for file in files if not any(file.is_relative_to(path) for path in aside)]
    went = {file.stem for file in files if file.suffix in {".sql", ".csv"}} - {file.stem for file in stay}
    for file in stay:
        text = file.read_text()
        assert [name for name in went if f"ref('{name}')" in text or f"- name: {name}\n" in text] == [], file
