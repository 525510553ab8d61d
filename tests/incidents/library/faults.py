"""The library: faults made on purpose, each with the cause, the subject and the downstream set that must be told of it.

The faults of one batch do not hide each other: one run meets all of them. `heal` undoes each; then one more run must
find nothing. `by` is what finds the fault: a run, or `weir verify`.
"""

import gzip
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.incidents.library.company import Act, Company
from tests.incidents.library.project import FILES
from weir.core.causes import Cause

BOARD, SUPPORT = "the board's dashboard", "the support report"
MARTS = {"app": "dim_clients", "shop": "fct_sales", "desk": "fct_cases", "leads": "dim_leads", "legacy": "fct_bills"}
USED = {"dim_clients": [BOARD], "fct_sales": [BOARD], "fct_cases": [SUPPORT]}
EVERY = sorted(MARTS.values())


@dataclass
class Made:
    """One fault made on purpose; `marts` are those that depend on it."""

    name: str
    cause: Cause
    subject: str
    make: Act
    heal: Act
    marts: list[str] = field(default_factory=list)

    @property
    def exposures(self) -> list[str]:
        """What uses those marts."""
        return sorted({each for mart in self.marts for each in USED.get(mart, [])})


@dataclass
class Batch:
    """Faults that one run meets; `settle` is done between the healing and the run that proves it."""

    name: str
    faults: list[Made]
    by: str = "run"
    after: Act = lambda company: None


KEPT: dict[str, Any] = {}  # what a fault keeps for its healing


def of(source: str) -> list[str]:
    """The marts of a source."""
    return [MARTS[source]]


def url(**other: str) -> Act:
    """Other addresses of sources; the healing takes the right ones again."""
    return lambda company: company.address(**other)


def _right(company: Company) -> None:
    company.address()


def _status(status: Any) -> Act:
    return lambda company: setattr(company, "status", status)


def _open_lock(make: Callable[[Company], Any]) -> tuple[Act, Act]:
    """Something that is held open until it is healed."""

    def hold(company: Company) -> None:
        KEPT["lock", make] = make(company)

    def let_go(company: Company) -> None:
        found = KEPT.pop(("lock", make))
        found.rollback()
        found.close()

    return hold, let_go


def _lock_shop(company: Company) -> sqlite3.Connection:
    connection = sqlite3.connect(company.folder / "shop.db", isolation_level=None)
    connection.execute("begin exclusive")
    return connection


def _lock_users(company: Company) -> Any:
    connection = company.app.connect(autocommit=False)
    connection.execute("lock table users in access exclusive mode")
    return connection


def _file(name: str, content: bytes) -> tuple[Act, Act]:
    return (
        lambda company: (company.folder / "leads" / name).write_bytes(content) and None,
        lambda company: (company.folder / "leads" / name).unlink(),
    )


def _move(name: str) -> tuple[Act, Act]:
    return (
        lambda company: shutil.move(company.folder / name, company.folder / f"{name}.away") and None,
        lambda company: shutil.move(company.folder / f"{name}.away", company.folder / name) and None,
    )


def _text(name: str, old: str, new: str) -> tuple[Act, Act]:
    """Another text in a file of the project."""

    def put(company: Company) -> None:
        text = FILES[name].replace(old, new)
        assert text != FILES[name], f"{name} has no {old}"
        company.write(name, text)

    return put, lambda company: company.write(name, FILES[name]) and None


def _sql(kind: str, put: list[str], back: list[str]) -> tuple[Act, Act]:
    return lambda company: getattr(company, kind)(*put), lambda company: getattr(company, kind)(*back)


def _damage_shop(company: Company) -> None:
    path = company.folder / "shop.db"
    KEPT["shop"] = path.read_bytes()
    path.write_bytes(b"no database any more" * 100)


def _mend_shop(company: Company) -> None:
    (company.folder / "shop.db").write_bytes(KEPT.pop("shop"))


