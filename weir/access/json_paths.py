"""Paths into documents: what `document -> 'a' ->> 'b'` and `document #>> '{a,b}'` reach, as sqlglot has them."""

import re
from typing import Any

from sqlglot import exp

_EXTRACTS = (exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar)


def path_of(node: Any) -> tuple[Any, tuple[str, ...]]:
    """(what a field is taken from, the names that lead to it); (None, ()) where no field of a fixed name is taken."""
    if not isinstance(node, _EXTRACTS):
        return None, ()
    steps = node.expression
    if isinstance(steps, exp.JSONPath):
        _root, *further = steps.expressions
        if all(isinstance(each, exp.JSONPathKey | exp.JSONPathSubscript) for each in further):
            return node.this, tuple(str(each.this) for each in further)
        return None, ()
    if isinstance(steps, exp.Literal) and isinstance(node, exp.JSONBExtract | exp.JSONBExtractScalar):
        return node.this, _array(str(steps.this))
    if isinstance(steps, exp.Literal):
        return node.this, (str(steps.this),)
    return None, ()


def unarrow(tree: Any) -> None:
    """Turn what sqlglot takes for a lambda, `f(document -> 'a')`, into the field of a document that it is."""
    for found in list(tree.find_all(exp.Lambda)):
        body = first = found.this
        while isinstance(first.this, exp.Expression):
            first = first.this
        document = exp.JSONExtract(this=exp.Column(this=found.expressions[0].copy()), expression=first.copy())
        if first is body:
            body = document
        else:
            first.replace(document)
        found.replace(body)


def _array(text: str) -> tuple[str, ...]:
    """The elements of an array as PostgreSQL writes it: {a,"b c"}."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)', text)
    return tuple(re.sub(r"\\(.)", r"\1", quoted) if quoted else bare.strip() for quoted, bare in found)
