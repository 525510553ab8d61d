"""Names that a scaffold gives: readable, none twice, none that PostgreSQL takes for its own."""

import pytest

from weir.project.scaffold import naming, personal
from weir.project.scaffold.described import Column
from weir.project.scaffold.naming import Words


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("CustomerID", "customer_id"), ("customerId", "customer_id"), ("HTTPStatus", "http_status"), ("order", "order"),
        ("Customer ID", "customer_id"), ("price (€)", "price"), ("2nd", "n_2nd"), ("Größe", "grosse"), ("имя", "имя"),
        ("", "n"), ("a.b-c", "a_b_c"), ("__x__", "x"), ("x" * 80, "x" * 63), ("MonthlyCharges", "monthly_charges"),
    ],
)  # fmt: skip
def test_a_name_is_in_snake_case(name: str, wanted: str) -> None:
    assert naming.snake(name) == wanted


def test_folded_names_are_split_by_the_words_of_the_schema() -> None:
    words = Words(["PK_SalesOrderHeader_SalesOrderID", "Ship date of the order", "Customer's account number"])
    assert naming.snake("salesorderid", words) == "sales_order_id"
    assert naming.snake("shipdate", words) == "ship_date"
    assert naming.snake("accountnumber", words) == "account_number"
    assert naming.snake("mystery", words) == "mystery"  # of no known words: left alone
    assert naming.snake("orderxyz", words) == "orderxyz"


def test_tables_lose_a_common_prefix_and_twins_get_their_schema() -> None:
    found = naming.tables([("a", "tbl_users"), ("a", "tbl_orders"), ("b", "tbl_orders")], None)
    assert list(found.values()) == ["users", "a_orders", "b_orders"]
    assert list(naming.tables([("", "users"), ("", "user_roles")], None).values()) == ["users", "user_roles"]
    twice = naming.tables([("", "Users"), ("", "users"), ("", "USERS")], None)
    assert len(set(twice.values())) == 3


def test_columns_are_unique_and_no_words_of_sql() -> None:
    found = naming.columns(["Order", "order", "user", "_key", "id", "ID"], "invoices", None, {"_key"})
    assert found == {"Order": "invoice_order", "order": "invoice_order_2", "user": "invoice_user", "_key": "key",
                     "id": "id", "ID": "id_2"}  # fmt: skip


@pytest.mark.parametrize(
    ("many", "one"), [("orders", "order"), ("categories", "category"), ("boxes", "box"), ("status", "status"),
                      ("addresses", "address"), ("news", "news"), ("s", "s")],
)  # fmt: skip
def test_one_row_is_called_by_the_singular(many: str, one: str) -> None:
    assert naming.singular(many) == one


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("password_hash", ["x"], "a secret by its name"), ("salt", [], "a secret by its name"),
        ("password_changed_at", ["2024-01-01"], ""), ("token_type", ["a"], ""), ("session_id", ["a"], ""),
        ("number", ["4111 1111 1111 1111"] * 5, "card numbers"), ("number", ["4111 1111 1111 1112"] * 5, ""),
    ],
)  # fmt: skip
def test_secrets_are_left_out(name: str, values: list[str | None], why: str) -> None:
    assert personal.secret(name, values) == why


def test_personal_data_is_marked_by_its_values_and_its_name() -> None:
    def kind(name: str, values: list[str | None]) -> str:
        return personal.pii(Column(name, "text"), name, values)

    assert kind("contact", ["a@b.io", "c@d.io", None]) == "email"
    assert kind("email", []) == "email"
    assert kind("last_name", ["Smith"]) == "name"
    assert kind("street", ["Main St"]) == "address"
    assert kind("title", ["A film"]) == ""
    assert personal.pii(Column("birth_date", "date"), "birth_date", ["1990-01-01"]) == "birth_date"
    assert personal.pii(Column("zip", "integer"), "zip", ["12345"]) == ""
