"""Proposes a declaration, a staging model and tests for each table of a source; everything is tried on its rows first.

In: a Describer, the choices. Out: Proposed tables. Rules that all rows keep are written, some as tests that only warn;
what would reject a row today becomes a question. Tables of tools, copies and views are left out unless they are named.
"""

import fnmatch
import re
from collections.abc import Callable, Sequence

from weir.core.errors import WeirError
from weir.project.scaffold import fields, keys, naming, personal, rules
from weir.project.scaffold.described import Column, Describer, Sample, Table, Test
from weir.project.scaffold.naming import Words
from weir.project.scaffold.proposal import Choices, Left, Proposed, Rule

_TOOLS = re.compile(r"(schema_migrations|ar_internal_metadata|alembic_version|flyway_schema_history|"
                    r"knex_migrations(_lock)?|django_(migrations|session|content_type|admin_log)|_prisma_migrations|databasechangelog(lock)?|"
                    r"spatial_ref_sys|sqlite_.*|pg_stat_statements(_info)?|migrations|phinxlog|sysdiagrams|__efmigrations"
                    r"history|goose_db_version|typeorm_metadata)", re.IGNORECASE)  # fmt: skip
_COPIES = re.compile(r"(tmp|temp|bak|backup|old)_.*|.*_(tmp|temp|bak|backup|old|copy)(_?\d+)?", re.IGNORECASE)
_MOST_VALUES = 20  # of an enumeration
_FEW = 20  # with fewer rows nothing is told of them all
# Names that a staging model has of its own.
_OWN = {"_load_id", "_key", "_known_from", "_as_of", "_op", "_seq", "_reasons"}
Report = Callable[[str], None]


def propose(describer: Describer, choices: Choices, report: Report = lambda step: None) -> list[Proposed]:
    """The proposals for all tables that the account sees, those left out included.

    Raises WeirError when no table is there, or none has the name that was asked for.
    """
    report("catalog")
    tables = describer.tables(choices.schemas)
    wanted = [table for table in tables if _is_named(table, choices.pattern)]
    if not wanted:
        there = ", ".join(sorted(table.label for table in tables)[:8])
        asked = f"named {choices.pattern} " if choices.pattern else ""
        hint = f"it has {there}" if there else "see that the address names the right one, and that the account may read"
        raise WeirError(f"there is no table {asked}at the source: {hint}")
    words = Words(
        text for table in wanted for text in (table.comment, table.parts, *(c.comment for c in table.columns))
    )
    folded = any(re.fullmatch(r"[a-z]{10,}", column.name) for table in wanted for column in table.columns)
    names = naming.tables([(table.schema, table.name) for table in wanted], words if folded else None)
    found = []
    for number, table in enumerate(wanted, 1):
        report(f"{table.label} ({number} of {len(wanted)})")
        found.append(_table(describer, table, names[table.schema, table.name], choices, words if folded else None))
    _add_parents(found)
    return found


def _is_named(table: Table, pattern: str) -> bool:
    """Whether the table is asked for; a view only by its whole name."""
    parts = [part.strip() for part in pattern.split(",") if part.strip()]
    if table.kind == "view" or not parts:
        return table.kind != "view" or bool({table.name, table.label} & {*parts})
    return any(fnmatch.fnmatchcase(name, part) for part in parts for name in (table.name, table.label))


def _table(describer: Describer, table: Table, name: str, choices: Choices, words: Words | None) -> Proposed:
    """The proposal of one table, tried on its rows."""
    found = Proposed(table, name, f"stg_{choices.source}__{name}")
    found.why_not = table.left_out or _left_out(table, choices)
    if found.why_not:
        found.model, found.is_landed = "", False
        return found
    sample = describer.sample(table, choices.sample)
    if not sample.rows:
        found.model, found.why_not = "", "no rows yet"
    kept = _kept(table, sample, words, found)
    made = naming.columns([c.name for c in kept], name, words, _OWN)
    for column in kept:
        values = sample.values.get(column.name, [])
        field, asks = fields.make(column, made[column.name], values, choices)
        field.pii = personal.pii(column, field.name, values)
        found.fields.append(field)
        found.asks += asks
    keys.choose(describer, found, sample, choices)
    if found.model:
        _try_rules(describer, found, sample, choices)
    return found


def _left_out(table: Table, choices: Choices) -> str:
    """Why the table is not landed, unless it is asked for by its name."""
    if re.search(r"\{[{%#]", f"{table.label} {table.primary_key} {table.meta}"):
        return "its name, or that of a column of its key, is one that dbt would take for Jinja"
    parts = {part.strip() for part in choices.pattern.split(",")}
    if {table.name, table.label} & parts:
        return ""
    if _TOOLS.fullmatch(table.name):
        return "a tool's own"
    return "a copy, or of passing use, by its name" if _COPIES.fullmatch(table.name) else ""