def _no_json() -> tuple[int, dict[str, Any], Any]:
    return 200, {"Content-Type": "text/html"}, b"<html>we are moving</html>"


def _hang() -> tuple[int, dict[str, Any], Any]:
    import time

    time.sleep(4)
    return 200, {}, {"items": []}


def _wait() -> tuple[int, dict[str, Any], Any]:
    return 429, {"Retry-After": "900"}, {"error": "slow down"}


def _double_order(company: Company) -> None:
    company.shop("alter table orders rename to kept", "create table orders (id integer, amount text, updated_at text)",
                 "insert into orders select * from kept", "insert into orders select * from kept limit 1")  # fmt: skip


def _single_order(company: Company) -> None:
    company.shop("drop table orders", "alter table kept rename to orders")


def _no_ids(company: Company) -> None:
    KEPT["tickets"] = company.tickets
    company.tickets = [*company.tickets, {"state": "open"}]


def _ids(company: Company) -> None:
    company.tickets = KEPT.pop("tickets")


def _untrusted(company: Company) -> None:
    from tests.servers.authority import Authority
    from tests.servers.proxy import proxy

    secure = Authority(company.folder / "authority").context("127.0.0.1")
    KEPT["proxy"] = proxy(company.desk.server_port, secure)
    company.address(DESK_URL=f"https://127.0.0.1:{KEPT['proxy'].__enter__().port}")


def _trusted(company: Company) -> None:
    company.address()
    KEPT.pop("proxy").__exit__(None, None, None)


def _poor(company: Company) -> None:
    company.mysql("create or replace user poor@'%' identified by 'poor'", "create table other (id int)",
                  "grant select on legacy.other to poor@'%'")  # fmt: skip
    company.patch.setenv("LEGACY_URL", company.legacy.url.replace("weir:weir-test", "poor:poor") + "/legacy")


def _rich(company: Company) -> None:
    company.address()
    company.mysql("drop table other")


def _without(name: str) -> Act:
    return lambda company: company.patch.delenv(name)


