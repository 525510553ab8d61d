"""Tables that Spark wrote, back in the warehouse: Parquet by pyarrow to CSV, by COPY into tables made from contracts.

In: the folder of a table's Parquet files, a Target. Out: the table in the warehouse, with indexes and comments. Several
tables take their places together, in one transaction: all of them or none.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import csv, parquet

from weir.core.errors import WeirError
from weir.spark.back.contracts import Target
from weir.spark.back.delta import live_files
from weir.spark.lake.store import Store, store_at

_ROWS = 16 * 1024  # that are turned into CSV at once
_FORM = csv.WriteOptions(include_header=False, quoting_style="needed", batch_size=8192)
Report = Callable[[str], None]


def bring_back(
    connection: psycopg.Connection[Any], tables: Mapping[str, Target], report: Report = lambda step: None
) -> dict[str, int]:
    """Fill the tables from what Spark wrote and put all of them in their places; returns the rows by table's name.

    `tables` holds the address of each table's folder with its Target. The connection should be the role's that is to
    own them (Role.DBT). All happens in one transaction, which is committed; the old tables can be read until then.
    Raises WeirError, and changes nothing, where files are missing or don't fit the contract.
    """
    found = {}
    with connection.transaction():
        made: list[tuple[str, Target]] = []
        for address, target in tables.items():
            report(target.place)
            name = f"of_spark_{len(made)}_{target.name[:40]}"  # the number first, for long names are cut
            connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(target.schema, name)))
            with _told(target):
                target.make(connection, name)
            store = store_at(plain(address))
            found[target.name] = copy_back(connection, store, data_files(store, target), target, name)
            with _told(target):
                target.finish(connection, name)
            made.append((name, target))
        for name, target in made:  # last: only here readers of the old tables wait
            _drop(connection, target)
            connection.execute(
                sql.SQL("alter table {} rename to {}").format(
                    sql.Identifier(target.schema, name), sql.Identifier(target.name)
                )
            )
    return found


def _drop(connection: psycopg.Connection[Any], target: Target) -> None:
    """Drop the table of the target's name, or the view: whatever dbt made there."""
    query = "select relkind from pg_class where relnamespace = to_regnamespace(%s) and relname = %s"
    row = connection.execute(query, [target.schema, target.name]).fetchone()
    kind = {"v": "view", "m": "materialized view"}.get(row[0], "table") if row else "table"
    relation = sql.Identifier(target.schema, target.name)
    connection.execute(sql.SQL("drop {} if exists {} cascade").format(sql.SQL(kind), relation))


def data_files(store: Store, target: Target) -> list[str]:
    """The Parquet files of the table that Spark wrote there. Raises WeirError where there are none."""
    live = live_files(store, "")
    files = live if live is not None else sorted(filter(_is_data, store.sizes()))
    if not files and live is None:
        raise WeirError(f"{target.place}: {store.url} holds no Parquet file: build it on Spark first")
    return files


