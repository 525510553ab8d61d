"""A database that nobody here wrote, from its address to published marts, without a hand on the files; then drift."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.end_to_end.test_real_data import DUMPS, load
from tests.support.project import Project
from tests.support.real_data import DATA, needs_data

pytestmark = [pytest.mark.slow, needs_data]


@pytest.fixture
def pagila(database: Callable[[], str]) -> str:
    """The address of pagila in a database of its own, on the server of the tests."""
    url = database()
    for dump in DUMPS["pagila"]:
        load(url, DATA / dump)
    return url


def test_pagila_is_added_run_and_followed(pagila: str, tmp_path: Path) -> None:
    project = Project(tmp_path, whole=True)
    said = project.weir("add", pagila, "--as", "pagila", "--marts")
    assert "15 tables, 46,273 rows; 15 keys" in said and "password (a secret by its name)" in said
    project.weir("land")
    project.weir("check", "raw")
    project.weir("build")
    project.weir("check", "marts")
    project.weir("publish")
    project.weir("verify")  # ends with 1 where a proof fails
    assert "nothing" in project.weir("quarantine").lower(), "no good row is rejected"
    assert "nothing has changed" in project.weir("add", "pagila")
    with psycopg.connect(pagila, autocommit=True) as connection:
        connection.execute("alter table actor add column nickname text; update actor set nickname = 'x'")
        connection.execute("create table promo (promo_id int primary key); insert into promo values (1)")
        connection.execute("drop table film_category cascade")
    said = project.weir("land", exit_code=1)
    assert "`weir add pagila` shows what follows" in said and "film_category" in said
    said = project.weir("add", "pagila", "--write")
    assert "nickname" in said and "promo" in said
    project.weir("land")
    project.weir("build")
    assert "nickname" in (project.folder / "models/marts/pagila/pagila_actor.sql").read_text()
