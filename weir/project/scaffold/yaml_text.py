"""The YAML of a source, of its staging models and marts, as text.

In: Proposed tables. Out: text as people write it: short entries on one line, comments where something is left out.
Descriptions are the source's own comments, word for word; none is invented from a name.
"""

import json
import re
from collections.abc import Sequence

from weir.project.scaffold import model
from weir.project.scaffold.proposal import Choices, Field, Proposed

_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"}
_WARN = ", config: {severity: warn}"


def scalar(text: str) -> str:
    """The text as a YAML scalar, which may stand in a flow mapping too. dbt takes nothing in it for Jinja."""
    plain = without_jinja(" ".join(text.split()))
    safe = re.fullmatch(r"[^\W\d][\w ./()'=+%*-]*", plain) and plain.lower() not in _WORDS and " #" not in plain
    return plain if safe and plain.isprintable() else json.dumps(plain, ensure_ascii=False)


def without_jinja(text: str) -> str:
    """The text, in which nothing begins an expression of Jinja: dbt renders descriptions, tests and meta alike."""
    return re.sub(r"\{(?=[{%#])", "{ ", text)


def is_testable(values: Sequence[str]) -> bool:
    """Whether dbt's accepted_values takes all of the values as they are: it puts each between quotes, unescaped."""
    return all(
        value == " ".join(value.split()) == without_jinja(value) and not {*value} & {"'", "\\"} for value in values
    )


def listed(names: Sequence[str]) -> str:
    """The names as a YAML list on one line."""
    return f"[{', '.join(map(scalar, names))}]"


def source_file(found: Sequence[Proposed], choices: Choices, description: str, meta: str = "") -> str:
    """The source file; `meta` is what the source's own `meta` holds beyond the connection."""
    lines = [
        "sources:",
        f"  - name: {choices.source}",
        f"    schema: raw_{choices.source}",
        f"    description: {scalar(description)}",
        "    config:",
        f"      meta: {{connection: {choices.connection}{meta}}}",
        f"      loaded_at_query: select max(landed_at) from ops.landings where source = '{choices.source}'",
        "      freshness:",
        "        warn_after: {count: 1, period: day}",
        "        error_after: {count: 3, period: day}",
    ]
    left = [each for each in found if not each.is_landed]
    if left:
        lines.append("    # left out:")
        lines += [f"    #   {_one_line(each.table.label)} ({_one_line(each.why_not)})" for each in left]
    lines.append("    tables:")
    for each in found:
        if each.is_landed:
            lines += ["      " + line for line in table_entry(each)]
    return "\n".join(lines) + "\n"


def table_entry(found: Proposed) -> list[str]:
    """The lines of the table in the source file."""
    lines = [f"- name: {scalar(found.name)}"]
    if found.table.comment:
        lines.append(f"  description: {scalar(found.table.comment)}")
    lines += [f"  # {_one_line(note)}" for note in found.table.notes]
    if found.why_not:
        lines.append(f"  # not staged: {_one_line(found.why_not)}")
    if found.key_note:
        lines.append(f"  # the key is {_one_line(found.key_note)}")
    elif not found.key:
        by = "file and line" if found.is_files else "their content"
        lines.append(f"  # no key: rows are told apart by {by}")
    for each in found.left:
        what = "not staged" if found.is_documents and found.table.kind != "collection" else "left out"
        lines.append(f"  # {what}: {_one_line(each.column)} ({_one_line(each.why)})")
    meta = table_meta(found)
    if meta:
        lines.append(f"  config: {{meta: {{{', '.join(f'{key}: {value}' for key, value in meta.items())}}}}}")
    return lines


def table_meta(found: Proposed) -> dict[str, str]:
    """What landing needs of the table, by key, as YAML in one line."""
    table, meta = found.table, dict[str, str]()
    if found.key:
        meta["key"] = listed(found.key)
    if found.left and not (found.is_documents and table.kind != "collection"):  # which land whole
        # a pattern where dbt would take the name for Jinja
        names = [re.sub(r"\{[{%#]", "??", each.column) for each in found.left]
        meta["exclude"] = listed(names)
    for key, value in table.meta.items():
        meta[key] = flow(value)
    origin = f"{table.schema}.{table.name}" if table.schema and table.schema != "public" else table.name
    if table.kind in {"table", "view", "collection"} and origin != found.name and "from" not in meta:
        meta["from"] = scalar(origin)
    return meta


