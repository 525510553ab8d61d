"""Data and types that nobody here wrote, on PostgreSQL and on a real local cluster: equal tables, after changes too."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.end_to_end.test_real_data import DUMPS, PROJECT, load
from tests.support.commands import call
from tests.support.long import only_long
from tests.support.real_data import DATA, needs_data
from weir.core.settings import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.timeout(1800), needs_data, only_long]


@pytest.fixture
def settings(tmp_path: Path, database: Callable[[], str]) -> Iterator[dict[str, str]]:
    """The settings of a home with a cluster: pagila in a database, Telco's file in a folder, models of both."""
    url = database()
    for dump in DUMPS["pagila"]:
        load(url, DATA / dump)
    project, drop = tmp_path / "project", tmp_path / "telco"
    for source in ("pagila", "telco"):
        shutil.copytree(PROJECT / "models" / source, project / "models" / source)
    text = (PROJECT / "dbt_project.yml").read_text()
    (project / "dbt_project.yml").write_text(text.replace("../../../macros", str(ROOT / "macros")))
    shutil.copy(ROOT / "profiles.yml", project)
    drop.mkdir()
    shutil.copy(DATA / "churn_telco_csv" / "Telco-Customer-Churn.csv", drop)
    home = tmp_path / "home"
    call(home, "weir", "spark", "up")
    yield {"PAGILA_URL": url, "TELCO_URL": drop.as_uri(), "WEIR_PROJECT_DIR": str(project)}
    call(home, "weir", "down")


def test_tables_are_equal_at_first_and_after_changes(settings: dict[str, str], tmp_path: Path) -> None:
    def compared() -> str:
        call(tmp_path / "home", "weir", "land", **settings)
        told = call(tmp_path / "home", "weir", "parity", **settings)
        assert "tables are equal on both engines" in told
        return told

    assert "11 rejected" in compared()
    with psycopg.connect(settings["PAGILA_URL"], autocommit=True) as connection:
        connection.execute("update film set special_features = '{\"a, b\",NULL,\"\"}', rating = 'G' where film_id < 9")
        connection.execute("delete from film_actor where film_id = 9; delete from film_category where film_id = 9")
        connection.execute(
            "delete from payment where rental_id in (select rental_id from rental where inventory_id < 50)"
        )
    file = tmp_path / "telco" / "Telco-Customer-Churn.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line.replace("Month-to-month", "Two year") for line in lines[:-5]))
    assert "deleted" in compared()
