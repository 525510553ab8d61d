"""`weir add`: writes the source file, staging models and tests of a source, or shows what has changed there since.

In: an address, or the name of a source. Out: files of the project, a line in `.env`, and what was found, as a table.
Everything proposed was tried on the source's rows; the source is only read.
"""

import getpass
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from weir.core import terminal
from weir.core.env import env_file, load_project, outer, put, read_env, write_env
from weir.core.errors import WeirError
from weir.core.settings import ROOT
from weir.project.plan import Plan, Source
from weir.project.scaffold import address, files, seen, write, yaml_text
from weir.project.scaffold.address import Place
from weir.project.scaffold.fields import in_zone
from weir.project.scaffold.proposal import Choices, Proposed
from weir.project.sources import read_plan

_KINDS = {"postgresql": "PostgreSQL database", "postgres": "PostgreSQL database", "mysql": "MySQL database",
          "mariadb": "MariaDB database", "mongodb": "MongoDB database", "file": "folder", "s3": "bucket",
          "gs": "bucket", "az": "bucket", "http": "REST API", "https": "REST API",
          "sqlite": "SQLite database"}  # fmt: skip


def add_source(
    given: str, name: str, schemas: Sequence[str], tables: str, sample: int, seconds: float, zone: str, document: str,
    marts: bool, dry_run: bool, to_write: bool, yes: bool,
) -> int:  # fmt: skip
    """Describe the source at the address, and write its files; of a source that is declared, show what has changed."""
    project = load_project()
    plan = read_plan(project)
    place, declared = _place(given, name, document, plan)
    _check_zone(zone)
    choices = Choices(place.name, place.variable, tuple(schemas), tables, sample, seconds, zone, marts)
    if declared:
        choices = seen.with_chosen(choices, project / seen.path_of(files.folder(place.name), place.name))
    found, meta, place = _look(place, choices)
    if declared:
        from cli.drift import show_drift

        return show_drift(project, declared, found, choices, to_write and not dry_run)
    _show(found, choices)
    if not any(each.is_landed for each in found):
        raise WeirError("nothing of it can be landed (the table says why): nothing was written")
    if not dry_run and _is_interactive() and not yes:
        found, choices = _chosen(found, choices)
        choices = _with_zone(found, choices)
    texts = files.of_source(found, choices, _description(place), meta)
    write.refuse_existing(project, texts)
    if dry_run:
        folder = files.folder(choices.source)
        terminal.say(f"Nothing was written; without --dry-run: {len(texts)} files below {folder}, "
                     f"and {place.variable} in .env")  # fmt: skip
        return 0

    def check() -> None:
        read_plan(project)
        if place.is_new_variable:
            write_env({place.variable: place.url})

    write.write(project, texts, check)
    _say_written(found, texts, choices, place)
    return 0


def _place(given: str, name: str, document: str, plan: Plan) -> tuple[Place, Source | None]:
    """Where the source is, and how it is declared; None where it is not."""
    from weir.core.settings import env_url

    known = {source.name: source for source in plan.sources}
    if given in known:
        source = known[given]
        url = env_url(source.connection)
        return Place(url, source.connection, given, document or _document(source), False), source
    place = address.place_of(given, name, document)
    if place.name in known:
        raise WeirError(f"the project has a source {place.name} already: `weir add {place.name}` shows what has "
                        "changed there, --as NAME gives this one another name")  # fmt: skip
    place = _with_password(place)
    before = read_env().get(place.variable) or outer().get(place.variable)
    if place.is_new_variable and before and before != place.url:
        raise WeirError(f"{place.variable} holds another address already: remove it from .env, or say --as NAME")
    put({place.variable: place.url})
    return place, None


def _document(source: Source) -> str:
    """The OpenAPI document that the declaration names; empty where it names none."""
    return str(source.custom.get("openapi", "")) if isinstance(source.custom, dict) else ""


def _with_password(place: Place) -> Place:
    """The place with the password that the address lacks: from the environment, else asked for."""
    if not address.needs_password(place):
        return place
    password = address.password_given(place)
    if not password and sys.stdin.isatty():
        parts = urlsplit(place.url)
        password = getpass.getpass(f"Password of {parts.username} at {parts.hostname} (empty for none): ")
    if not password:
        return place
    url = address.with_password(place.url, password)
    return Place(url, place.variable, place.name, place.document, place.is_new_variable)


def _look(place: Place, choices: Choices) -> tuple[list[Proposed], str, Place]:
    """Describe the source; says where it is meanwhile.

    Returns the proposals, what the source's meta needs, and the place: of an OpenAPI document its API.
    """
    from ingest.connectors.registry import open_describer
    from weir.project.scaffold.propose import propose

    console = terminal.console(stderr=True)  # without a terminal it shows no progress
    with (
        open_describer(place.variable, place.url, place.document) as describer,
        console.status("connecting …") as progress,
    ):
        found = propose(describer, choices, lambda step: progress.update(f"{step} …"))
        facts = dict(getattr(describer, "source_meta", {}))
        address = str(getattr(describer, "address", place.url))
    if address != place.url.rstrip("/"):
        place = replace(place, url=address, document=place.document or place.url)
    if place.document:
        facts["custom"] = {"openapi": place.document}
    return found, "".join(f", {key}: {yaml_text.flow(value)}" for key, value in facts.items()), place


