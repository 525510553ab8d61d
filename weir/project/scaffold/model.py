"""Staging models and marts, as text.

In: a Proposed. Out: the SQL of its staging model, in the form of a careful colleague's; the SQL of a mart of it.
"""

import re

from weir.project.names import shortened
from weir.project.scaffold.naming import readable
from weir.project.scaffold.proposal import GROUPS, Choices, Field, Proposed, Rule

_WIDEST = 118
_HOLD_A_MASK = {"text", "bpchar", "json", "jsonb", "bigint", "uuid", "inet"}  # as weir/publish/mask.py has it


def staging_model(found: Proposed, choices: Choices) -> str:
    """The staging model of the table."""
    lines = [f"-- Grain: {grain(found)}.", "with typed as (", "    select"]
    for group in GROUPS:
        members = [each for each in found.fields if each.group == group]
        if members:
            lines.append(f"        -- {group}{_said_of(members, choices)}")
            for each in members:
                lines += line_of(each)
    lines += [f"        {carry(found)}", f"    from {{{{ source('{choices.source}', '{found.name}') }}}}", ")", ""]
    lines += _tried(found)
    lines += [_comment(f"ask: {ask}") for ask in found.asks]
    if found.rules:
        lines += ["select", "    *,", "    {{ reject({"]
        for rule in found.rules:
            lines += lines_of_rule(rule)
        lines += ["    }) }}", "from typed"]
    else:
        lines += ["select", "    *,", "    {{ reject() }}", "from typed"]
    return "\n".join(lines) + "\n"


def grain(found: Proposed) -> str:
    """What one row is."""
    if not found.key:
        return "one row per row of the source, which has no key"
    names = [made.name for name in found.key if (made := found.field_of(name))]
    what = readable(found.name)
    is_own = len(names) == 1 and (names[0] in {"id", "_id"} or names[0].removesuffix("_id").replace("_", " ") == what)
    return f"one row per {what}" if is_own else f"one row per {', '.join(names)}"


def line_of(made: Field) -> list[str]:
    """The lines of the field in the select."""
    note = f"        {_comment(made.note)}" if made.note else ""
    return [*([note] if note else []), f"        {made.sql},"]


def lines_of_rule(rule: Rule) -> list[str]:
    """The lines of the rule in the call of reject."""
    reason, predicate = _quoted(rule.reason), _quoted(rule.predicate)
    whole = f"        {reason}: {predicate},"
    return [whole] if len(whole) <= _WIDEST else [f"        {reason}:", f"            {predicate},"]


def carry(found: Proposed) -> str:
    """The call of carry."""
    # a row of a file without a key is known by its place
    columns = [shortened(name) for name in found.key] or (["_file", "_line"] if found.is_files else ["_key"])
    more = ", unreadable=true" if found.is_files else ""
    listed = ", ".join(_quoted(name) for name in columns)
    return f"{{{{ carry(key=[{listed}]{more}) }}}}"


def _said_of(members: list[Field], choices: Choices) -> str:
    """What is said of a group on its line: that times without a zone were taken for UTC."""
    has_none = any(each.has_no_zone for each in members)
    return f" (no zone at the source: taken for {choices.zone})" if has_none else ""


def _tried(found: Proposed) -> list[str]:
    if found.tried is None:
        return ["-- not tried: counting took too long"] if found.rules else []
    said = f"-- tried on {found.tried:,} rows: none rejected"
    return [said] if found.rules else []


def _comment(text: str) -> str:
    """The text as a comment of one line."""
    plain = " ".join(text.split()).replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")
    return f"-- {plain}"[: _WIDEST - 8].rstrip()


def _quoted(text: str) -> str:
    """The text in Jinja's quotes: in double ones where it holds single ones."""
    plain = text.replace("\\", "\\\\")
    if "'" in plain and '"' not in plain:
        return f'"{plain}"'
    return "'" + plain.replace("'", "\\'") + "'"


def mart_model(found: Proposed) -> str:
    """The mart of the table: all of its columns, as they are staged."""
    types = {each.name: _contract(each.type) for each in found.fields}
    shown = [shown_in_mart(name, types.get(name, type_), type_) for name, type_ in mart_columns(found)]
    lines = [f"-- Grain: {grain(found)}.", "select", ",\n".join(f"    {each}" for each in shown)]
    return "\n".join([*lines, f"from {{{{ ref('{found.model}') }}}}"]) + "\n"


def shown_in_mart(name: str, staged: str, type_: str) -> str:
    """The column of a mart, which may need another type than its staging model has."""
    return name if staged == type_ else f"cast({name} as {type_}) as {name}"


def mart_columns(found: Proposed) -> list[tuple[str, str]]:
    """The names and types of the mart's columns."""
    own = [] if found.key else [("_key", "text")]
    return own + [(each.name, _masked(each)) for each in found.fields]


def _masked(made: Field) -> str:
    """The type of the field in a mart: text where it is personal, and its own type can't hold a pseudonym."""
    holds = made.type in _HOLD_A_MASK or (made.pii == "birth_date" and made.type.startswith(("date", "timestamp")))
    return _contract(made.type) if holds or not made.pii else "text"


def _contract(type_: str) -> str:
    return re.sub(r"^bpchar$", "text", type_)


def mart_name(found: Proposed, choices: Choices) -> str:
    """The name of the table's mart."""
    return f"{choices.source}_{found.name}"
