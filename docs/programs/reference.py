"""Writes the reference pages of commands, settings, source keys and incidents from the code itself.

In: the Typer app of `weir`, the Makefile, `.env.example`, the models of a declared source, the causes of incidents.
Out: four pages under docs/reference. Alone: `make reference`, or `python -m docs.programs.reference`; a test compares.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

import typer
from pydantic_core import PydanticUndefined

from cli.app import app
from docs.programs.words import COMMANDS, FORMAT, KEYS, SOURCE, TABLE
from ingest.connectors.files.formats import _SETTINGS as SETTINGS
from weir.incidents.kinds import kinds
from weir.project.sources import Source, Table

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
MADE = "<!-- Made by `make reference`; a test makes it anew and compares. Change the code, not this page. -->\n"


def pages() -> dict[str, str]:
    """Name and text of each generated page."""
    return {
        "commands.md": commands(),
        "settings.md": settings(),
        "source-keys.md": source_keys(),
        "incidents.md": incidents(),
    }


def commands() -> str:
    """The commands of `weir` with their options, and the targets of make."""
    parts = [
        "# Commands\n",
        MADE,
        "Activate the environment first (`. .venv/bin/activate`), or write `.venv/bin/weir`. Each command ends with "
        "exit code 0, with 1 and one line that says what is wrong, or with 130 when it was interrupted;\n"
        "`weir psql` ends as psql does.\n",
        "## weir\n",
    ]
    group: Any = typer.main.get_command(app)
    for name, command in _flat(group):
        if command.hidden:
            continue
        # A piece such as [--source SOURCE] is not torn: its blanks are set aside while the line is folded.
        pieces = [_piece(parameter).replace(" ", "\0") for parameter in command.params]
        folded = fill(" ".join([f"weir {name}", *pieces]), 78, subsequent_indent="    ", break_on_hyphens=False)
        shown = folded.replace("\0", " ")
        parts.append(f"### weir {name}\n\n{command.help.strip()}\n\n```\n{shown}\n```\n")
        rows = [_parameter(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            parts.append(_table(["option", "means"], rows))
    parts.append("## make\n\n`make` alone lists what there is.\n")
    found = re.findall(r"^([a-z-]+):.*?## (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    parts.append(_table(["target", "does"], [[f"`make {name}`", text] for name, text in found]))
    parts.append(COMMANDS)
    return "\n".join(parts)


def _flat(group: Any) -> Iterator[tuple[str, Any]]:
    """Each command with its whole name, those of groups (`user add`) too."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from ((f"{name} {below}", each) for below, each in _flat(command))
        else:
            yield name, command


def _piece(parameter: Any) -> str:
    """An option or argument as it stands in the line that shows how a command is used."""
    if parameter.param_type_name == "argument":
        name, many = _argument(parameter), "…" if parameter.nargs == -1 else ""
        return f"{name}{many}" if parameter.required else f"[{name}{many}]"
    names = "|".join([parameter.opts[0], *parameter.secondary_opts])
    value = "" if parameter.is_flag else f" {parameter.name.upper()}"
    return f"[{names}{value}]{'…' if parameter.multiple else ''}"


def _argument(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name).strip("[]").upper()


def _parameter(parameter: Any) -> list[str]:
    """The row of an option or argument: its names, and what it means."""
    names = [*parameter.opts, *parameter.secondary_opts]
    if parameter.param_type_name == "argument":
        names = [_argument(parameter)]
    told = getattr(parameter, "help", None) or ""
    default = parameter.default
    if isinstance(default, int) and not isinstance(default, bool):
        told = f"{told} Unless said: {default}."
    return [", ".join(f"`{name}`" for name in names), told]


def settings() -> str:
    """Every variable of `.env.example`, by its sections."""
    parts = [
        "# Settings\n",
        MADE,
        "Settings are environment variables. `.env` in the project's root (or in `WEIR_HOME`, where that is set and is "
        "no project's `.weir`) fills in what the environment does not say; "
        "what is exported in the shell wins. A changed line holds from the next "
        "command or scheduled run on. `.env.example` is the file to copy from.\n",
    ]
    for title, entries in sections((ROOT / ".env.example").read_text(encoding="utf-8")):
        parts.append(f"## {title}\n")
        for words, names in entries:
            shown = "\n".join(names)
            parts.append(f"{words}\n\n```\n{shown}\n```\n" if names else f"{words}\n")
    return "\n".join(parts)


