"""Redaction: replaces every password, token and key of the environment by ***, in all texts that are printed or kept.

In: any text, the environment, and the names of variables that a source's settings use. Out: the text without secrets,
and without the values of rows that a database's error quotes.
"""

import functools
import json
import os
import re
from urllib.parse import quote, quote_plus, unquote

_SECRET = re.compile(
    r"(PASSWORD|PASSWD|TOKEN|SECRET|API_KEY|ACCESS_KEY|ACCOUNT_KEY|MASK_KEY|MASK_KEY_NEXT|AUTH_STRING)$"
)
_OPTION = re.compile(r"(?i)(?:password|passwd|pwd|token|secret|api_?key|access_?key|account_?key|sig)=([^&#\s]+)")
_TOKENS = {"ALERT_URLS", "HEARTBEAT_URL"}  # addresses with a secret anywhere: as host, in the path, as an option
# Characters that a terminal obeys: control characters except tab and line feed, and changes of direction.
_OBEYED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]")
HIDDEN = "‹hidden›"
_SIGNS = (
    "out of range",
    "could not convert",
    "time data ",
    "onversion failed",
    "dup key:",
    "Truncated incorrect ",
    "invalid ",
    "DETAIL",
    "CONTEXT",
    "Key (",
    "row contains",
    ': "',
    'value "',
    "Duplicate entry",
    "value: '",
)
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
    re.compile(r"(\binvalid (?:value|name syntax)(?:: | ))\".*?\"(?= for |$|\s)"),
    re.compile(r"()\".*\"(?= is out of range for type)"),
    re.compile(r"(could not convert string to \w+: )'.*'"),
    re.compile(r"(time data )'.*'(?= does not match)"),
    re.compile(r"(onversion failed when converting [\w ]*value )'.*'"),
    re.compile(r"(dup key: \{ ).*(?= \})"),
    re.compile(r"(Truncated incorrect \w+ value: )'.*'"),
    re.compile(r"(Incorrect \w+ value: )'.*'(?= for)"),
]
_addresses: set[str] = set()
_hidden: set[str] = set()


def hide(*names: str) -> None:
    """Take the value of each variable for a secret from now on, whatever its name: a source's settings use it."""
    _hidden.update(names)


def hide_password(name: str) -> None:
    """Take the variable for an address from now on, whatever its name: its password is a secret, its host is not."""
    _addresses.add(name)


def redact(text: object) -> str:
    """Replace every secret of the environment, and every password in a URL, by ***; hide values in errors."""
    result = without_values(str(text))
    for secret in _secrets(frozenset(os.environ.items()), frozenset(_hidden), frozenset(_addresses)):
        result = result.replace(secret, "***")
    return re.sub(r"(://[^:/\s@]*):[^@\s/]+@", r"\1:***@", result)


@functools.lru_cache(maxsize=1)  # a table of a hundred lines is redacted cell by cell
def _secrets(environment: frozenset[tuple[str, str]], hidden: frozenset[str], addresses: frozenset[str]) -> list[str]:
    """All secrets of the environment, in every form that a message may show, the longest first."""
    found: set[str] = set()
    for name, value in environment:
        if name in hidden or _SECRET.search(name):
            found |= _forms(value)
        elif name in _TOKENS:
            found |= {form for part in _tokens(value) for form in _forms(part)}
        elif name in addresses or name.endswith("_URL"):
            found |= _passwords(value)
        if name.endswith("_AUTH_STRING"):
            found |= _forms(value.partition(":")[2])
    return sorted((secret for secret in found if len(secret) > 2), key=len, reverse=True)


def _passwords(url: str) -> set[str]:
    """The password of an address, as written and decoded, and its parts; and the secrets in its options.

    Found by hand, up to the last @: every URL parser splits a password that holds a bare @ or /.
    """
    found: set[str] = set()
    for match in (re.match(r"[^:/]+://[^:/@]*:(.+)@", url), re.match(r"[^:/]+://[^:/@]*:([^@]+)@", url)):
        if match:
            whole = match.group(1)
            found |= _forms(whole) | _forms(unquote(whole))
            found |= {part for part in re.split(r"[@/:?#]", whole) if len(part) > 3}
    for option in _OPTION.findall(url):
        found |= _forms(option) | _forms(unquote(option))
    return found


def _tokens(addresses: str) -> set[str]:
    """The parts of addresses that may be secrets: all of 8 letters and more but for names of hosts."""
    parts = re.split(r"[\s,]+|://|[/:@?&=#]", addresses)
    return {part for part in parts if len(part) > 7 and not re.fullmatch(r"[\w-]+(\.[\w-]+)+", part)} | _passwords(
        addresses
    )


def _forms(secret: str) -> set[str]:
    """The secret as it is, without surrounding blanks, and as Python, JSON and URLs write it."""
    found: set[str] = set()
    for each in (secret, secret.strip()):
        escaped = repr(each)[1:-1], repr(each.encode())[2:-1], json.dumps(each)[1:-1]
        found |= {each, *escaped, quote(each, safe=""), quote_plus(each)}
    return found


def printable(text: object) -> str:
    """The text without secrets, with characters that a terminal would obey made visible (ESC is \\x1b)."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), redact(text))


def without_values(text: str) -> str:
    """Replace the values of rows that a database's error quotes."""
    if not any(sign in text for sign in _SIGNS):
        return text
    for pattern in _QUOTED:
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text
