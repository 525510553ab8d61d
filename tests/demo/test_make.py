"""The demo startup: what `make` makes, and that the manifest says exactly what is corrupt."""

import csv
import json
import os
import shutil
from pathlib import Path

import psycopg
import pytest

from demo import sources
from demo.__main__ import main
from demo.corruption import kinds
from demo.corruption.manifest import CHILDREN, Manifest
from demo.systems import helpdesk
from tests.support.demo import truth
from tests.support.demo.home import REASONS, Place, assert_manifest_is_true
from weir.core.errors import WeirError
from weir.warehouse.embedded.server import data_folder, start_server, stop_server


def test_default_size(startup: Path) -> None:
    app = truth.read_app()
    assert len(app["accounts"]) == 500
    assert 180_000 < len(truth.read_events()[0]) < 220_000
    assert len(list((truth.folder("PRODUCT_URL") / "events").glob("*.gz"))) == 730
    assert os.environ["WEIR_AS_OF"] == "2026-07-01T00:00:00Z"
    assert (startup / ".env").stat().st_mode & 0o777 == 0o600


def test_every_kind_is_there_and_the_manifest_is_exact(startup: Path) -> None:
    counts = Manifest.load().counts()
    assert {kind for kind, _ in counts} - CHILDREN == set(kinds.ALL) == set(REASONS) - CHILDREN
    assert all(rows >= 3 for (kind, _), rows in counts.items() if kind not in CHILDREN)
    assert_manifest_is_true()


def test_nothing_is_later_than_the_present(startup: Path) -> None:
    now, spoiled = truth.clock(), Manifest.load().keys("users")
    for table, rows in truth.read_app().items():
        assert all(row["updated_at"] < now for row in rows), table
    assert all(row["created_at"] < now for row in truth.read_app()["users"] if str(row["user_id"]) not in spoiled)
    for table, rows in truth.read_billing().items():
        assert all(row["updated_at"] < f"{now:%Y-%m-%dT%H:%M:%SZ}" for row in rows), table


def test_churn_has_causes(startup: Path) -> None:
    """Who leaves used the product less in the end than before; who stays did not."""
    from datetime import UTC, datetime

    import numpy as np

    from demo.company.clock import HISTORY_DAYS
    from demo.company.world import simulate

    world = simulate(500, 7, datetime(2026, 7, 1, tzinfo=UTC))
    rows = world.segments
    left = (rows["reason"] >= 4) & (rows["end"] < HISTORY_DAYS * 86_400) & (rows["end"] - rows["start"] > 120 * 86_400)
    trend = []
    for account, end in zip(rows["account"][left], rows["end"][left] // (7 * 86_400), strict=True):
        trend.append(world.usage[end - 4 : end, account].mean() / world.usage[end - 14 : end - 8, account].mean())
    assert np.median(trend) < 0.93
    yearly = np.sum(rows["reason"] >= 4) / np.sum(world.usage > 0) * 52
    assert 0.15 < yearly < 0.5


def test_again_does_nothing_and_other_arguments_are_refused(startup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (startup / "demo" / "state.json").stat().st_mtime_ns
    assert main(["make"]) == 0
    assert "is there already" in capsys.readouterr().out
    assert (startup / "demo" / "state.json").stat().st_mtime_ns == before
    assert main(["make", "--accounts", "20"]) == 1
    error = capsys.readouterr().err
    assert "--again" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["make", "--accounts", "3"], "10 to 200000"), (["make", "--accounts", "many"], "invalid int"),
        (["make", "--until", "soon"], "2026-07-01"), (["make", "--until", "2026-07-01T05:00"], "midnight"),
        (["make", "--seed", "-1"], "--seed"), (["tick", "--days", "0"], "1 to"), (["tick", "--days", "9999"], "1 to"),
        (["brew"], "invalid choice"), ([], "required"),
    ],
)  # fmt: skip
def test_bad_arguments(startup: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], word: str,
                       monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("WEIR_HOME", str(startup))
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert word in error and error.count("\n") == 1


def test_tick_without_a_demo(home: Path, capsys: pytest.CaptureFixture[str], warehouse: str) -> None:
    assert main(["tick"]) == 1
    assert "python -m demo make" in capsys.readouterr().err


def test_foreign_tables_and_files_are_left_alone(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    home = place()
    with psycopg.connect(os.environ["APP_URL"]) as connection:
        connection.execute("create table users (mine text)")
    assert main(["make", "--accounts", "10"]) == 1
    assert "did not make" in capsys.readouterr().err
    with psycopg.connect(os.environ["APP_URL"]) as connection:
        connection.execute("drop table users")
    mine = home / "demo" / "drops" / "nps" / "mine.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("a,b\n")
    assert main(["make", "--accounts", "10"]) == 1
    assert mine.exists()


def test_a_database_that_is_down(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place()
    monkeypatch.setenv("APP_URL", "postgresql://user:secretword@127.0.0.1:1/nowhere")
    assert main(["make", "--accounts", "10"]) == 1
    error = capsys.readouterr().err
    assert "APP_URL" in error and "secretword" not in error and error.count("\n") == 1


def test_manifest_is_plain_csv(startup: Path) -> None:
    with (startup / "demo" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["source", "table", "key", "kind", "known", "detail"]
    assert all(isinstance(json.loads(row["detail"]), dict) for row in rows)
    with pytest.raises(WeirError):
        main_missing()


def main_missing() -> None:
    """A helpdesk without data says what to do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", "/nonexistent/home")
        helpdesk.ensure()


def test_the_address_follows_the_embedded_warehouse_to_another_port(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WAREHOUSE_URL", raising=False)
    mine = start_server()  # that of the home in force, which the demo's fixtures may have moved
    try:
        monkeypatch.setenv("WEIR_DEMO", "1")
        for stale in ("postgresql://weir:old@127.0.0.1:1/weir_app", "postgresql://weir:old@127.0.0.1:1/another"):
            monkeypatch.setenv("APP_URL", stale)
            sources.follow_warehouse()
            followed = mine.rsplit("/", 1)[0] + "/weir_app?sslmode=disable"
            assert os.environ["APP_URL"] == (followed if stale.endswith("weir_app") else stale)
    finally:
        if mine != server:
            stop_server("immediate")
            shutil.rmtree(data_folder())


def test_the_demo_names_its_hooks_in_env(startup: Path) -> None:
    text = (startup / ".env").read_text()
    assert "WEIR_BEFORE_LANDING='demo.hooks:up'\n" in text and "WEIR_BEFORE_DOWN='demo.hooks:down'\n" in text
