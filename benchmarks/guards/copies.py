"""Copies of a source, into which faults are put: a PostgreSQL database, an SQLite file, a folder of CSV files.

In: an address. Out: a copy in the benchmark's home, its rows as texts, and ways to change and to restore it. What the
catalog forbids is dropped for the table at hand, as in a source whose constraints have been dropped.
"""

import csv
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from benchmarks.guards.change import Change, Row
from weir.project.scaffold.described import Table


class UnfitError(Exception):
    """The source's types can't hold the fault: it can't be there."""


class Copy(Protocol):
    """A copy of a source."""

    url: str

    def read(self, table: Table) -> list[Row]:
        """All rows as texts, in the order of the key."""

    def change(self, table: Table, change: Change) -> None:
        """Carry out the change. Raises UnfitError."""

    def restore(self) -> None:
        """Make the copy again what it was at first."""


class PostgresCopy:
    """A database on the benchmark's own server, restored from a template."""

    def __init__(self, address: str, server: str) -> None:
        self.server, self.base = server, server.rsplit("/", 1)[0]
        self.url = f"{self.base}/guarded"
        self.places: dict[str, list[tuple[str, str]]] = {}
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("create database original")
        from weir.warehouse.embedded import programs

        dump = subprocess.run([str(programs.folder() / "pg_dump"), "--no-owner", "--no-privileges", "-d", address],
                              capture_output=True, check=True)  # fmt: skip
        subprocess.run([str(programs.folder() / "psql"), "-q", "-X", "-d", f"{self.base}/original"], input=dump.stdout,
                       capture_output=True, check=True)  # fmt: skip
        with psycopg.connect(f"{self.base}/original", autocommit=True) as connection:
            connection.execute("analyze")
        self.restore()

    def restore(self) -> None:
        """Make the database anew from its template: row versions and object ids are those of the first run."""
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute("drop database if exists guarded with (force)")
            connection.execute("create database guarded template original")

    def read(self, table: Table) -> list[Row]:
        """All rows as texts, in the order of the key; where each lies is kept for `change`."""
        names = [column.name for column in table.columns]
        shown = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
        order: list[sql.Composable] = [sql.Identifier(name) for name in table.primary_key] or [sql.SQL("ctid")]
        query = sql.SQL("select tableoid::regclass::text, ctid::text, {} from {} order by {}").format(
            shown, sql.Identifier(table.schema, table.name), sql.SQL(", ").join(order)
        )
        with psycopg.connect(self.url, options="-c TimeZone=UTC") as connection:
            rows = connection.execute(query).fetchall()
        self.places[table.label] = [(row[0], row[1]) for row in rows]
        return [dict(zip(names, row[2:], strict=True)) for row in rows]

    def change(self, table: Table, change: Change) -> None:
        """Drop what forbids the change, then carry it out."""
        name = sql.Identifier(table.schema, table.name)
        with psycopg.connect(self.url, options="-c TimeZone=UTC") as connection:
            try:
                if change.is_gone:
                    connection.execute(sql.SQL("drop table {} cascade").format(name))
                    return
                self._free(connection, table, change)
                for column in change.retyped:
                    to_text = sql.SQL("alter table {} alter {c} drop default, alter {c} type text using {c}::text")
                    connection.execute(to_text.format(name, c=sql.Identifier(column)))
                self._rows(connection, table, change, name)
                for column, made in change.renamed.items():
                    connection.execute(sql.SQL("alter table {} rename {} to {}").format(
                        name, sql.Identifier(column), sql.Identifier(made)))  # fmt: skip
                for column in change.dropped:
                    connection.execute(sql.SQL("alter table {} drop {} cascade").format(name, sql.Identifier(column)))
            except (psycopg.DataError, psycopg.IntegrityError, psycopg.NotSupportedError,
                    psycopg.ProgrammingError) as fault:  # fmt: skip
                raise UnfitError(str(fault).splitlines()[0]) from None

    def _free(self, connection: psycopg.Connection, table: Table, change: Change) -> None:
        """Drop views, triggers and the constraints of the table."""
        for (view,) in connection.execute(_VIEWS).fetchall():
            connection.execute(f"drop view if exists {view} cascade")
        kinds = ["c", "f", "u", "n", *(["p"] if change.breaks_key else [])]
        oid = sql.Literal(f"{_quoted(table.schema)}.{_quoted(table.name)}")
        for each, constraint in connection.execute(
            sql.SQL(_CONSTRAINTS).format(table=oid, kinds=sql.Literal(kinds))).fetchall():  # fmt: skip
            statement = sql.SQL("alter table {} drop constraint if exists {} cascade")
            with connection.transaction():
                connection.execute(statement.format(sql.SQL(each), sql.Identifier(constraint)))
        for each, rule in connection.execute(_RULES).fetchall():
            connection.execute(sql.SQL("drop rule {} on {}").format(sql.Identifier(rule), sql.SQL(each)))
        for domain, constraint in connection.execute(_DOMAINS).fetchall():
            connection.execute(sql.SQL("alter domain {} drop constraint {}").format(
                sql.SQL(domain), sql.Identifier(constraint)))  # fmt: skip
        for (index,) in connection.execute(sql.SQL(_INDEXES).format(table=oid)).fetchall():
            connection.execute(f"drop index {index}")
        for (each,) in connection.execute(sql.SQL(_TREE).format(table=oid)).fetchall():
            connection.execute(f"alter table {each} disable trigger user")

    def _rows(self, connection: psycopg.Connection, table: Table, change: Change, name: Any) -> None:
        places = self.places[table.label]
        with connection.cursor() as cursor:
            for number, row in change.updates.items():
                set_to = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(c), sql.Literal(v))
                                            for c, v in row.items())  # fmt: skip
                each, place = places[number]
                cursor.execute(sql.SQL("update only {} set {} where ctid = {}").format(
                    sql.SQL(each), set_to, sql.Literal(place)))  # fmt: skip
            for number in change.deletes:
                each, place = places[number]
                cursor.execute(sql.SQL("delete from only {} where ctid = {}").format(sql.SQL(each), sql.Literal(place)))
            for row in change.inserts:
                names, values = map(sql.Identifier, row), map(sql.Literal, row.values())
                cursor.execute(sql.SQL("insert into {} ({}) overriding system value values ({})").format(
                    name, sql.SQL(", ").join(names), sql.SQL(", ").join(values)))  # fmt: skip


