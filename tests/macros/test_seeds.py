"""Seeds: a file that changes, its header included, is what the table holds after the next build."""

import pytest

from tests.support.shop import ROOT, Shop, messages

pytestmark = pytest.mark.slow

COLUMNS = "select attname::text from pg_attribute where attrelid = 'dev_reference.currencies'::regclass and attnum > 0"


def seed(shop: Shop, text: str, types: str = "") -> None:
    shop.write("seeds/currencies.csv", text)
    config = f"config: {{column_types: {{{types}}}}}" if types else "description: Some."
    shop.write("seeds/currencies.yml", f"seeds:\n  - name: currencies\n    {config}\n")
    result = shop.dbt("seed")
    assert result.success, messages(result)


def columns(shop: Shop) -> list[str]:
    return [row[0] for row in shop.rows(f"{COLUMNS} and not attisdropped order by attnum")]


def test_a_column_that_comes_or_goes_makes_the_table_anew(shop: Shop) -> None:
    seed(shop, "code,name\nEUR,Euro\n")
    seed(shop, "code,name,minor_units\nEUR,Euro,2\nJPY,Yen,0\n")
    assert columns(shop) == ["code", "name", "minor_units"]
    assert shop.rows("select * from dev_reference.currencies order by 1") == [("EUR", "Euro", 2), ("JPY", "Yen", 0)]
    seed(shop, "minor_units,code\n2,EUR\n")
    assert columns(shop) == ["minor_units", "code"]
    assert shop.rows("select * from dev_reference.currencies") == [(2, "EUR")]


def test_other_rows_under_the_same_header_leave_the_table_in_place(shop: Shop) -> None:
    seed(shop, "code,name\nEUR,Euro\n")
    before = shop.rows("select 'dev_reference.currencies'::regclass::oid")
    seed(shop, "code,name\nJPY,Yen\n")
    assert shop.rows("select * from dev_reference.currencies") == [("JPY", "Yen")]
    assert shop.rows("select 'dev_reference.currencies'::regclass::oid") == before


def test_a_view_of_a_person_outlives_a_new_column_and_a_full_refresh(shop: Shop) -> None:
    seed(shop, "code,name\nEUR,Euro\n")
    shop.execute("create schema mine")
    shop.execute("grant create, usage on schema mine to weir_dbt")
    shop.execute("create view mine.names as select name from dev_reference.currencies")
    shop.execute("alter view mine.names owner to weir_dbt")
    seed(shop, "code,name,minor_units\nEUR,Euro,2\n")
    assert shop.rows("select * from mine.names") == [("Euro",)]
    assert shop.dbt("seed", "--full-refresh").success
    assert shop.rows("select * from mine.names") == [("Euro",)]


def test_a_model_on_a_seed_is_built_in_the_same_build(shop: Shop) -> None:
    seed(shop, "code,name\nEUR,Euro\n")
    shop.write("models/intermediate/int_currencies.sql", "select * from {{ ref('currencies') }}")
    assert shop.dbt("build").success
    shop.write("seeds/currencies.csv", "code,name,minor_units\nEUR,Euro,2\n")
    result = shop.dbt("build")
    assert result.success, messages(result)
    assert shop.rows("select * from dev_intermediate.int_currencies") == [("EUR", "Euro", 2)]


def test_a_type_that_changes_makes_the_table_anew_and_keeps_every_digit(shop: Shop) -> None:
    seed(shop, "code,number\nEUR,007\n", "code: text, number: integer")
    assert shop.rows("select * from dev_reference.currencies") == [("EUR", 7)]
    seed(shop, "code,number\nEUR,007\n", "code: text, number: text")
    assert shop.rows("select * from dev_reference.currencies") == [("EUR", "007")]


def test_a_header_that_the_contract_does_not_have_is_refused_and_the_table_stays(shop: Shop) -> None:
    seed(shop, "code,name\nEUR,Euro\n", "code: text, name: text")
    shop.write("seeds/currencies.csv", "code,name,symbol\nEUR,Euro,E\n")
    said = messages(shop.dbt("seed"))
    assert "seeds/currencies.csv has the columns code, name, symbol, but its column_types have code, name" in said
    assert shop.rows("select * from dev_reference.currencies") == [("EUR", "Euro")]
    seed(shop, "code,name,symbol\nEUR,Euro,E\n", "code: text, name: text, symbol: text")
    assert shop.rows("select * from dev_reference.currencies") == [("EUR", "Euro", "E")]


@pytest.mark.parametrize("rate", ["0", "-1.1", "NaN", ""])
def test_a_rate_that_is_none_stops_the_build(shop: Shop, rate: str) -> None:
    """NaN is greater than any number, so that a bound below alone lets it pass, and each sum over it is NaN."""
    for file in ("currencies.csv", "currencies.yml", "exchange_rates.csv", "exchange_rates.yml"):
        shop.write(f"seeds/{file}", (ROOT / "seeds" / file).read_text())
    assert shop.dbt("build", "--select", "resource_type:seed", "resource_type:test").success
    lines = (ROOT / "seeds/exchange_rates.csv").read_text().splitlines()
    month, currency, _, origin = lines[1].split(",")
    lines[1] = f"{month},{currency},{rate},{origin}"
    shop.write("seeds/exchange_rates.csv", "\n".join(lines) + "\n")
    result = shop.dbt("build", "--select", "resource_type:seed", "resource_type:test")
    assert not result.success and "exchange_rates_are_of_whole_months" in messages(result)