def copy_back(
    connection: psycopg.Connection[Any], store: Store, files: list[str], target: Target, name: str = ""
) -> int:
    """Copy the rows of Parquet files into the target's table, or into `name`; returns their number.

    Raises WeirError where a column is missing, or PostgreSQL refuses a value.
    """
    columns = list(target.types)
    query = sql.SQL("copy {} ({}) from stdin (format csv)").format(
        sql.Identifier(target.schema, name or target.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    rows, source = 0, _blocks(store, files, columns, target)
    with _told(target), connection.transaction(), ThreadPoolExecutor(1) as beside:
        connection.execute("set local timezone to 'UTC'")
        cursor = connection.cursor()
        with cursor.copy(query) as copy:
            ahead = beside.submit(next, source, None)  # the next block is made while the server takes this one
            while block := ahead.result():
                ahead = beside.submit(next, source, None)
                copy.write(block[0])
                rows += block[1]
        if cursor.rowcount != rows:
            raise WeirError(f"{target.place}: Spark wrote {rows} rows, the warehouse took {cursor.rowcount}: run again")
    return rows


@contextmanager
def _told(target: Target) -> Iterator[None]:
    """Turn PostgreSQL's refusal of a row into one line, without the value, which may be personal."""
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError) as fault:
        where = (fault.diag.context or "").partition(":")[0]
        column = fault.diag.column_name or where.partition("column ")[2] or fault.diag.constraint_name or "a column"
        raise WeirError(
            f"{target.place}: what Spark built does not fit its contract: {type(fault).__name__} ({fault.sqlstate}) in "
            f"{column}; mend the model or its contract, then run again"
        ) from None
    except psycopg.ProgrammingError as fault:  # of the statement, which holds no rows
        raise WeirError(
            f"{target.place}: the warehouse can't make the table of its contract: {fault.diag.message_primary}; mend "
            "the model's types, constraints or indexes, then run again"
        ) from None


def plain(address: str) -> str:
    """The address of a table, as Spark tells it, in the form of WEIR_LAKE."""
    scheme, _, rest = address.partition(":")
    if scheme == "file":
        return "file:///" + rest.lstrip("/")
    return {"s3a": "s3", "s3n": "s3", "abfss": "abfs"}.get(scheme, scheme) + ":" + rest


def _blocks(store: Store, files: list[str], columns: list[str], target: Target) -> Iterator[tuple[Any, int]]:
    """The rows of the table's files as blocks of CSV, each with its number of rows."""
    for batch in _batches(store, files, columns, target):
        sink = pa.BufferOutputStream()
        csv.write_csv(batch, sink, _FORM)
        yield sink.getvalue(), batch.num_rows


def _batches(store: Store, files: list[str], columns: list[str], target: Target) -> Iterator[pa.RecordBatch]:
    """The rows of the files, with the columns in order and in a form that CSV holds."""
    for path in files:
        try:
            file = parquet.ParquetFile(store.open(path), coerce_int96_timestamp_unit="us")
        except pa.ArrowInvalid as fault:
            told = " ".join(str(fault).split())[:200]
            raise WeirError(f"{store.url}/{path} can't be read as Parquet ({told}): build it on Spark anew") from None
        names = {name.lower(): name for name in file.schema_arrow.names}
        lacking = [column for column in columns if column.lower() not in names]
        if lacking:
            parted = f"{lacking[0].lower()}=" in path.lower()
            why = ", for it is parted by it: leave out partition_by" if parted else ", which its contract names"
            raise WeirError(f"{target.place}: Spark's table has no column {lacking[0]}{why}")
        order = [names[column.lower()] for column in columns]
        for batch in file.iter_batches(_ROWS, columns=order):
            yield pa.RecordBatch.from_arrays([_plain(batch[name], target) for name in order], names=columns)


def _is_data(name: str) -> bool:
    """Whether Spark reads the file: no part of its name begins with _ or a dot."""
    return name.endswith(".parquet") and all(part[0] not in "._" for part in name.split("/"))


def _plain(values: pa.Array, target: Target) -> pa.Array:
    """The values in a type that CSV can hold: lists and bytes as PostgreSQL writes them."""
    kind = values.type
    if pa.types.is_timestamp(kind) and kind.tz:  # without the zone, which is the session's: it took most of the time
        return values.cast(pa.timestamp("us", kind.tz)).view(pa.timestamp("us"))
    if pa.types.is_binary(kind):
        return pa.array([None if each is None else "\\x" + each.hex() for each in values.to_pylist()], pa.string())
    if pa.types.is_list(kind) and not pa.types.is_nested(kind.value_type):
        return pa.array([None if each is None else _array(each) for each in values.to_pylist()], pa.string())
    if pa.types.is_nested(kind):
        raise WeirError(
            f"{target.place}: a column of Spark's type {kind} has no like in the warehouse: write it as JSON"
        )
    return values


def _array(values: list[Any]) -> str:
    """The list as PostgreSQL writes an array."""

    def element(value: Any) -> str:
        if value is None:
            return "NULL"
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, bytes):
            text = "\\x" + value.hex()
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "{" + ",".join(map(element, values)) + "}"
