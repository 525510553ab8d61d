"""Reasons of rejection, told with the values that they are about.

In: a staging model's lineage, and a row as landing received it. Out: what is wrong with the row in one line, such as
"amount has 3 decimals, 2 are allowed: 462.299". Quarantine itself keeps the reason alone, by which rows are counted;
the value stands in the row beside it. Personal values are shown as their kind and length.
"""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from weir.access.carried import Lineage
from weir.access.lineage import Columns
from weir.access.veil import Veil
from weir.core.secrets import printable

LONGEST = 60  # characters of a value that are shown


class Reasons:
    """The reasons of one staging model; `types` are those of its columns, as PostgreSQL names them."""

    def __init__(self, lineage: Lineage | None, model: str, types: Mapping[str, str], veil: Veil | None) -> None:
        self.veil, self.types = veil, types
        staged = (each for each in lineage.staged if each[1] == model) if lineage else iter(())
        relation = next(staged, None)
        self._code = lineage.staged[relation] if lineage and relation else ""
        self._made = lineage.columns[relation] if lineage and relation else Columns()

    @cached_property
    def _columns(self) -> dict[str, list[str]]:
        """The columns that each reason's rule reads, from the `case when … then 'the reason' end` of reject()."""
        from sqlglot import exp, parse_one
        from sqlglot.errors import SqlglotError

        found: dict[str, list[str]] = {}
        try:
            tree = parse_one(self._code, dialect="postgres") if self._code else exp.Select()
        except (SqlglotError, RecursionError):
            return found
        for case in tree.find_all(exp.Case):
            ifs = case.args.get("ifs") or []
            if len(ifs) == 1 and isinstance(ifs[0].args.get("true"), exp.Literal):
                read = dict.fromkeys(column.name for column in ifs[0].this.find_all(exp.Column))
                found[ifs[0].args["true"].name] = [name for name in read if name in self._made.known]
        return found

    def values(self, reason: str, row: Mapping[str, Any]) -> dict[str, str]:
        """The values that the reason is about, as received, by the staging model's column."""
        found = {}
        for name in self._columns.get(reason, []):
            for origin in sorted(self._made.of(name) or (), key=lambda each: (each.column, each.path)):
                value = _at(row, origin.column, origin.path)
                if value is not None:
                    found[name] = self._shown(origin.column, origin.path, value)
                    break
        return found

    def told(self, reason: str, row: Mapping[str, Any]) -> str:
        """The reason, with the values that it is about and what is wrong with them."""
        found = self.values(reason, row)
        if len(found) > 1:
            return f"{reason}: {', '.join(f'{name} {value}' for name, value in found.items())}"
        for name, value in found.items():
            more = _number(value.strip("'"), self.types.get(name, "")) if reason.startswith(f"{name} is not a") else ""
            return f"{name} {more}: {value.strip(chr(39))}" if more else f"{reason}: {value}"
        return reason

    def _shown(self, column: str, path: tuple[str, ...], value: Any) -> str:
        shown = self.veil.value(column, path, value) if self.veil else value
        if isinstance(shown, str):
            text = printable(shown if len(shown) <= LONGEST else shown[:LONGEST] + "…")
            return text if shown != value else f"'{text}'"
        return printable(json.dumps(shown, ensure_ascii=False)[:LONGEST])


def _at(row: Mapping[str, Any], column: str, path: tuple[str, ...]) -> Any:
    """The value at the path; None where there is none."""
    value: Any = row.get(column)
    for step in path:
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _number(text: str, type_: str) -> str:
    """Why a number does not fit into the type; empty where the text is none, or the type takes no numbers."""
    match = re.fullmatch(r"[+-]?([0-9]+)(?:[.]([0-9]+))?", text)
    if not match:
        return ""
    decimals = len((match[2] or "").rstrip("0"))
    if type_ in {"integer", "bigint"}:
        return "has decimals, none are allowed" if decimals else f"is beyond what {type_} holds"
    size = re.fullmatch(r"numeric\(([0-9]+),([0-9]+)\)", type_)
    if not size:
        return ""
    whole, scale = int(size[1]) - int(size[2]), int(size[2])
    if decimals > scale:
        return f"has {decimals} decimal{'s' if decimals > 1 else ''}, {_allowed(scale)}"
    digits = len(match[1].lstrip("0"))
    return f"has {digits} digits before the point, {_allowed(whole)}" if digits > whole else ""


def _allowed(count: int) -> str:
    return f"{count or 'none'} {'is' if count == 1 else 'are'} allowed"
