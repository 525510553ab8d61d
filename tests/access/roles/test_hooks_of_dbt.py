"""Hooks of dbt gain nothing: there is no other role to go back to, and what is not dbt's is refused."""

from pathlib import Path

import pytest

from tests.macros.conftest import shop as shop
from tests.support.shop import Shop, messages
from weir.dbt.environment import as_dbt

A = {"order_id": "1", "amount": "1"}


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        ("set role none; alter role weir_dbt superuser", "permission denied to alter role"),
        ("reset role; create role mine superuser", "permission denied to create role"),
        ("set session authorization weir", "permission denied to set session authorization"),
        ("set role weir_publisher", "permission denied to set role"),
        ("delete from ops.ledger", "permission denied for table ledger"),
        ("truncate ops.landings", "permission denied for table landings"),
        ("update analytics.fct set a = 2", "permission denied for schema analytics"),
        ("select * from analytics_private.fct", "permission denied for schema analytics_private"),
        ("drop table raw_shop.orders", "must be owner of table orders"),
        ("copy (select 1) to program 'true'", "permission denied to COPY to or from an external program"),
        ("copy (select 1) to '/tmp/x'", "permission denied to COPY to a file"),
        ("select pg_read_file('/etc/passwd')", "permission denied for function pg_read_file"),
        ("select rolpassword from pg_authid", "permission denied for table pg_authid"),
    ],
)
def test_a_hook_is_refused_what_is_not_dbt_s(request: pytest.FixtureRequest, hook: str, says: str) -> None:
    one = request.getfixturevalue("shop")
    _made(one)
    one.write("models/careless.sql", f"{{{{ config(schema='test', post_hook=\"{hook}\") }}}} select 1 as a")
    assert says in messages(one.dbt("run", "--select", "careless"))
    assert one.rows("select count(*) from raw_shop.orders, analytics.fct") == [(1,)]
    assert one.rows("select rolsuper from pg_roles where rolname = 'weir_dbt'") == [(False,)]


def _made(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    for schema in ("analytics", "analytics_private"):
        shop.execute(f"create table {schema}.fct as select 1 as a")


def test_a_model_finds_no_password_but_dbt_s_own(shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("WEIR_MASK_KEY", "0123456789abcdef")
    owner = os.environ["WAREHOUSE_URL"]
    secrets = {os.environ[f"WEIR_{name}_PASSWORD"] for name in ("LOADER", "PUBLISHER", "ANALYST")}
    with as_dbt():
        seen = "\n".join(os.environ.values())
        assert "weir_dbt" in os.environ["WAREHOUSE_URL"] and owner not in seen and "0123456789abcdef" not in seen
        assert not [secret for secret in secrets if secret in seen]
    assert os.environ["WAREHOUSE_URL"] == owner and secrets <= set(os.environ.values())
