"""Asks Spark for the totals of staging that rules of marts are held against, where staging lies there.

In: the rules of each mart. Out: the same rules, with the total in its query's place. All are asked by one statement.
"""

import re
from collections.abc import Mapping
from typing import Any

import psycopg

from expectations.rules import Rule
from weir.ledger.staged import on_spark
from weir.spark.server import required, session

_STAGING = re.compile(r"\bstaging\.(\w+)")


def answered(connection: psycopg.Connection[Any], rules: Mapping[str, tuple[Rule, ...]]) -> dict[str, tuple[Rule, ...]]:
    """The rules, with an answer where one reads a model that Spark staged last. Raises WeirError without a server."""
    there = on_spark(connection)
    asked = list(
        dict.fromkeys(
            rule.reads for each in rules.values() for rule in each if there.keys() & {*_STAGING.findall(rule.reads)}
        )
    )
    if not asked:
        return dict(rules)
    with session(required("the gate asks staging for totals")) as cursor:
        cursor.execute("select " + ", ".join(f"({query})" for query in asked))
        totals = dict(zip(asked, cursor.fetchone(), strict=True))
    return {
        mart: tuple(rule.answered(totals[rule.reads]) if rule.reads in totals else rule for rule in each)
        for mart, each in rules.items()
    }
