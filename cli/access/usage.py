"""`weir usage`: prints who reads which marts, what nobody reads, and who reads personal data in clear.

In: the server's log, which it takes in first. Out: tables. Alone: `weir usage`.
"""

from typing import Any

from weir import warehouse
from weir.core import terminal
from weir.core.env import load_env
from weir.warehouse import Role


def show_usage(mart: str | None, days: int) -> int:
    """Print the tables, of one mart or of all. Raises WeirError when nothing of the mart's name is published."""
    from weir.access.exports.question import published
    from weir.access.reads import collect, usage

    load_env()
    found = collect.collect()
    with warehouse.connect(Role.OWNER, autocommit=True) as connection:
        if mart:
            mart = published(connection, mart.removeprefix("analytics_private."))[0]
        if found.why_not:
            terminal.say(f"New reads can't be seen: {found.why_not}", style="yellow")
        if found.is_counted:
            terminal.say("The server counts statements, and keeps no log that can be read: who and how often is known, "
                         "not when; slowest is the slowest mean.", style="yellow")  # fmt: skip
        if found.newly_logged:
            names = ", ".join(found.newly_logged)
            terminal.say(f"From its next session on, what {names} reads is logged.")
        (every, refused, unreadable, people) = usage.rows(connection, usage.COUNTS, days=days)[0]
        if not every:
            terminal.say(f"Nobody has read anything in the last {days} days, as far as the log knows.")
            return 0
        if mart:
            _mart(connection, mart, days)
        else:
            _all(connection, days)
        _slowest(connection, mart, days)
        told = [f"{every - refused:,} statements of {people} login{'' if people == 1 else 's'} in {days} days"]
        told += [f"{refused:,} failed or were refused"] if refused else []
        told += [f"{unreadable:,} could not be taken apart: what they read is not known"] if unreadable else []
        terminal.say("; ".join(told))
    return 0


def _all(connection: Any, days: int) -> None:
    from weir.access.reads import usage

    rows = usage.rows(connection, usage.MARTS, days=days)
    heads = ["mart", "reads#", "readers#", "roles", "last read", "median ms#", "slowest ms#"]
    terminal.table("Marts that are read", heads, [_shown(row, 5, 6) for row in rows])
    unread = usage.rows(connection, usage.UNREAD, days=days)
    if unread:
        terminal.table("Nobody reads", ["mart", "last read"], unread)
    personal = usage.rows(connection, usage.PERSONAL, days=days)
    if personal:
        heads = ["login", "role", "mart", "reads#", "last read", "columns"]
        terminal.table("Personal data read in clear", heads, personal)
    else:
        terminal.say("Nobody has read personal data in clear.", style="green")


def _mart(connection: Any, mart: str, days: int) -> None:
    from weir.access.reads import usage

    rows = usage.rows(connection, usage.READERS, days=days, mart=mart)
    heads = ["login", "role", "day", "reads#", "median ms#", "slowest ms#", "by"]
    if rows:
        terminal.table(f"Who reads {mart}", heads, [_shown(row, 4, 5) for row in rows])
        columns = usage.rows(connection, usage.COLUMNS, days=days, mart=mart)
        terminal.table("Columns", ["column", "reads#", "readers#"], columns)
    else:
        terminal.say(f"Nobody has read {mart} in the last {days} days.")


def _slowest(connection: Any, mart: str | None, days: int) -> None:
    from weir.access.reads import usage

    rows = usage.rows(connection, usage.SLOWEST, days=days, mart=mart)
    shown = []
    for slowest, median, count, statement, question in rows:
        text = " ".join((statement or "").split())
        short = text if len(text) <= 70 else text[:69] + "…"
        shown.append([_ms(slowest), _ms(median), count, short, usage.guess_index(connection, question) or None])
    if shown:
        heads = ["slowest ms#", "median ms#", "reads#", "question", "an index might help"]
        note = "the index is a guess, by the columns that choose rows; the model declares it: indexes: [{columns: […]}]"
        terminal.table("Slowest questions", heads, shown, note if any(row[-1] for row in shown) else "")


def _shown(row: tuple[Any, ...], *milliseconds: int) -> list[Any]:
    return [_ms(value) if place in milliseconds else value for place, value in enumerate(row)]


def _ms(value: float | None) -> str | None:
    return None if value is None else f"{value:,.2f}" if value < 10 else f"{value:,.0f}"