def flow(value: object) -> str:
    """Any value as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(str(key))}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value) if isinstance(value, str) else json.dumps(value)


def staging_file(found: Proposed) -> str:
    """The YAML beside the staging model."""
    what = scalar(found.table.comment) if found.table.comment else scalar(f"{found.table.label}, as staged.")
    lines = ["models:", f"  - name: {found.model}", f"    description: {what}"]
    tests = _model_tests(found)
    if tests:
        lines += ["    data_tests:", *(f"      - {test}" for test in tests)]
    columns = [line for each in found.fields for line in column_entry(each, found)]
    if columns:
        lines += ["    columns:", *(f"      {line}" for line in columns)]
    return "\n".join(lines) + "\n"


def _model_tests(found: Proposed) -> list[str]:
    names = {made.origin: made.name for made in found.fields}
    key = [names[name] for name in found.key if name in names]
    tests = [f"one_row_per: {{arguments: {{columns: {listed(key)}}}}}"] if key else []
    if found.never_null:
        tests.append(f"never_null: {{arguments: {{columns: {listed(found.never_null)}}}}}")
    if found.never_null_so_far:
        tests.append(f"never_null: {{arguments: {{columns: {listed(found.never_null_so_far)}}}{_WARN}}}")
    nullable = {made.name for made in found.fields} - {*found.never_null, *key}
    for each in found.unique:
        columns = [names[name] for name in each]
        if len(columns) > 1 and not set(columns) & nullable:
            tests.append(f"one_row_per: {{arguments: {{columns: {listed(columns)}}}}}")
    for rule in found.watched:  # NULL breaks no rule
        predicate = scalar(f"({rule.predicate}) is not true")
        tests.append(f"holds: {{arguments: {{predicate: {predicate}}}{_WARN}}}")
    if found.twice_but:
        tests.append(f"no_row_twice: {{arguments: {{but: {listed(found.twice_but)}}}{_WARN}}}")
    return tests


def column_entry(made: Field, found: Proposed) -> list[str]:
    """The lines of the column: a description, a mark, tests; none where there is nothing to say."""
    facts = [f"name: {scalar(made.name)}"]
    if made.description:
        facts.append(f"description: {scalar(made.description)}")
    if made.pii:
        facts.append(f"config: {{meta: {{pii: {made.pii}}}}}")
    tests = _column_tests(made, found)
    if not tests:
        return [f"- {{{', '.join(facts)}}}"] if len(facts) > 1 else []
    return [
        f"- {facts[0]}",
        *(f"  {fact}" for fact in facts[1:]),
        "  data_tests:",
        *(f"    - {test}" for test in tests),
    ]


def _column_tests(made: Field, found: Proposed) -> list[str]:
    tests = ["unique"] if (made.origin,) in found.unique else []
    if made.values and is_testable(made.values):
        tests.append(f"accepted_values: {{arguments: {{values: {texts(made.values)}}}}}")
    elif made.seen and is_testable(made.seen):
        tests.append(f"accepted_values: {{arguments: {{values: {texts(made.seen)}}}{_WARN}}}")
    for key, parent in found.parents:
        if key.columns[0] == made.origin:
            field = found.parent_names[parent, key.parents[0]]
            tests.append(f"relationships: {{arguments: {{to: ref('{parent}'), field: {scalar(field)}}}{_WARN}}}")
    return tests


def texts(values: Sequence[str]) -> str:
    """The values as texts, also those that look like numbers."""
    shown = [json.dumps(value, ensure_ascii=False) if scalar(value)[0] == '"' else scalar(value) for value in values]
    return f"[{', '.join(shown)}]"


def mart_file(found: Proposed, choices: Choices) -> str:
    """The YAML beside a mart: its contract, its grain, marks of personal data."""
    fields = {each.name: each for each in found.fields}
    grain = [made.name for name in found.key if (made := found.field_of(name))] or ["_key"]
    what = scalar(found.table.comment) if found.table.comment else scalar(f"{found.table.label} of {choices.source}.")
    lines = ["models:", f"  - name: {model.mart_name(found, choices)}", f"    description: {what}",
             f"    config: {{meta: {{grain: {listed(grain)}}}}}", "    data_tests:",
             f"      - one_row_per: {{arguments: {{columns: {listed(grain)}}}}}", "    columns:"]  # fmt: skip
    for name, type_ in model.mart_columns(found):
        lines.append(f"      {contract_entry(name, type_, fields.get(name), grain)}")
    return "\n".join(lines) + "\n"


def contract_entry(name: str, type_: str, made: Field | None, grain: Sequence[str]) -> str:
    """The line of a column in a mart's contract."""
    facts = [f"name: {scalar(name)}", f"data_type: {scalar(type_)}"]
    text = made.description if made else ""
    facts.append(f"description: {scalar(text)}" if text else f"description: {scalar(_plain_name(name))}")
    if made and made.pii:
        facts.append(f"config: {{meta: {{pii: {made.pii}}}}}")
    if name in grain:
        facts.append("constraints: [{type: not_null}]")
    return f"- {{{', '.join(facts)}}}"


def _plain_name(name: str) -> str:
    return "The row's key as text." if name == "_key" else f"As staged in {name}."


def _one_line(text: str) -> str:
    return without_jinja(" ".join(text.split()))
