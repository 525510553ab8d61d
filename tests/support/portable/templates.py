"""Renders a model's file into the SQL that its author wrote: Jinja runs, and each macro stays a call by name.

In: the text of a model, test or predicate, and what _macros.yml says of the macros' arguments. Out: SQL without Jinja,
and the line of the file for each place in it. dbt is not needed: what a macro writes for an engine is the macro's own
affair. Of its arguments those are read that _macros.yml calls SQL or a predicate.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import yaml

CALL = "weir_macro_"
TYPE = "weir_type"
UNKNOWN = "weir_unknown"
# A line's number between two characters that no model holds.
_MARK = re.compile("\ue000([0-9]+)\ue001")
_TEST = re.compile(r"({%-?\s*)test\s+(\w+)\s*\(([^)]*)\)")
# What stands in a generic test for its arguments.
_GIVEN = {"model": "a_model", "other": "another_model", "columns": ["a", "b"], "but": ["a"]}


class Rendered:
    """SQL without Jinja, and where each part of it stands in the file."""

    def __init__(self, marked: str):
        self.sql, self._starts, self._lines = "", [0], [1]
        place = 0
        for mark in _MARK.finditer(marked):
            self.sql += marked[place : mark.start()]
            place = mark.end()
            self._starts.append(len(self.sql))
            self._lines.append(int(mark[1]))
        self.sql += marked[place:]

    def line(self, offset: int) -> int:
        """The line of the file, from 1, of the character at the offset of `sql`."""
        return self._lines[bisect_right(self._starts, offset) - 1]


class _Unknown(jinja2.ChainableUndefined):
    """A value that only dbt knows: false, a list of one such value, and a word in SQL."""

    def __call__(self, *_: Any, **__: Any) -> "_Unknown":
        return self

    def __iter__(self) -> Iterator["_Unknown"]:
        return iter([_Unknown()])

    def __str__(self) -> str:
        return UNKNOWN


class Templates:
    """Renders files; `folder` is that of the macros, whose _macros.yml say which arguments are SQL."""

    def __init__(self, folder: Path):
        self._macros: dict[str, tuple[bool, list[tuple[str, bool]]]] = {}
        for path in sorted(folder.rglob("_macros.yml")):
            for macro in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("macros", []):
                arguments = [(each["name"], _is_sql(each)) for each in macro.get("arguments", [])]
                is_relation = macro.get("description", "").startswith("A subquery")
                self._macros[macro["name"]] = (is_relation, arguments)

    def render(self, text: str, first_line: int = 1) -> Rendered:
        """The SQL of a text that begins at `first_line` of its file. Raises jinja2's errors."""
        environment = jinja2.Environment(undefined=_Unknown, extensions=["jinja2.ext.do"])
        environment.globals |= _of_dbt()
        for name, (is_relation, arguments) in self._macros.items():
            environment.globals[name] = _macro(name, is_relation, arguments, text, first_line)
        environment.globals |= {"sql_type": _type, "analyze_this": lambda: ""}
        return Rendered(environment.from_string(_marked(environment, text, first_line)).render())


def _of_dbt() -> dict[str, Any]:
    """The functions that dbt hands to a model: names of relations, types, and silence."""
    types = {f"type_{word}": _type for word in ("string", "timestamp", "float", "numeric", "bigint", "int", "boolean")}
    return {
        "ref": lambda *names, **_: names[-1],
        "source": lambda source, table: f"{source}.{table}",
        "this": "this_model",
        "config": lambda *_, **__: "",
        "var": lambda *_: "weir_variable",
        "env_var": lambda *_: "weir_variable",
        "execute": True,
        "run_started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "is_incremental": lambda: False,
        "dbt": SimpleNamespace(**types),
        "adapter": SimpleNamespace(quote=lambda name: re.sub(r"\W", "_", str(name))),
    }


def _type(*_: Any) -> str:
    return TYPE


def _is_sql(argument: Mapping[str, Any]) -> bool:
    """Whether the argument of a macro is a piece of SQL, as its description says."""
    words = argument.get("description", "")
    return bool(re.search(r"\bSQL\b|\bpredicate\b", words)) or argument.get("type") == "dict[str, str]"


def _macro(name: str, is_relation: bool, arguments: list[tuple[str, bool]], text: str, first_line: int) -> Any:
    """A stand-in for the macro: a call of a function of its name, with the pieces of SQL that it is given."""

    def call(*given: Any, **named: Any) -> str:
        order = [argument for argument, _ in arguments]
        values = dict(zip(order, given, strict=False)) | named
        pieces = [
            _located(str(piece), str(reason), text, first_line)
            for argument, is_sql in arguments
            if is_sql and (value := values.get(argument))
            for reason, piece in (value.items() if isinstance(value, Mapping) else [(value, value)])
        ]
        made = f"{CALL}{name}({', '.join(f'({piece})' for piece in pieces)})"
        return f"(select {made})" if is_relation else made

    return call


def _located(piece: str, reason: str, text: str, first_line: int) -> str:
    """The piece of SQL, marked with the line on which it, or its reason, stands in the file."""
    found = next((place for each in (reason, piece) if (place := text.find(each)) >= 0), -1)
    return piece if found < 0 or _MARK.search(piece) else _mark(first_line + text.count("\n", 0, found)) + piece


def _mark(line: int) -> str:
    return f"\ue000{line}\ue001"


def _marked(environment: jinja2.Environment, text: str, first_line: int) -> str:
    """The template with a mark at each piece of SQL; a generic test becomes a macro that is called once."""
    calls = []
    for test in _TEST.finditer(text):
        names = [part.partition("=")[0].strip() for part in test[3].split(",")]
        given = ", ".join(f"{name}={_GIVEN.get(name, 'a_' + name)!r}" for name in names)
        calls.append(f"{{{{ test_{test[2]}({given}) }}}}")
    text = re.sub(r"({%-?\s*)endtest", r"\1endmacro", _TEST.sub(r"\1macro test_\2(\3)", text))
    made, line = "", first_line
    for number, token, value in environment.lex(text):
        line = first_line + number - 1
        if token == "data":
            lines = value.split("\n")
            made += "\n".join(_mark(line + more) + part for more, part in enumerate(lines))
        else:
            made += _mark(line) + value if token == "variable_begin" else value
    return made + "".join(calls)
