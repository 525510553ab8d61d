"""`weir forget`: erases one person everywhere Weir holds that person, and prints what was where.

In: a declared table, a key, why. Out: the report of the erasure, on the terminal and in a file.
"""

from pathlib import Path

from weir.access.forget import report
from weir.access.forget.report import Erasure
from weir.core import terminal
from weir.core.env import load_project
from weir.core.errors import WeirError
from weir.core.settings import project_dir
from weir.project.plan import Plan


def forget_person(table: str, key: str, because: str, dry_run: bool, to: Path | None) -> int:
    """Erase the person whose row of the table has the key. Raises WeirError where nobody has it."""
    load_project()
    if not because.strip():
        raise WeirError("--because is empty: say why the person is erased, it stands in the report")
    if to:
        report.require_writable(to)
    _print(_erase(table, key, because.strip(), dry_run), to)
    return 0


def forget_again() -> int:
    """Erase anew whom a restored warehouse holds again, by the list in WEIR_HOME; 1 where somebody could not be."""
    from weir.access.forget import files
    from weir.access.forget.forget import key_of

    load_project()
    code = 0
    rows: list[list[object]] = []
    for entry in files.noted():
        try:
            key = key_of(_plan(), entry["table"], entry["key_hash"])
            if key is not None:
                _erase(entry["table"], key, entry["because"], False)
            now = "still erased" if key is None else "erased again"
        except WeirError as fault:  # a table that is declared no more must not keep the others in the clear
            now, code = str(fault), 1
        rows.append([entry["table"], entry["key_hash"][:16], entry["erased_at"][:10], now])
    if rows:
        terminal.table("Everybody who was forgotten", ["table", "hash of the key", "erased", "now"], rows)
    else:
        terminal.say("Nobody was forgotten yet.")
    return code


def _plan() -> Plan:
    """All tables that are declared, and those that landings found by themselves."""
    from weir import warehouse
    from weir.ledger.found import with_found
    from weir.project.sources import read_plan
    from weir.warehouse.roles import Role

    with warehouse.connect(Role.OWNER) as connection:
        return Plan(sources=[with_found(connection, source) for source in read_plan(project_dir()).sources])


def _erase(table: str, key: str, because: str, dry_run: bool) -> Erasure:
    from weir import warehouse
    from weir.access.forget.forget import forget
    from weir.dbt.compiled import staging_models
    from weir.project.marts import marts
    from weir.warehouse.run_lock import run_lock

    warehouse.ensure()
    plan = _plan()
    plan.pick(None, [table])  # a name that is not known is told at once
    console = terminal.console(stderr=True)
    with run_lock(), console.status("reading the project …") as progress:
        models = staging_models()
        return forget(plan, table, key, because, models, marts(), dry_run, lambda step: progress.update(f"{step} …"))


def _print(done: Erasure, to: Path | None) -> None:
    if done.again:
        terminal.say(f"This person was erased on {done.again:%Y-%m-%d %H:%M}" + ("." if not done.found else "; of the "
                     "following something had come back."))  # fmt: skip
    if done.found:
        title = (
            f"What would be erased of one person in {done.table}" if done.dry else f"Erased: one person in {done.table}"
        )
        # before the first forgetting there is no lasting secret, and the hash of a dry run would be no other run's
        shown = "" if done.dry else f"key by hash: {done.key_hash[:16]}…; "
        note = f"{shown}looked for: {', '.join(done.kinds) or 'the row alone'}"
        terminal.table(title, report.COLUMNS, done.rows(), note)
    for each in done.left:
        terminal.say(f"Left for you: {each}", style="yellow")
    if not done.dry and done.found:
        terminal.say("Landings hold this person back from now on. Delete the row at the source too. Backups still have "
                     "it: after a restore type `weir forget --again`.", style="green")  # fmt: skip
    if to:
        report.write(done, to)
        terminal.say(f"The report: {to}")
