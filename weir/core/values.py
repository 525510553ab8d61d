"""Values of rows in the words of a database: PostgreSQL and MySQL quote them in errors, where anybody may read them.

In: the text of an error. Out: the text without the values; what was wrong, and in which column, stays.
"""

import re

HIDDEN = "‹hidden›"
_SIGNS = ("DETAIL", "CONTEXT", "Key (", "row contains", ': "', 'value "', "Duplicate entry", "value: '")
# A value may hold quotes and brackets itself: each pattern takes the last sign that can end it, on its line.
_QUOTED = [
    re.compile(
        r"(Key \([^=]*\)=)\(.*\)(?= (?:already exists|is not present|is still referenced|is duplicated|conflicts))"
    ),
    re.compile(r"(conflicts with existing key \([^=]*\)=)\(.*\)"),
    re.compile(r"((?:Failing row|The row|Partition key of the failing row) contains )\(.*\)"),
    re.compile(r"(Partition key of the failing row contains \([^=]*\) = )\(.*\)"),
    re.compile(
        r"((?:invalid input syntax for (?:type )?[\w ]+|invalid input value for enum [\w.\" ]+|out of range"
        r"|malformed \w+ literal|time zone \"?[\w ]+\"? not recognized|invalid \w+ value): )\".*\""
    ),
    re.compile(r"(\bvalue )\".*\"(?= is out of range| for parameter)"),
    re.compile(r"(COPY [^\n]*?, line \d+(?:, column [^\n]*?)?: )\".*\""),
    re.compile(r"(Token )\".*\"(?= is invalid)"),
    re.compile(r"(JSON data, line \d+: ).*"),
    re.compile(r"(Duplicate entry )'.*'(?= for key)"),
    re.compile(r"(Incorrect \w+ value: )'.*'(?= for)"),
]


def without_values(text: str) -> str:
    """Replace the values of rows that a database's error quotes."""
    if not any(sign in text for sign in _SIGNS):
        return text
    for pattern in _QUOTED:
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text
