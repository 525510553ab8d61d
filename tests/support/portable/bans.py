"""Finds in SQL what only PostgreSQL knows: operators, words and literals here, by tokens; the rest in the syntax tree.

In: SQL without Jinja. Out: for each find its place in the SQL, what it is, and what to write instead.
"""

import re
from collections.abc import Iterator

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from tests.support.portable.templates import UNKNOWN
from tests.support.portable.trees import Find, in_tree
from tests.support.portable.words import FAMILIES, FUNCTIONS, OPERATORS, WORDS

_OWN_LITERALS = {TokenType.BYTE_STRING, TokenType.HEREDOC_STRING, TokenType.UNICODE_STRING, TokenType.BIT_STRING}


def finds(sql: str) -> list[Find]:
    """All that only one engine knows, in the order of the SQL."""
    found: set[Find] = set()
    try:
        found |= {*_in_tokens(sqlglot.tokenize(sql, dialect="postgres"))}
        found |= {*in_tree(sqlglot.parse_one(sql, dialect="postgres"), sql)}
    except SqlglotError as fault:
        # an operator that was found may be what can't be read
        return sorted(found) or [_unreadable(sql, fault)]
    return sorted(found)


def _unreadable(sql: str, fault: SqlglotError) -> Find:
    """The find that stands for SQL in which nothing can be found."""
    error = next(iter(getattr(fault, "errors", [])), {"description": str(fault).split("\n")[0], "line": 1, "col": 0})
    offset = sum(len(line) + 1 for line in sql.split("\n")[: error["line"] - 1]) + max(error["col"] - 1, 0)
    said = re.sub(r" but got <.*", "", error["description"])
    instead = "mend it, or write it in a plainer way"
    if UNKNOWN in sql:
        instead = (
            "describe each macro that it calls in a _macros.yml; a description begins 'A subquery' where it is one"
        )
    return Find(offset, "SQL that sqlglot can't read as PostgreSQL's", f"{said}: {instead}")


def _in_tokens(tokens: list[Token]) -> Iterator[Find]:
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        word = " ".join(token.text.lower().split())
        last = before.text.lower() if before else ""
        if token.token_type == TokenType.STRING:
            if "\\" in token.text:
                yield Find(token.start, "a backslash in a literal", "it begins an escape on Spark: write chr(92)")
        elif token.token_type in _OWN_LITERALS:
            yield Find(token.start, "a literal of PostgreSQL's own kind", "write it between plain quotes, '…'")
        elif word in OPERATORS or word in WORDS:
            yield Find(token.start, f"`{word}`", OPERATORS.get(word) or WORDS[word])
        elif after is not None and after.token_type == TokenType.L_PAREN and last != "as":
            family = next((each for each in FAMILIES if word.startswith(each)), "")
            if instead := FUNCTIONS.get(word) or FAMILIES.get(family):
                yield Find(token.start, f"{word}(…)", instead)
