"""The library, second part: faults of gates, builds, publication, the ledger and the machine."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from datetime import timedelta

from tests.incidents.library.company import ROWS, Act, Company
from tests.incidents.library.faults import EVERY, KEPT, Batch, Made, _file, _ids, _no_ids, _sql, _text, of
from weir.core.causes import Cause
from weir.warehouse.connection import forget_addresses
from weir.warehouse.embedded import programs

M = Made
MODELS = "models/marts/"


def _delete_accounts(company: Company) -> None:
    with company.app.connect() as connection:
        KEPT["accounts"] = connection.execute("select * from accounts").fetchall()
    company.sql(f"delete from accounts where id <= {ROWS - 50}")


def _put_accounts(company: Company) -> None:
    with company.app.connect() as connection:
        for row in KEPT.pop("accounts"):
            connection.execute("insert into accounts values (%s, %s, %s) on conflict do nothing", row)


def _many_orders(company: Company) -> None:
    company.shop("with recursive n (i) as (select 100000 union all select i + 1 from n where i < 104000) "
                 "insert into orders select i, '10.00', '2026-07-01T00:00:00Z' from n")  # fmt: skip


def _negative(company: Company) -> None:
    company.shop("update orders set amount = '-1' where id <= 150")


def _positive(company: Company) -> None:
    company.shop("update orders set amount = '10.00' where id <= 150")


def _lost_ticket(company: Company) -> None:
    company.tickets[0]["state"] = "lost"


def _found_ticket(company: Company) -> None:
    company.tickets[0]["state"] = "open"


def _orphan(company: Company) -> None:
    company.write("tests/no_orphans.sql", "select users.user_id from {{ ref('stg_app__users') }} as users "
                  "left join {{ ref('stg_app__accounts') }} as a on a.account_id = users.account_id "
                  "where a.account_id is null")  # fmt: skip
    company.sql("insert into users values (99999, 99999, 'x@x.example')")


def _no_orphan(company: Company) -> None:
    (company.project / "tests/no_orphans.sql").unlink()
    company.sql("delete from users where id = 99999")


def _kill_dbt(company: Company) -> None:
    company.new_rows(1)
    os.killpg(company.dbt.child.process.pid, signal.SIGKILL)


def _new_dbt(company: Company) -> None:
    from tests.incidents.library.company import AS_OF
    from weir.dbt.worker import DbtProcess

    company.dbt.end()
    company.dbt = DbtProcess("library", AS_OF)


def _kill_gates(company: Company) -> None:
    os.killpg(company.worker.child.process.pid, signal.SIGKILL)


def _new_gates(company: Company) -> None:
    from expectations.worker import Worker

    company.worker.end()
    company.worker = Worker()


def _take_raw(company: Company) -> None:
    rows = company.warehouse("create table public.kept as select * from raw_legacy.invoices where id = 7", "select 1")
    assert rows
    company.warehouse("delete from raw_legacy.invoices where id = 7")


def _put_raw(company: Company) -> None:
    names = company.warehouse(
        "select string_agg(quote_ident(attname), ', ') from pg_attribute "
        "where attrelid = 'raw_legacy.invoices'::regclass and attnum > 0 and not attisdropped and attgenerated = ''"
    )[0][0]
    company.warehouse(f"insert into raw_legacy.invoices ({names}) overriding system value select {names} "
                      "from public.kept", "drop table public.kept")  # fmt: skip


def _take_staged(company: Company) -> None:
    company.warehouse("create table public.kept as select * from staging.stg_desk__tickets where ticket_id = 9",
                      "delete from staging.stg_desk__tickets where ticket_id = 9")  # fmt: skip


def _put_staged(company: Company) -> None:
    company.warehouse("insert into staging.stg_desk__tickets select * from public.kept", "drop table public.kept")


def _doubled(company: Company) -> None:
    one = "select email, name from {{ ref('stg_leads__people') }}"
    company.write(f"{MODELS}dim_leads.sql", f"{one} union all {one}")


def _publish(company: Company) -> None:
    from cli.steps import publish

    assert publish(company.as_of, ()) == 0


def _little_room(company: Company) -> None:
    place = company.folder / "tiny"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], check=True)
    if programs.is_root():
        shutil.chown(place, "pgserver", "pgserver")
    for above in place.parents:
        above.chmod(above.stat().st_mode | 0o011)
    company.warehouse(f"create tablespace tiny location '{place}'")
    company.warehouse("alter table raw_shop.orders set tablespace tiny")
    company.shop("with recursive n (i) as (select 300000 union all select i + 1 from n where i < 340000) "
                 "insert into orders select i, '10.00', '2026-07-01T00:00:00Z' from n")  # fmt: skip


def _room(company: Company) -> None:
    company.shop("delete from orders where id >= 300000")
    company.warehouse("alter table raw_shop.orders set tablespace pg_default")
    company.warehouse("drop tablespace tiny")
    subprocess.run(["umount", str(company.folder / "tiny")], check=True)


def _other_warehouse(change: Callable[[str], str]) -> Act:
    def put(company: Company) -> None:
        company.patch.setenv("WAREHOUSE_URL", change(company.url))
        forget_addresses()

    return put


def _own_warehouse(company: Company) -> None:
    company.patch.setenv("WAREHOUSE_URL", company.url)
    forget_addresses()


def _other_password(company: Company) -> None:
    KEPT["password"] = os.environ["WEIR_PUBLISHER_PASSWORD"]
    company.patch.setenv("WEIR_PUBLISHER_PASSWORD", "no")
    forget_addresses()


def _own_password(company: Company) -> None:
    company.patch.setenv("WEIR_PUBLISHER_PASSWORD", KEPT.pop("password"))
    forget_addresses()


def _months_later(company: Company) -> None:
    company.as_of += timedelta(days=90)


def _news(company: Company) -> None:
    company.new_rows()


def _test_of_orders(name: str) -> tuple[Act, Act]:
    file = f"tests/{name}.sql"
    return (lambda c: c.write(file, "select order_id from {{ ref('stg_shop__orders') }} limit 2") and None,
            lambda c: (c.project / file).unlink())  # fmt: skip


def can_mount() -> bool:
    """Whether a tiny disk can be made here."""
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True)
        return done.returncode == 0 and subprocess.run(["umount", place], capture_output=True).returncode == 0


INSIDE = [
    Batch("gate raw", [
        M("most rows deleted", Cause.MANY_DELETED, "app.accounts", _delete_accounts, _put_accounts, of("app")),
        M("lines without a key", Cause.ROWS_WITHOUT_KEY, "leads.people",
          *_file("nokey.csv", b"email,name\n" + b",A\n" * 60 + b"z@x.example,Z\n"), of("leads")),
        M("API: object without its key", Cause.KEY_UNFIT, "desk.tickets", _no_ids, _ids, of("desk")),
        M("ten times the rows", Cause.ARRIVALS_UNUSUAL, "shop.orders", _many_orders, lambda c: None, of("shop")),
    ], after=lambda c: KEPT.__setitem__("accept", ("raw shop: orders: volume", "marts: fct_sales"))),
    Batch("gate raw again", [
        M("declared column dropped", Cause.COLUMNS_MISSING, "app.accounts",
          *_sql("sql", ["alter table accounts rename plan to tariff", "update accounts set name = name || '.'"],
                ["alter table accounts rename tariff to plan", "update accounts set name = name || '.'"]), of("app")),
        M("unreadable lines", Cause.LINES_UNREADABLE, "leads.people",
          *_file("torn.csv", b"email,name\n" + b"a,b,c,d\n" * 60 + b"y@x.example,Y\n"), of("leads")),
    ]),
    Batch("gate marts", [
        M("mart shrinks", Cause.MART_UNUSUAL, "fct_bills",
          *_text(f"{MODELS}fct_bills.sql", "invoices') }}", "invoices') }} where invoice_id < 3"),
          of("legacy")),
        M("many rows rejected", Cause.MANY_REJECTED, "stg_shop__orders", _negative, _positive, of("shop")),
    ]),
    Batch("build", [
        M("mart broken", Cause.MODEL_FAILED, "fct_bills",
          *_text(f"{MODELS}fct_bills.sql", "total", "totals"), of("legacy")),
        M("staging model broken", Cause.MODEL_FAILED, "stg_leads__people",
          *_text("models/staging/stg_leads__people.sql", "email, name", "email, nam as name"), of("leads")),
        M("test of a column fails", Cause.TEST_FAILED, "accepted_values_fct_cases_state__open__solved",
          _lost_ticket, _found_ticket, of("desk")),
        M("test of two models fails", Cause.TEST_FAILED, "no_orphans", _orphan, _no_orphan, of("app")),
        M("unit test fails", Cause.UNIT_TEST_FAILED, "tax_is_a_fifth",
          *_text(f"{MODELS}marts.yml", "2.00", "3.00"), of("shop")),
        M("seed broken", Cause.SEED_FAILED, "plans",
          *_text("seeds/plans.csv", "pro,50", "pro,50,60,70"), of("app")),
    ]),
    Batch("project: YAML", [
        M("YAML can't be read", Cause.PROJECT_UNREADABLE, "project",
          *_text("models/staging/sources.yml", "  - name: shop", " - name: [shop"), EVERY)]),
    Batch("project: reference", [
        M("model names none that is there", Cause.PROJECT_UNREADABLE, "project",
          *_text(f"{MODELS}dim_leads.sql", "stg_leads__people", "stg_leads__nobody"), EVERY)]),
    Batch("project: marks", [
        M("personal data without a mark", Cause.MARK_MISSING, "dim_leads",
          *_text("models/staging/sources.yml", 'config: {meta: {key: [email], path: "*.csv", format: csv}}',
                 'columns: [{name: name, config: {meta: {pii: name}}}], '
                 'config: {meta: {key: [email], path: "*.csv", format: csv}}'), of("leads"))]),
    Batch("dbt dies", [M("dbt killed", Cause.BUILD_BROKE_OFF, "build", _kill_dbt, _new_dbt, EVERY)]),
    Batch("the gates die", [
        M("process of the gates killed", Cause.GATE_BROKEN, "raw", _kill_gates, _new_gates, EVERY)]),
    Batch("publication: a column less", [
        M("mart loses a column", Cause.PUBLICATION_REFUSED, "publish",
          *_text(f"{MODELS}fct_bills.sql", "invoice_id, total", "invoice_id"), EVERY)]),
    Batch("publication: grain", [
        M("mart repeats rows", Cause.PUBLICATION_REFUSED, "publish",
          _doubled, _text(f"{MODELS}dim_leads.sql", "email", "mail")[1], EVERY)]),
    Batch("marts edited", [
        M("row of a mart changed by hand", Cause.MARTS_EDITED, "fct_sales",
          *_sql("warehouse", ["update analytics.fct_sales set amount = 0 where order_id = 3"], ["select 1"]),
          of("shop")),
        M("rows of a mart deleted by hand", Cause.MARTS_EDITED, "fct_bills",
          *_sql("warehouse", ["delete from analytics.fct_bills where invoice_id = 3"], ["select 1"]), of("legacy")),
    ], after=_publish),
    Batch("staging edited", [
        M("row of staging deleted by hand", Cause.BALANCE_BROKEN, "desk.tickets", _take_staged, _put_staged,
          of("desk"))]),
    Batch("raw edited", [
        M("row of raw deleted by hand", Cause.RAW_EDITED, "legacy.invoices", _take_raw, _put_raw, of("legacy"))],
        by="verify"),
    Batch("ten at once", [
        M("API answers 503", Cause.SOURCE_ERROR, "desk", lambda c: setattr(c, "status", 503),
          lambda c: setattr(c, "status", 200), of("desk")),
        M("MariaDB killed again", Cause.SOURCE_UNREACHABLE, "legacy", lambda c: c.legacy.kill(),
          lambda c: c.legacy.start(), of("legacy")),
        M("lines without a key again", Cause.ROWS_WITHOUT_KEY, "leads.people",
          *_file("nokey.csv", b"email,name\n" + b",A\n" * 60 + b"z@x.example,Z\n"), of("leads")),
        M("right revoked on notes", Cause.SOURCE_FORBIDDEN, "app",
          *_sql("sql", ["revoke select on notes from reader"], ["grant select on notes to reader"])),
        M("most rows deleted again", Cause.MANY_DELETED, "app.accounts", _delete_accounts, _put_accounts, of("app")),
        M("seed broken again", Cause.SEED_FAILED, "plans",
          *_text("seeds/plans.csv", "pro,50", "pro,50,60,70"), of("app")),
        *[M(f"test {name} fails", Cause.TEST_FAILED, name, *_test_of_orders(name), of("shop"))
          for name in ("no_orders", "no_sales", "no_trade", "no_money")],
    ]),
    *([Batch("a full disk", [M("no room for raw", Cause.DISK_FULL, "disk", _little_room, _room, EVERY)])]
      if can_mount() else []),
    Batch("warehouse down", [
        M("warehouse does not answer", Cause.WAREHOUSE_DOWN, "warehouse",
          _other_warehouse(lambda url: re.sub(r":\d+/", ":1/", url)), _own_warehouse, EVERY)], by="outage"),
    Batch("warehouse refuses", [
        M("wrong password of the warehouse", Cause.WAREHOUSE_PASSWORD, "warehouse",
          _other_password, _own_password, EVERY)],
        by="outage"),
    Batch("nothing comes any more", [
        M("newest orders are old", Cause.ARRIVALS_OLD, "shop.orders", _months_later, _news, of("shop")),
        *[M(f"{source} is silent", Cause.SOURCE_SILENT, source, lambda c: None, lambda c: None, of(source))
          for source in ("app", "desk", "leads", "legacy")],
    ]),
]  # fmt: skip
