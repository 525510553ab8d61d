"""Text of a PostgreSQL database with the encoding SQL_ASCII: its server checks nothing and sends any bytes.

In: the columns of a table. Out: the same columns, text read as bytes: those that are UTF-8 land unchanged, others are
made visible (\\\\xNN), and the row is flagged by `_escaped`. Binary COPY sends bytea and text alike, so a column read
as bytea at the source arrives as text.
"""

from ingest.raw.columns import Column

_TAIL = r"[\u0080-\u00bf]"
_UTF8 = "|".join([
    r"[\u0001-\u007f]",
    rf"[\u00c2-\u00df]{_TAIL}",
    rf"\u00e0[\u00a0-\u00bf]{_TAIL}",
    rf"[\u00e1-\u00ec\u00ee\u00ef]{_TAIL}{{2}}",
    rf"\u00ed[\u0080-\u009f]{_TAIL}",
    rf"\u00f0[\u0090-\u00bf]{_TAIL}{{2}}",
    rf"[\u00f1-\u00f3]{_TAIL}{{3}}",
    rf"\u00f4[\u0080-\u008f]{_TAIL}{{2}}",
])  # fmt: skip
_SHOWN = rf"""(
    select string_agg(case when m[1] ~ '^[\u0080-\u00ff]$'
        then '\x' || encode(convert_to(m[1], 'SQL_ASCII'), 'hex') else m[1] end, '' order by n)
    from regexp_matches(<text>, '({_UTF8}|[\u0080-\u00ff])', 'g') with ordinality f(m, n))"""
TEXTS = {
    "text",
    "bpchar",
    "name",
    '"char"',
}  # json, jsonb and arrays keep their types: bytes that are no text stop the table


def made_visible(columns: list[Column]) -> tuple[list[Column], list[str]]:
    """The columns to read, and the names of those that are read as bytes."""
    made, faults = [], []
    for column in columns:
        if column.type not in TEXTS:
            made.append(column)
            continue
        text = f"({column.expr})::text"
        if column.type == "bpchar":  # whose cast would cut its blanks off
            text = f"(case when {column.expr} is not null then concat({column.expr}) end)"
        wrong = rf"{text} !~ '^({_UTF8})*$'"
        shown = f"convert_to(case when {wrong} then {_SHOWN.replace('<text>', text)} else {text} end, 'SQL_ASCII')"
        made.append(Column(column.name, "text", shown))
        faults.append((column.name, wrong))
    if faults:
        escaped = f"nullif(coalesce({' or '.join(wrong for _, wrong in faults)}, false), false)"
        made.append(Column("_escaped", "boolean", escaped))
    return made, [name for name, _ in faults]
