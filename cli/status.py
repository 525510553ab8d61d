"""`weir status`: prints open incidents, tables with their promises, the balance, what readers see, the last runs."""

from datetime import datetime
from typing import Any

import psycopg

from weir import warehouse
from weir.core import terminal
from weir.core.env import load_project
from weir.core.settings import as_of, project_dir
from weir.incidents.report import print_open
from weir.ledger.balance import lines
from weir.ledger.quarantine import GONE, accepted_waiting
from weir.publish.verify import describe_current
from weir.warehouse import under_way

_TABLES = """
select distinct on (source, table_name) source || '.' || table_name, promise, how, as_of, source_rows,
    (select max(o.as_of) from ops.landings as o
     where o.source = l.source and o.table_name = l.table_name and o.landed > 0) as changed
from ops.landings as l
order by source, table_name, landed_at desc"""
_PUBLICATIONS = """
select p.publication_id, p.rolled_back_at, coalesce(sum(t.inserted + t.updated + t.deleted), 0)::bigint, count(t.mart)
from ops.publications as p left join ops.publication_tables as t
    on t.publication_id = p.publication_id and not starts_with(t.mart, 'analytics_private.')
group by p.publication_id order by p.publication_id desc limit 1"""
_RUNS = """
select run_id, command, started_at, state,
    extract(epoch from coalesce(ended_at, clock_timestamp()) - started_at)::float,
    coalesce(message, '')
from ops.runs order by started_at desc limit 5"""


def show_status() -> int:
    """Print the state."""
    load_project()
    now = as_of()
    with warehouse.connect() as connection:
        print_open(connection)
        found = {row[0]: row for row in connection.execute(_TABLES).fetchall()}
        _sources(connection, found, now)
        _balance(under_way.holder(connection))
        if by_hand := sum(accepted_waiting(connection).values()):
            terminal.say(
                f"Accepted by hand, or taken back, and not built yet: {by_hand:,} rows; `weir run` takes them in",
                style="yellow",
            )
        _publication(connection)
        runs = connection.execute(_RUNS).fetchall()
        if runs:
            rows = [[*begun, f"{seconds:.0f} s", message] for *begun, seconds, message in runs]
            terminal.table("Last runs", ["run", "command", "started", "state", "took#", "message"], rows)
    return 0


def _sources(connection: psycopg.Connection, found: dict[str, tuple[Any, ...]], now: datetime) -> None:
    """Print every declared table, landed or not, then the tables of raw that are no longer declared."""
    from weir.ledger.found import with_found
    from weir.project.sources import read_plan

    sources = [with_found(connection, source) for source in read_plan(project_dir()).sources]
    declared = [f"{source.name}.{table.name}" for source in sources for table in source.tables]
    rows = []
    for name in [*declared, *sorted(set(found) - set(declared))]:
        if name not in found:
            rows.append([name, None, None, "never", None, None])
            continue
        _, promise, how, landed, source_rows, changed = found[name]
        shown = name if name in declared else f"{name} {GONE}"
        rows.append([shown, promise, how, terminal.ago(landed, now), terminal.ago(changed, now), source_rows])
    terminal.table("Tables", ["table", "promise", "last way", "last landing", "last change", "rows at source#"], rows)


def _balance(busy: under_way.Holder | None) -> None:
    if busy:
        terminal.say(f"{busy} is under way: whether the balance holds can be said when it has ended.", style="yellow")
        return
    counted = lines()
    waiting = [line for line in counted if line.model and line.staged_loads < line.loads]
    wrong = [f"{line.source}.{line.table}" for line in counted if not line.holds and line not in waiting]
    if waiting:
        names = ", ".join(f"{line.source}.{line.table}" for line in waiting)
        terminal.say(f"Landed, but not built yet: {names}; `weir run` or `weir build` takes them", style="yellow")
    if wrong:
        terminal.say(f"The balance does not hold: {', '.join(wrong)}; `weir verify` says why", style="bold red")
    elif len(counted) > len(waiting):
        terminal.say(
            f"The balance holds for {'all ' if not waiting else ''}{len(counted) - len(waiting)} tables.", style="green"
        )


def _publication(connection: psycopg.Connection) -> None:
    row = connection.execute(_PUBLICATIONS).fetchone()
    number, back, moved, marts = row or (0, None, 0, 0)
    if not marts:
        terminal.say(f"Nothing was published yet{': the last set had no marts' if row else ''}.")
        return
    terminal.say(f"Readers see {describe_current(connection)}.")
    if back:
        terminal.say(f"Publication {number} was taken back {back:%Y-%m-%d %H:%M}.", style="yellow")
    else:
        terminal.say(f"It changed {moved:,} rows in {marts} marts.")
