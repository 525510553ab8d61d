"""Keys: what makes a row unique: the source's own key, a unique constraint, or a guess that all rows bear out.

In: a Proposed with its fields, the Describer. Out: its key, and the questions about it.
"""

import itertools
import re

from weir.project.scaffold import fields
from weir.project.scaffold.described import Describer, Sample, Test
from weir.project.scaffold.proposal import Choices, Proposed

_JINJA = re.compile(r"\{[{%#]")


def choose(describer: Describer, found: Proposed, sample: Sample, choices: Choices) -> None:
    """The key: the source's own; else columns that are unique over all rows, named as a guess; else none."""
    table = found.table
    there = {column.name for column in table.columns if found.field_of(column.name)}
    never_null = {column.name for column in table.columns if not column.nullable}
    if table.primary_key:
        found.key = _without_null(describer, found, choices)
    else:
        uniques = [each for each in table.unique if set(each) <= there & never_null and not _JINJA.search(str(each))]
        found.key = min(uniques, key=len, default=())
        if not found.key and table.kind in {"files", "listing"} and sample.rows:
            _guess_key(describer, found, sample, choices)
    found.unique = [each for each in table.unique if set(each) != set(found.key) and set(each) <= there]
    for number, name in enumerate(found.key):
        field = found.field_of(name)
        if field:
            found.fields.remove(field)
            found.fields.insert(number, fields.as_key(field))


def _without_null(describer: Describer, found: Proposed, choices: Choices) -> tuple[str, ...]:
    """The primary key; none where a column of it holds NULL, which SQLite lets in."""
    key = found.table.primary_key
    nullable = [column.name for column in found.table.columns if column.name in key and column.nullable]
    if nullable and found.model:
        tests = [Test("missing", (name,)) for name in nullable]
        if any(describer.count(found.table, tests, choices.seconds).broken):
            found.asks.append(f"the primary key ({', '.join(key)}) is NULL in some rows, so it is none")
            return ()
    return key


def _guess_key(describer: Describer, found: Proposed, sample: Sample, choices: Choices) -> None:
    """A key for a table whose source knows none: the narrowest columns that are unique over all rows."""
    singles, others = [], []
    for column in found.table.columns:
        values = sample.values.get(column.name, [])
        if found.field_of(column.name) and values and all(values):
            share = len(set(values)) / len(values)
            made = found.field_of(column.name)
            is_id = bool(
                re.fullmatch(r"(.*_)?(id|uuid|guid|key|code|no|nummer|number|nr|ref)|.+id", made.name if made else "")
            )
            # two people may share an address; dbt would take such a name for Jinja
            if (made and made.pii) or _JINJA.search(column.name):
                continue
            if share > 0.99 and (is_id or (share == 1 and len(values) > 100)):
                singles.append((not is_id, column.name))
            elif share > 0.005 and (is_id or found.field_of(column.name).group == "dates"):  # type: ignore[union-attr]
                others.append(column.name)
    pairs = list(itertools.combinations(others[:5], 2))
    tries: list[tuple[str, ...]] = [*((name,) for _, name in sorted(singles)[:4]), *pairs[:6]]
    if not tries:
        return
    singly = [each[0] for each in tries if len(each) == 1]
    tests = [Test("repeated", each) for each in tries] + [Test("missing", (name,)) for name in singly]
    counted = describer.count(found.table, tests, choices.seconds)
    missing = dict(zip(singly, counted.broken[len(tries) :], strict=False))
    for each, repeated in zip(tries, counted.broken, strict=False):
        if repeated == 0 and not missing.get(each[0]):
            found.key, found.key_note = each, f"a guess: unique in all {counted.rows or 0:,} rows"
            return
    for each, repeated in zip(tries, counted.broken, strict=False):
        if len(each) == 1 and repeated and counted.rows and repeated < 0.01 * counted.rows:
            found.asks.append(f"{each[0]} is nearly the key: {repeated:,} of {counted.rows:,} rows repeat one")
