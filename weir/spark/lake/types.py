"""Types on their way from PostgreSQL by Parquet to Spark.

What a type of Spark holds exactly keeps its type; everything else goes as text in PostgreSQL's own spelling.
"""

import re
from dataclasses import dataclass

import pyarrow as pa

_PLAIN = {
    "smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64(), "boolean": pa.bool_(),
    "real": pa.float32(), "double precision": pa.float64(), "date": pa.date32(),
}  # fmt: skip
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
_MOMENT = re.compile(r"timestamp(?:\(\d\))? (with|without) time zone")
_SPARK = {
    pa.int16(): "smallint", pa.int32(): "int", pa.int64(): "bigint", pa.bool_(): "boolean", pa.float32(): "float",
    pa.float64(): "double", pa.date32(): "date", pa.string(): "string", pa.list_(pa.string()): "array<string>",
    pa.timestamp("us", "UTC"): "timestamp", pa.timestamp("us"): "timestamp_ntz",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column: its name, its type in the warehouse, its type in Parquet."""

    name: str
    type: str
    arrow: pa.DataType

    @property
    def spark(self) -> str:
        """Its type on Spark."""
        return _SPARK.get(self.arrow) or f"decimal({self.arrow.precision},{self.arrow.scale})"

    def as_text(self) -> "Column":
        """The same column as text."""
        return Column(self.name, self.type, pa.string())


def arrow_of(type_: str) -> pa.DataType:
    """The type in Parquet of a type as PostgreSQL's format_type writes it."""
    if moment := _MOMENT.fullmatch(type_):
        return pa.timestamp("us", "UTC" if moment[1] == "with" else None)
    if (number := _NUMERIC.fullmatch(type_)) and int(number[2]) <= int(number[1]) <= 38:
        return pa.decimal128(int(number[1]), int(number[2]))
    return _PLAIN.get(type_, pa.string())


_WAREHOUSE = {_SPARK[arrow]: name for name, arrow in _PLAIN.items()} | {
    "string": "text", "timestamp": "timestamp with time zone", "timestamp_ntz": "timestamp without time zone",
    "binary": "bytea", "tinyint": "smallint",
}  # fmt: skip
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_ARRAY = re.compile(r"array<([^<>]+)>")


def warehouse_type(kind: str) -> str:
    """PostgreSQL's type for one of Spark's; text for what has no like there."""
    if number := _DECIMAL.fullmatch(kind):
        return f"numeric({number[1]},{number[2]})"
    if array := _ARRAY.fullmatch(kind):
        return f"{warehouse_type(array[1])}[]"
    return _WAREHOUSE.get(kind, "text")


def columns_as(types: dict[str, str]) -> list[Column]:
    """The columns, by name and type in the warehouse."""
    return [Column(name, type_.partition(" collate ")[0], arrow_of(type_.partition(" collate ")[0]))
            for name, type_ in types.items()]  # fmt: skip


def schema_of(columns: list[Column]) -> pa.Schema:
    """The columns as Parquet's schema."""
    return pa.schema([pa.field(column.name, column.arrow) for column in columns])
