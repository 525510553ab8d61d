"""The holder of the run lock is Weir's own process, and nobody who calls himself so."""

import os

import psycopg

from weir import warehouse as place
from weir.warehouse import run_lock, under_way


def test_a_stranger_with_the_name_of_a_run_is_no_holder(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as owner:
        if not owner.execute("select from pg_roles where rolname = 'weir_test_stranger'").fetchone():
            owner.execute("create role weir_test_stranger login password 'x'")
        owner.execute(f"grant connect on database {owner.info.dbname} to weir_test_stranger")
    name = f"{run_lock.LOCK_NAME}1 elsewhere"
    with psycopg.connect(warehouse, user="weir_test_stranger", password="x", application_name=name) as stranger:
        stranger.execute("select pg_advisory_lock(hashtext('weir run'))")
        with place.connect() as connection:
            assert under_way.holder(connection) is None


def test_another_lock_of_our_own_is_none(warehouse: str) -> None:
    name = f"{run_lock.LOCK_NAME}1 elsewhere"
    with place.connect(application_name=name) as own, place.connect() as connection:
        own.execute("select pg_advisory_lock(123)")
        assert under_way.holder(connection) is None


def test_a_run_is_the_holder(warehouse: str) -> None:
    with run_lock.run_lock(), place.connect() as connection:
        found = under_way.holder(connection)
        assert found is not None and found.pid == os.getpid()
