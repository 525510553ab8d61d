"""Marts: a personal column whose type can't hold a pseudonym is shown as text, so that it can be published masked."""

import pytest

from weir.project.scaffold.described import Column, Table
from weir.project.scaffold.model import mart_model
from weir.project.scaffold.proposal import Choices, Field, Proposed
from weir.project.scaffold.yaml_text import mart_file


@pytest.mark.parametrize(("type_", "pii", "shown"), [
    ("integer", "birth_date", "cast(x as text) as x"), ("integer", "", "x"), ("date", "birth_date", "x"),
    ("date", "id", "cast(x as text) as x"), ("text", "phone", "x"), ("numeric", "id", "cast(x as text) as x"),
])  # fmt: skip
def test_a_personal_column_in_a_mart(type_, pii, shown):
    table = Table("people", columns=[Column("id", "integer"), Column("x", "integer")], primary_key=("id",))
    fields = [Field("id", "id", "ids", "integer", "id"), Field("x", "x", "numerics", type_, "x", pii=pii)]
    found = Proposed(table, "people", "stg_s__people", key=("id",), fields=fields)
    made = mart_model(found)
    assert made.splitlines()[1:4] == ["select", "    id,", f"    {shown}"]
    expected = "text" if "cast" in shown else type_
    assert f"name: x, data_type: {expected}" in mart_file(found, Choices("s", "S_URL"))