M = Made
SOURCES = [
    Batch("one fault at each source", [
        M("PostgreSQL stopped", Cause.SOURCE_UNREACHABLE, "app", lambda c: c.app.kill(), lambda c: c.app.start(),
          of("app")),
        M("SQLite locked", Cause.SOURCE_LOCKED, "shop", *_open_lock(_lock_shop), of("shop")),
        M("API answers 500", Cause.SOURCE_ERROR, "desk", _status(500), _status(200), of("desk")),
        M("gzip file cut short", Cause.FILE_DAMAGED, "leads.people",
          *_file("cut.csv", gzip.compress(b"email,name\n" + b"a@x.example,A\n" * 99)[:40]), of("leads")),
        M("MariaDB: wrong password", Cause.SOURCE_PASSWORD, "legacy",
          lambda c: c.address(LEGACY_URL=f"{c.legacy.url}/legacy".replace("weir-test", "no")), _right, of("legacy")),
    ]),
    Batch("addresses", [
        M("PostgreSQL: wrong password", Cause.SOURCE_PASSWORD, "app",
          lambda c: c.address(APP_URL=f"postgresql://reader:no@127.0.0.1:{c.app.port}/postgres"), _right,
          of("app")),
        M("SQLite file moved away", Cause.SOURCE_NOT_THERE, "shop", *_move("shop.db"), of("shop")),
        M("API: wait 15 minutes", Cause.SOURCE_LIMIT, "desk", _status(_wait), _status(200), of("desk")),
        M("folder moved away", Cause.SOURCE_NOT_THERE, "leads", *_move("leads"), of("leads")),
        M("MariaDB: no such database", Cause.SOURCE_NOT_THERE, "legacy",
          lambda c: c.patch.setenv("LEGACY_URL", f"{c.legacy.url}/gone"), _right, of("legacy")),
    ]),
    Batch("tables", [
        M("right revoked on a table", Cause.SOURCE_FORBIDDEN, "app",
          *_sql("sql", ["revoke select on users from reader"], ["grant select on users to reader"]), of("app")),
        M("table gone (SQLite)", Cause.TABLE_GONE, "shop.orders",
          *_sql("shop", ["alter table orders rename to sales"], ["alter table sales rename to orders"]), of("shop")),
        M("API hangs", Cause.SOURCE_UNREACHABLE, "desk", _status(_hang), _status(200), of("desk")),
        M("file without its key column", Cause.COLUMN_LOST, "leads.people",
          *_file("keyless.csv", b"mail,name\na@x.example,A\n"), of("leads")),
        M("MariaDB killed", Cause.SOURCE_UNREACHABLE, "legacy", lambda c: c.legacy.kill(), lambda c: c.legacy.start(),
          of("legacy")),
    ]),
    Batch("columns and locks", [
        M("table locked (PostgreSQL)", Cause.SOURCE_LOCKED, "app", *_open_lock(_lock_users), of("app")),
        M("cursor column renamed", Cause.COLUMN_LOST, "shop.orders",
          *_sql("shop", ["alter table orders rename updated_at to changed"],
                ["alter table orders rename changed to updated_at"]), of("shop")),
        M("API answers a web page", Cause.SOURCE_ERROR, "desk", _status(_no_json), _status(200), of("desk")),
        M("variable missing", Cause.SOURCE_ADDRESS, "leads", _without("LEADS_URL"), _right, of("leads")),
        M("MariaDB: table dropped", Cause.TABLE_GONE, "legacy.invoices",
          *_sql("mysql", ["rename table invoices to kept"], ["rename table kept to invoices"]), of("legacy")),
    ]),
    Batch("limits and keys", [
        M("statement timeout", Cause.SOURCE_SLOW, "app",
          *_sql("sql", ["alter role reader set statement_timeout = 700",
                        "create view slow as select id, account_id, email, pg_sleep(0.02)::text as s from users",
                        "grant select on slow to reader", "alter table users rename to users_",
                        "alter view slow rename to users"],
                ["drop view users", "alter table users_ rename to users",
                 "alter role reader reset statement_timeout"]), of("app")),
        M("key no longer unique", Cause.KEY_UNFIT, "shop.orders", _double_order, _single_order, of("shop")),
        M("certificate not trusted", Cause.SOURCE_CERTIFICATE, "desk", _untrusted, _trusted, of("desk")),
        M("file is no text", Cause.FILE_DAMAGED, "leads.people", *_file("zeros.csv", b"\0\1\2\0" * 50), of("leads")),
        M("MariaDB: port no number", Cause.SOURCE_ADDRESS, "legacy",
          lambda c: c.patch.setenv("LEGACY_URL", "mysql://weir@127.0.0.1:abc/legacy"), _right, of("legacy")),
    ]),
    Batch("crowds and rubbish", [
        M("no connection free", Cause.SOURCE_BUSY, "app",
          *_sql("sql", ["alter role reader connection limit 0"], ["alter role reader connection limit -1"]), of("app")),
        M("SQLite file overwritten", Cause.FILE_DAMAGED, "shop.orders", _damage_shop, _mend_shop, of("shop")),
        M("API: wrong token", Cause.SOURCE_PASSWORD, "desk", _status(401), _status(200), of("desk")),
        M("file empty", Cause.FILE_DAMAGED, "leads.people", *_file("empty.csv", b""), of("leads")),
        M("MariaDB: right revoked", Cause.TABLE_GONE, "legacy.invoices",
          _poor, _rich, of("legacy")),
    ]),
    Batch("a table that no mart needs", [
        M("right revoked, no mart", Cause.SOURCE_FORBIDDEN, "app",
          *_sql("sql", ["revoke select on notes from reader"], ["grant select on notes to reader"])),
        M("API: path gone", Cause.TABLE_GONE, "desk.tickets", _status(404), _status(200), of("desk")),
    ]),
]  # fmt: skip