def _kept(table: Table, sample: Sample, words: Words | None, found: Proposed) -> list[Column]:
    """The columns that land; secrets and bytes do not, unless the key needs them."""
    kept, key = [], {*table.primary_key}
    for column in table.columns:
        why = personal.secret(naming.snake(column.name, words), sample.values.get(column.name, [])[:500], column.kind)
        if column.kind == "bytes" and not why:
            why = "bytes"
        if why and column.name not in key:
            found.left.append(Left(column.name, why))
        else:
            kept.append(column)
    return kept


def _try_rules(describer: Describer, found: Proposed, sample: Sample, choices: Choices) -> None:
    """Count, over all rows, what each rule would reject, and which columns are never NULL."""
    tried = rules.candidates(found)
    nulls = [c for c in found.table.columns if found.field_of(c.name) and c.nullable and not c.path
             and _has_no_null(sample, c.name) and found.table.kind == "files"]  # fmt: skip
    asked = [test for each in tried for test in each.tests]
    tests = asked + [Test("missing", (c.name,)) for c in nulls]
    counted = describer.count(found.table, tests, choices.seconds)
    found.tried = counted.rows
    broken = list(counted.broken) + [None] * (len(tests) - len(counted.broken))
    counts = iter(broken)
    for each in tried:
        parts = [next(counts) for _ in each.tests]
        number = None if None in parts else sum(filter(None, parts))
        each.rule.broken = number
        if each.rule.holds:
            (found.rules if each.rejects else found.watched).append(each.rule)
        elif number:
            found.asks.append(_question(each.rule, number))
    keys = {*found.key}
    for column in found.table.columns:
        made = found.field_of(column.name)
        if made and not column.nullable and column.name not in keys and not column.path:
            found.never_null.append(made.name)
    for column, number in zip(nulls, counts, strict=True):
        made = found.field_of(column.name)
        if number == 0 and made and column.name not in keys:
            found.never_null_so_far.append(made.name)
    _add_values(found, sample)
    _add_no_row_twice(describer, found, sample, choices)


def _add_no_row_twice(describer: Describer, found: Proposed, sample: Sample, choices: Choices) -> None:
    """Whether no two rows agree in all but key and stamps: then a test warns of rows that come again under new keys."""
    stamps = [each.name for each in found.fields if rules.is_stamp(each)]
    own = [each.name for each in found.fields if each.origin in found.key]
    compared = [each for each in found.fields if each.name not in {*own, *stamps}]
    if not own or len(compared) < 2 or sample.rows < _FEW:
        return
    if sample.is_whole:
        rows = list(zip(*(sample.values[each.origin] for each in compared), strict=True))
        repeated: int | None = len(rows) - len(set(rows))
    else:
        full = {column.name for column in found.table.columns if not column.nullable}
        columns = tuple(each.origin for each in compared if each.origin in full)
        repeated = _repeated(describer, found.table, columns, choices) if len(columns) > 1 else 1
    if repeated == 0:
        found.twice_but = [*own, *stamps]


def _repeated(describer: Describer, table: Table, columns: tuple[str, ...], choices: Choices) -> int | None:
    return describer.count(table, [Test("repeated", columns)], choices.seconds).broken[0]


def _question(rule: Rule, number: int) -> str:
    return f"'{rule.reason}' would reject {number:,} row{'' if number == 1 else 's'}: {rule.predicate}"


def _has_no_null(sample: Sample, name: str) -> bool:
    values = sample.values.get(name, [])
    return bool(values) and all(value not in (None, "") for value in values)


def _add_values(found: Proposed, sample: Sample) -> None:
    """The values of columns that hold few: the test of these only warns, for new ones come."""
    for made in found.fields:
        values = {value for value in sample.values.get(made.origin, []) if value}
        is_few = 1 < len(values) <= _MOST_VALUES and sample.rows >= 20 * len(values)
        is_word = made.group == "text" and made.type == "text" and all(len(value) <= 30 for value in values)
        is_number = sum(bool(re.fullmatch(r"[+-]?[\d.,]+", value)) for value in values) > len(values) / 2
        is_name = re.fullmatch(r"(.*_)?(name|title|label|description|city|ort|stadt|town|region|tier|owner)", made.name)
        if is_few and is_word and not made.values and not made.pii and not is_number and not is_name:
            made.seen = tuple(sorted(values))


def _add_parents(found: Sequence[Proposed]) -> None:
    """The foreign keys whose parents are staged."""
    staged = {(each.table.schema, each.table.name): each for each in found if each.model}
    for each in found:
        for key in each.table.foreign_keys:
            parent = staged.get((key.schema, key.table))
            target = parent.field_of(key.parents[0]) if parent and len(key.columns) == 1 else None
            if each.model and parent and target and each.field_of(key.columns[0]):
                each.parents.append((key, parent.model))
                each.parent_names[parent.model, key.parents[0]] = target.name
