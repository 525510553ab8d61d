"""The catalog of a whole MySQL or MariaDB database: tables, columns, keys and checks, each by one query.

In: a Wire and the name of a database. Out: rows, by table. Names stand as they are; literals are hexadecimal.
"""

from collections import defaultdict
from typing import Any

from ingest.connectors.mysql.connection import Wire
from weir.core.errors import WeirError

Rows = dict[str, list[tuple[Any, ...]]]


class Catalog:
    """The rows of one database's catalog; `schema` is empty for the database of the address."""

    def __init__(self, wire: Wire, schema: str) -> None:
        self.wire = wire
        self.where = wire.text(schema) if schema else "DATABASE()"
        self.maria = "MariaDB" in wire.connection.server_version
        self.tables = wire.rows(_TABLES.format(schema=self.where))
        self.columns = self._by_table(_COLUMNS)
        self.keys = self._by_table(_KEYS)
        self.parents = self._by_table(_PARENTS)
        self.checks = self._found_checks()

    def _by_table(self, query: str) -> Rows:
        found: Rows = defaultdict(list)
        for table, *row in self.wire.rows(query.format(schema=self.where)):
            found[table].append(tuple(row))
        return found

    def _found_checks(self) -> Rows:
        """The checks; none where the server is too old to have them."""
        for query in [_MARIA_CHECKS] if self.maria else [_CHECKS + " AND t.enforced = 'YES'", _CHECKS]:
            try:
                return self._by_table(query)
            except WeirError:
                pass
        return defaultdict(list)


_TABLES = """SELECT table_name, table_type, table_rows, data_length, table_comment FROM information_schema.tables
WHERE table_schema = {schema} AND table_type <> 'SEQUENCE' ORDER BY table_name"""
# After the table's name come the six fields that types.column_in_raw takes.
_COLUMNS = """SELECT table_name, column_name, LOWER(data_type), LOWER(column_type), LOWER(character_set_name),
is_nullable, numeric_precision, column_type, numeric_scale, character_maximum_length, extra, column_comment
FROM information_schema.columns WHERE table_schema = {schema} ORDER BY table_name, ordinal_position"""
_KEYS = """SELECT table_name, index_name, column_name, non_unique, sub_part FROM information_schema.statistics
WHERE table_schema = {schema} ORDER BY table_name, index_name, seq_in_index"""
_PARENTS = """SELECT table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name,
referenced_column_name FROM information_schema.key_column_usage
WHERE table_schema = {schema} AND referenced_table_name IS NOT NULL
ORDER BY table_name, constraint_name, ordinal_position"""
_MARIA_CHECKS = """SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints
WHERE constraint_schema = {schema} ORDER BY table_name, constraint_name"""
_CHECKS = """SELECT t.table_name, c.constraint_name, c.check_clause FROM information_schema.check_constraints c
JOIN information_schema.table_constraints t USING (constraint_schema, constraint_name)
WHERE c.constraint_schema = {schema} AND t.constraint_type = 'CHECK'"""