def sections(text: str) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """The sections of `.env.example`: a title, and entries of words with the lines that follow them."""
    found: list[tuple[str, list[tuple[str, list[str]]]]] = []
    words: list[str] = []
    names: list[str] = []

    def close() -> None:
        if found and (words or names):
            found[-1][1].append((" ".join(words), list(names)))
        words.clear()
        names.clear()

    for line in [*text.splitlines(), ""]:
        title = re.match(r"# --- (.*?) -+$", line)
        if title:
            close()
            found.append((title[1].rstrip(":"), []))
        elif re.match(r"#[A-Z][A-Z0-9_]*=", line):
            names.append(line[1:])
        elif line.startswith("# "):
            if names:
                close()
            words.append(line[2:])
    close()
    return found


def source_keys() -> str:
    """The keys of `config.meta` that are read, of a source and of a table."""
    parts = [
        "# Source keys\n",
        MADE,
        "A source is declared in `models/staging/<source>/_<source>__sources.yml`, an ordinary dbt source file. What "
        "landing needs stands under `config.meta`: of the source, and of each table. A key that nothing reads is an "
        "error. [How to add a source](../how-to/add-a-source.md) has an example of each kind.\n",
        "## Of a source\n",
        _table(["key", "holds", "unless said", "means"], _keys(Source, SOURCE)),
        "## Of a table\n",
        _table(["key", "holds", "unless said", "means"], _keys(Table, TABLE)),
        KEYS,
        _table(["setting", "of", "means"], _format_settings()),
    ]
    return "\n".join(parts)


def incidents() -> str:
    """Every cause of an incident, with its title and whether it stops publication."""
    waits = {True: "all marts", False: "the marts that depend on it, and so the set"}
    rows = [
        [cause.value, f"{_shown(kind.title)}", waits[kind.everything] if kind.stops else "none", _command(kind.command)]
        for cause, kind in kinds().items()
    ]
    parts = [
        "# Incidents\n",
        MADE,
        "Each incident has one of these causes. [What an incident is](../concepts/incidents.md) says how they open and "
        "close. `…` stands for what the incident is about: a source, a table, a model, a mart.\n",
        _table(["cause", "title", "what waits", "to type next"], rows),
    ]
    return "\n".join(parts)


def _shown(template: str) -> str:
    return re.sub(r"\{\w+\}", "…", template)


def _command(template: str) -> str:
    return f"`{_shown(template.replace('{accept}', 'weir run --accept {check}'))}`" if template else ""


def _keys(model: Any, words: dict[str, str]) -> list[list[str]]:
    from weir.project.sources import _NOT_IN_META, CALLED

    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    fields = {CALLED.get(name, name): field for name, field in fields.items() if name not in _NOT_IN_META}
    if set(fields) != set(words):
        raise ValueError(f"docs/programs/words.py and {model.__name__} differ by {set(fields) ^ set(words)}")
    return [[f"`{name}`", _kind(field.annotation), _default(field), words[name]] for name, field in fields.items()]


def _format_settings() -> list[list[str]]:
    known = {name for names in SETTINGS.values() for name in names}
    if known != set(FORMAT):
        raise ValueError(f"docs/programs/words.py and the formats differ by {known ^ set(FORMAT)}")
    return [
        [f"`{name}`", ", ".join(kind for kind, names in SETTINGS.items() if name in names), words]
        for name, words in FORMAT.items()
    ]


def _kind(annotation: Any) -> str:
    text = str(annotation) if not isinstance(annotation, type) or "[" in str(annotation) else annotation.__name__
    if "Literal" in text:
        return ", ".join(f"`{word}`" for word in re.findall(r"'(\w+)'", text))
    plain = {"str": "text", "bool": "`true`, `false`", "list[str]": "names", "dict[str, typing.Any]": "a mapping"}
    parts = [part.strip() for part in text.split(" | ") if part.strip() != "None"]
    return " or ".join(plain.get(part, "anything") for part in parts)


def _default(field: Any) -> str:
    if field.is_required():
        return "must be said"
    default = field.get_default(call_default_factory=True)
    if default in (None, [], {}, "", PydanticUndefined):
        return "–"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