class SqliteCopy:
    """A file in the benchmark's home; a table that is changed loses its constraints."""

    def __init__(self, path: str, home: Path) -> None:
        self.first, self.path = Path(path), home / "guarded.db"
        self.url = f"sqlite:///{self.path}"
        self.restore()

    def restore(self) -> None:
        """Copy the file anew."""
        shutil.copy2(self.first, self.path)

    def read(self, table: Table) -> list[Row]:
        """All rows as texts, in the order of the key."""
        names = [column.name for column in table.columns]
        order = ", ".join(map(_quoted, table.primary_key)) or "rowid"
        shown = ", ".join(map(_quoted, names))
        with sqlite3.connect(self.path) as connection:
            rows = connection.execute(f"select {shown} from {_quoted(table.name)} order by {order}").fetchall()
        return [{n: v if v is None or isinstance(v, str) else str(v) for n, v in zip(names, row, strict=True)}
                for row in rows]  # fmt: skip

    def change(self, table: Table, change: Change) -> None:
        """Write the table anew, without constraints."""
        rows = changed(self.read(table), change)
        name = _quoted(table.name)
        with sqlite3.connect(self.path) as connection:
            connection.execute("pragma foreign_keys = off")
            connection.execute("pragma legacy_alter_table = on")
            if not change.is_gone:
                kept = [c for c in table.columns if c.name not in change.dropped]
                columns = ", ".join(f"{_quoted(change.renamed.get(c.name, c.name))} "
                                    f"{'text' if c.name in change.retyped else c.declared}" for c in kept)  # fmt: skip
                connection.execute(f"create table weir_new ({columns})")
                connection.executemany(f"insert into weir_new values ({', '.join('?' * len(kept))})",
                                       [[row.get(c.name) for c in kept] for row in rows])  # fmt: skip
            connection.execute(f"drop table {name}")
            if not change.is_gone:
                connection.execute(f"alter table weir_new rename to {name}")