def _show(found: Sequence[Proposed], choices: Choices) -> None:
    """Print what each table is, how it will land, and what is left out."""
    rows = []
    for each in found:
        table = each.table
        size = f"{table.bytes / 1e6:,.1f}" if table.bytes is not None else None
        rules = len(each.rules) if each.model else None
        key = ", ".join(each.key) + (" (a guess)" if each.key_note else "")
        left = each.why_not or ", ".join(item.column for item in each.left)
        number = each.tried if each.tried is not None else table.rows
        rows.append([table.label, number, size, len(table.columns) or None, key or None, rules, left or None])
    heads = ["table", "rows#", "MB#", "columns#", "key", "rules#", "left out"]
    terminal.table(f"What {choices.source} holds", heads, rows)


def _chosen(found: list[Proposed], choices: Choices) -> tuple[list[Proposed], Choices]:
    """The tables that the person takes, all of them at once or by a pattern; and the choices with that pattern."""
    import fnmatch

    from rich.prompt import Prompt

    taken = [each for each in found if each.is_landed]
    question = f"Take these {len(taken)} tables? Enter for all, a pattern such as 'order*,users', or q to stop"
    answer = Prompt.ask(question, console=terminal.console(stderr=True), default="all")  # fmt: skip
    if answer.strip().lower() in {"q", "n", "no", "quit"}:
        raise WeirError("nothing was written, as you asked")
    if answer.strip().lower() in {"all", "y", "yes", ""}:
        return found, choices
    patterns = [part.strip() for part in answer.split(",")]
    names = [(each, (each.table.name, each.table.label)) for each in found]
    kept = [each for each, both in names if any(fnmatch.fnmatchcase(n, part) for part in patterns for n in both)]
    if not kept:
        raise WeirError(f"no table is called {answer}: nothing was written")
    models = {each.model for each in kept}
    for each in kept:
        each.parents = [(key, parent) for key, parent in each.parents if parent in models]
    return kept, replace(choices, pattern=answer.strip())


def _check_zone(zone: str) -> None:
    from zoneinfo import available_timezones

    if zone not in available_timezones():
        raise WeirError(f"there is no zone {zone!r}: write it as Europe/Berlin, or UTC")


def _with_zone(found: list[Proposed], choices: Choices) -> Choices:
    """Ask in which zone the application writes times without one, where it has any."""
    from rich.prompt import Prompt

    zoned = [made for each in found for made in each.fields if made.has_no_zone]
    if not zoned or choices.zone != "UTC":
        return choices
    question = f"{len(zoned)} times have no zone at the source. In which one does the application write them?"
    zone = Prompt.ask(question, console=terminal.console(stderr=True), default="UTC").strip()
    _check_zone(zone)
    for made in zoned if zone != "UTC" else ():
        made.sql = in_zone(made, zone)
    return replace(choices, zone=zone)


def _is_interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _description(place: Place) -> str:
    parts = urlsplit(place.url)
    kind = _KINDS.get(parts.scheme.split("+")[0], "database")
    name = Path(parts.path).name or parts.hostname or place.name
    return f"The {kind} {name}."


def _say_written(found: Sequence[Proposed], texts: dict[str, str], choices: Choices, place: Place) -> None:
    landed = [each for each in found if each.is_landed]
    staged = [each for each in found if each.model]
    rows = sum(each.tried or each.table.rows or 0 for each in landed)
    keys = sum(bool(each.key) for each in landed)
    foreign = sum(len(each.table.foreign_keys) for each in landed)
    rules = sum(len(each.rules) for each in landed)
    comments = sum(bool(c.comment) for each in landed for c in each.table.columns) + sum(
        bool(each.table.comment) for each in landed
    )
    schemas = len({each.table.schema for each in landed})
    inside = f" in {schemas} schemas" if schemas > 1 else ""
    say = terminal.say
    counts = [_of(keys, "key"), _of(foreign, "foreign key"), _of(rules, "rule"), _of(comments, "comment")]
    say(f"{choices.source}: {_of(len(landed), 'table')}{inside}, {rows:,} rows; {', '.join(counts)}", style="bold")
    if left := _left_out(found):
        say(f"  left out: {left}")
    env = f"{'.env' if env_file().parent == ROOT else env_file()} ({place.variable}) · "
    marts = f" · {_of(len(staged), 'mart')}" if choices.marts else ""
    say(f"  written: {env if place.is_new_variable else ''}{Path(files.source_path(choices.source)).name} · "
        f"{_of(len(staged), 'model')}, each with its YAML{marts}")  # fmt: skip
    asks = sum(len(each.asks) for each in found if each.model)
    if asks:
        say(f"  {_of(asks, 'question')}: grep -rn 'ask:' {files.folder(choices.source)}")
    say("  next: weir run")


def _left_out(found: Sequence[Proposed], most: int = 6) -> str:
    items = [f"{each.table.label}.{item.column} ({item.why})" for each in found for item in each.left]
    items += [f"{each.table.label} ({each.why_not})" for each in found if each.why_not and each.is_landed is False]
    empty = sum(1 for each in found if each.is_landed and not each.model)
    shown = items[:most] + ([f"{len(items) - most} more"] if len(items) > most else [])
    shown += [f"{_of(empty, 'empty table')} not staged"] if empty else []
    return ", ".join(shown)


def _of(number: int, what: str) -> str:
    """The number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
