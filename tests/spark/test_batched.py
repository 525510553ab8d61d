"""The materialization `batched` on a real local cluster: after every build each table holds what its select gives, and
no more was made anew than changed.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.spark.conftest import Ask
from tests.support.long import IS_LONG, only_long
from tests.support.spark_batches import MODELS, SparkShop
from weir.spark.local import cluster

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.timeout(900)]
NOTHING = "NOTHING NEW"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    """A cluster in a home of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("WEIR_LAKE", raising=False)
        try:
            yield cluster.start()
        finally:
            cluster.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the project lies."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture
def shop(started: cluster.Cluster, ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch) -> SparkShop:
    """The project. The first test builds it; what one test leaves, the next one takes, because builds are slow."""
    for name, value in {
        "WEIR_SPARK_HOST": "127.0.0.1", "WEIR_SPARK_PORT": str(started.ports.thrift), "WEIR_SPARK_USER": "weir",
        "DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    at(monkeypatch, "2026-01-05T00:00:00+00:00")
    made = SparkShop(folder, ask)
    if not (folder / "dbt_project.yml").exists():
        made.make()
    return made


def at(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Set the moment that builds take for the present."""
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", moment)


def test_a_day_that_changed_is_made_anew_and_what_stands_on_it(shop: SparkShop) -> None:
    assert set(shop.build().values()) == {NOTHING}
    shop.event(500, 2, "2025-11-20 08:00:00")
    said = shop.build()
    assert said["days"] == said["priced"] == said["months"] == "1 range of batches and 0 keys made anew"
    assert said["users"] == "1 range of batches and 0 keys made anew"
    shop.ask("update shop.events set happened_at = timestamp '2025-10-12 23:00:00' where event_id = 500")
    said = shop.build("days")
    assert said["days"] == "2 ranges of batches and 0 keys made anew", "the day it left, and the one it came to"
    shop.ask("delete from shop.events where event_id = 111")
    assert shop.build("days")["days"] == "1 range of batches and 0 keys made anew"


@only_long
def test_rows_without_an_event_time_are_a_batch(shop: SparkShop) -> None:
    shop.build("priced")
    shop.event(600, 2, None)
    assert shop.build("priced")["priced"] == "1 range of batches and 0 keys made anew"
    shop.event(601, 1, None)
    shop.event(602, 1, "2025-12-20 00:00:00")
    assert shop.build("priced")["priced"] == "2 ranges of batches and 0 keys made anew"
    shop.ask("delete from shop.events where happened_at is null")
    shop.build("priced")


@only_long
def test_keys_that_changed_are_made_anew_in_all_batches(shop: SparkShop) -> None:
    shop.build("days", "users")
    shop.ask("update shop.accounts set plan = 'gone' where account_id = 2")
    shop.ask("insert into shop.accounts values (4, 'late')", "insert into shop.people values (null, 'someone')")
    said = shop.build("days", "users")
    assert said["days"] == "0 ranges of batches and 2 keys made anew"
    assert said["users"] == "0 ranges of batches and 1 key made anew"


@only_long
def test_a_key_of_any_text_is_found_and_a_value_that_goes_to_another_column(shop: SparkShop) -> None:
    """The hash passes over NULL: that of ('x', NULL) is that of (NULL, 'x')."""
    shop.event(700, 1, "2025-11-01 00:00:00", user="o\\'neil \\\\", later=True)
    shop.event(701, 1, "2025-11-01 00:00:00", user="")
    shop.ask(
        "create or replace table shop.people using delta as "
        "select user, name, 'x' as a, cast(null as string) as b from shop.people"
    )
    assert "the columns of shop.people changed" in shop.build("users")["users"]
    shop.ask("update shop.people set name = concat(name, '!') where name in ('O', 'nobody')")
    shop.ask("update shop.people set a = null, b = 'x' where user = 'ann'")
    assert shop.build("users")["users"] == "0 ranges of batches and 3 keys made anew"


@only_long
def test_what_can_not_be_told_apart_makes_the_whole_and_says_why(shop: SparkShop) -> None:
    shop.build("days", "priced")
    shop.ask("update shop.rates set rate = 2")
    shop.model("days", MODELS["days"][1].replace("count(*)", "count(1)"))
    said = shop.build("days", "priced", "months")
    why = "shop.rates changed, which has neither an event time nor the column of `by`"
    assert said["priced"] == f"made anew as a whole, for {why}"
    assert said["days"] == "made anew as a whole, for its code changed"
    assert said["months"] == NOTHING, "of days it reads what is the same"
    shop.ask(f"update {shop.schema}.priced set amount = 99 where event_id = 102")
    others = "made anew as a whole, for it is not known what it was made of, or others than its builds changed it"
    assert shop.build("priced")["priced"] == others
    shop.ask(f"drop table if exists {shop.schema}.priced__seen_a", f"drop table if exists {shop.schema}.priced__seen_b")
    assert shop.build("priced")["priced"] == others
    assert shop.build("priced", whole=True)["priced"] == "made anew as a whole, for a full refresh was asked for"
    assert shop.build("priced")["priced"] == NOTHING


@only_long
def test_the_clock_makes_anew_what_it_may_change(shop: SparkShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.event(800, 1, "2026-01-20 00:00:00")
    shop.build("days")
    at(monkeypatch, "2026-01-25T00:00:00+00:00")
    assert shop.build("days")["days"] == "1 range of batches and 0 keys made anew", "from the 5th on"
    at(monkeypatch, "2025-11-15T00:00:00+00:00")
    assert "rows had landed after the moment" in shop.build("days")["days"]
    at(monkeypatch, "2026-01-26T00:00:00+00:00")
    assert "rows had landed after the moment" in shop.build("days")["days"]


@only_long
def test_old_versions_of_tables_may_go_and_files_be_rewritten(shop: SparkShop) -> None:
    shop.event(900, 1, "2025-10-20 00:00:00")
    shop.build("priced")
    shop.event(901, 1, "2025-11-20 00:00:00")
    for table in ("shop.events", f"{shop.schema}.priced"):
        shop.ask(
            "set spark.databricks.delta.retentionDurationCheck.enabled = false",
            f"optimize {table}",
            f"vacuum {table} retain 0 hours",
        )
    assert shop.build("priced")["priced"] == "1 range of batches and 0 keys made anew"


def test_a_build_that_dies_before_its_commit_is_done_again(shop: SparkShop) -> None:
    """The select fails when the step has looked at its inputs already; so does a full refresh."""
    shop.build("days")
    shop.event(950, 1, "2025-10-20 00:00:00", later=True)
    shop.flush()
    shop.ask("update shop.events set amount = 0 where event_id = 950")
    for arguments in ([], ["--full-refresh"]):
        assert not shop.dbt("run", "--select", "days", *arguments).success
    shop.ask("update shop.events set amount = 2 where event_id = 950")
    assert shop.build("days")["days"] == "1 range of batches and 0 keys made anew"


def test_increments_give_what_a_full_refresh_gives(shop: SparkShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens to the inputs, in several of them at once, the tables are right after each build."""
    dice = random.Random(15)
    number, day = 1000, 5
    for _ in range(3 if IS_LONG else 1):
        for chosen in dice.sample(["new", "void", "move", "delete", "account", "person", "clock"], 4):
            number += 1
            moment = f"2025-{dice.randint(9, 12):02}-{dice.randint(1, 28):02} {dice.randint(0, 23):02}:30:00"
            if chosen in {"new", "void"}:
                account, user = dice.choice([None, 1, 2, 3, 4]), dice.choice(["ann", "", "bob"])
                shop.event(number, account, moment if chosen == "new" else None, user)
            elif chosen == "move":
                shop.ask(f"update shop.events set happened_at = timestamp '{moment}' where event_id % 7 = {number % 7}")
            elif chosen == "delete":
                shop.ask(f"delete from shop.events where event_id % 11 = {number % 11}")
            elif chosen == "account":
                shop.ask(f"delete from shop.accounts where account_id = {number % 4}")
                shop.ask(f"insert into shop.accounts values ({number % 5}, 'plan {number}')")
            elif chosen == "person":
                shop.ask(f"update shop.people set name = '{number}' where user = '{dice.choice(['ann', ''])}'")
            else:
                day += 1
                at(monkeypatch, f"2026-01-{day:02}T00:00:00+00:00")
        shop.build()