class FolderCopy:
    """A folder of CSV files, one file a table."""

    def __init__(self, path: str, home: Path) -> None:
        self.first, self.path = Path(path), home / "guarded"
        self.url = f"file://{self.path}"
        self.restore()

    def restore(self) -> None:
        """Copy the folder anew; the files keep their times."""
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(self.first, self.path, ignore=lambda folder, names: [n for n in names if n == "SOURCE.txt"])

    def _file(self, table: Table) -> Path:
        found = sorted(self.path.glob(str(table.meta["path"])))
        return found[0]

    def _dialect(self, file: Path) -> Any:
        with file.open(newline="", encoding="utf-8") as lines:
            return csv.Sniffer().sniff(lines.readline(), delimiters=",;\t|")

    def read(self, table: Table) -> list[Row]:
        """All rows of the table's first file."""
        file = self._file(table)
        with file.open(newline="", encoding="utf-8-sig") as lines:
            return [dict(row) for row in csv.DictReader(lines, delimiter=self._dialect(file).delimiter)]

    def change(self, table: Table, change: Change) -> None:
        """Write the file anew."""
        file = self._file(table)
        before = self.read(table)
        names = [n for n in before[0] if n not in change.dropped]
        delimiter = self._dialect(file).delimiter
        if change.is_gone:
            file.unlink()
            return
        with file.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.writer(lines, delimiter=delimiter, lineterminator="\n")
            writer.writerow([change.renamed.get(n, n) for n in names])
            writer.writerows([[row.get(n) for n in names] for row in changed(before, change)])


def changed(rows: list[Row], change: Change) -> list[Row]:
    """The rows after the change."""
    made = [{**row, **change.updates.get(n, {})} for n, row in enumerate(rows) if n not in change.deletes]
    return made + change.inserts


def copy_of(address: str, home: Path, server: str) -> Copy:
    """The copy of the source at the address."""
    parts = urlsplit(address)
    if parts.scheme.startswith("postgres"):
        return PostgresCopy(address, server)
    if parts.scheme == "sqlite":
        return SqliteCopy(unquote(parts.path)[1:], home)
    if parts.scheme in {"file", ""}:
        return FolderCopy(unquote(parts.path), home)
    raise SystemExit("guards are measured on PostgreSQL, SQLite and folders of CSV files")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_VIEWS = """select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_class c
join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v' and n.nspname !~ '^pg_|information_schema'"""
_CONSTRAINTS = """select conrelid::regclass::text, conname from pg_constraint
where (contype = 'f' and coninhcount = 0)
or conrelid in (with recursive t as (select {table}::regclass::oid as oid union all
    select i.inhrelid from pg_inherits i join t on i.inhparent = t.oid) select oid from t)
and contype = any({kinds}) and coninhcount = 0
and not (contype = 'n' and exists (select from pg_constraint p where p.conrelid = pg_constraint.conrelid
    and p.contype = 'p' and p.conkey @> pg_constraint.conkey and not 'p' = any({kinds})))
order by contype = 'n', contype = 'p'"""
_RULES = """select quote_ident(schemaname) || '.' || quote_ident(tablename), rulename from pg_rules
where schemaname !~ '^pg_|information_schema' and rulename <> '_RETURN'"""
_DOMAINS = "select contypid::regtype::text, conname from pg_constraint where contypid <> 0"
_TREE = """with recursive t as (select {table}::regclass::oid as oid union all
    select i.inhrelid from pg_inherits i join t on i.inhparent = t.oid) select oid::regclass::text from t"""
_INDEXES = """select indexrelid::regclass::text from pg_index where indrelid = {table}::regclass and indisunique
and not exists (select from pg_constraint where conindid = indexrelid)"""
