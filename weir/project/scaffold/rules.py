"""Rules: which are worth trying on a table, as the tests that count them, and what comes of the counts.

In: a Proposed with its fields. Out: candidates, each with the Test that all rows answer. What was measured on 480
tables decides which kinds may reject: checks of the catalog, amounts below zero, dates before 1900 or (where the name
says that it is past) after the load. Enumerations and formats reject good rows too often, and so does the order of
two dates, which a test may watch.
"""

import re
from dataclasses import dataclass

from weir.project.scaffold.described import Check, Column, Test
from weir.project.scaffold.proposal import Field, Proposed, Rule

_AMOUNT = re.compile(r"(.*_)?(amount|amt|price|cost|total|subtotal|sum|fee|fees|charge|charges|tax|vat|freight|salary|"
                     r"wage|revenue|mrr|arr|quantity|qty|count|units|seats|weight|size|length|width|height|duration|stock|"
                     r"betrag|preis|menge|anzahl|summe|kosten|gewicht|montant|prix|quantite|importe|precio|cantidad|"
                     r"rate|days|hours|minutes|seconds|population|pages|age|tenure)(_.*)?")  # fmt: skip
_SIGNED = re.compile(r"(.*_)?(balance|delta|diff|change|adjust\w*|refund\w*|credit|debit|offset|score|latitude|"
                     r"longitude|lat|lon|lng|temperature|temp|net|margin|profit|growth|correction|saldo|x|y|z)(_.*)?"
                     )  # fmt: skip
_PAST = re.compile(r"(.*_)?(created|creation|inserted|added|registered|registration|signup|signed_up|joined|born|"
                   r"order|hire|hired|checked_in|checked_out|visited|bezahlt|bestellt|angelegt|geburtsdatum|geboren|"
                   r"birth|birthdate|birthday|dob|updated|update|modified|paid|payment|ordered|opened|logged|login|"
                   r"sent|occurred|recorded)(_(at|on|date|time|ts|day))?|"
                   r"last_(update|login|seen|modified|visit).*")  # fmt: skip
_STAMP = re.compile(
    r"(row_)?(created|inserted|added|updated|update|modified|loaded|imported)(_(at|on|date|time|ts))?"
    r"|last_(update|updated|modified|change).*|(date|time)_(created|updated|modified|added)"
)
_PAIRS = (
    ("start", "end"), ("started", "ended"), ("begin", "end"), ("from", "to"), ("valid_from", "valid_to"),
    ("order", "ship"), ("order", "shipped"), ("ordered", "shipped"), ("order", "due"), ("created", "closed"),
    ("order", "required"), ("invoice", "due"), ("opened", "closed"), ("rental", "return"), ("check_in", "check_out"),
    ("hire", "termination"), ("created", "deleted"), ("birth", "hire"), ("signup", "churn"),
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A rule with the tests that count the rows that break it; `rejects` is false for what is only worth a warning."""

    rule: Rule
    tests: list[Test]
    rejects: bool = True


def is_stamp(made: Field) -> bool:
    """Whether the field says when the row was written: an import writes it anew."""
    return made.group == "dates" and bool(_STAMP.fullmatch(made.name))


def candidates(proposed: Proposed) -> list[Candidate]:
    """The rules to try on the table."""
    found: list[Candidate] = []
    for made in proposed.fields:
        column = proposed.column(made.origin)
        found += _of_numbers(made, column) + _of_dates(made, column)
    found += _of_pairs(proposed)
    for check in proposed.table.checks:
        rule = of_check(check, proposed)
        if rule:
            found.append(Candidate(rule, [Test("breaks", check=check.sql)]))
        else:
            proposed.asks.append(f"the source's check {check.name} can't be said here: {check.sql}")
    return _once(found)


def _of_numbers(made: Field, column: Column) -> list[Candidate]:
    if made.group != "numerics" or not _AMOUNT.fullmatch(made.name) or _SIGNED.fullmatch(made.name):
        return []
    rule = Rule(f"{made.name} is negative", f"{made.name} < 0")
    return [Candidate(rule, [Test("negative", (column.name,), kind="numeric")])]


def _of_dates(made: Field, column: Column) -> list[Candidate]:
    if made.type not in {"date", "timestamp with time zone", "timestamp without time zone"}:
        return []
    kind, format_ = ("date" if made.type == "date" else "timestamp"), _format(made)
    early, late = f"{made.name} < '1900-01-01'", f"{made.name} > _as_of + interval '1 day'"
    tests = [Test("before", (column.name,), "1900-01-01", kind, format_)]  # type: ignore[arg-type]
    if not _PAST.fullmatch(made.name):
        return [Candidate(Rule(f"{made.name} is before 1900", early), tests)]
    tests.append(Test("after", (column.name,), "tomorrow", kind, format_))  # type: ignore[arg-type]
    return [Candidate(Rule(f"{made.name} is before 1900 or in the future", f"{early} or {late}"), tests)]


def _of_pairs(proposed: Proposed) -> list[Candidate]:
    """Two dates of which one comes first, by their names: worth a warning, never a rejection."""
    dates = {re.sub(r"_?(date|at|on|time|ts)$", "", each.name): each for each in proposed.fields
             if each.type in {"date", "timestamp with time zone"}}  # fmt: skip
    found = []
    for first, second in _PAIRS:
        one, other = dates.get(first), dates.get(second)
        if one and other and one.type == other.type and (one.type == "date" or _format(one) == _format(other)):
            rule = Rule(f"{other.name} is before {one.name}", f"{other.name} < {one.name}")
            kind = "date" if one.type == "date" else "timestamp"
            test = Test("reversed", (one.origin, other.origin), kind=kind, format=_format(one))  # type: ignore[arg-type]
            found.append(Candidate(rule, [test], rejects=False))
    return found


def of_check(check: Check, proposed: Proposed) -> Rule | None:
    """The check as a rule over the model's columns; None where it says more than a model can."""
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(check.sql, dialect="postgres")
    except sqlglot.errors.SqlglotError:
        return None
    zoned = 0
    columns = list(tree.find_all(exp.Column))
    for column in columns:
        made = proposed.field_of(str(column.this.name)) or proposed.field_of(column.name.lower())
        if made is None:
            return None
        zoned += made.type == "timestamp with time zone"
        column.set("this", exp.to_identifier(made.name))
        column.set("table", None)
    if zoned and (zoned < len(columns) or tree.find(exp.Literal)):  # these had no zone at the source
        return None
    known = (exp.Lower, exp.Upper, exp.Length, exp.Abs, exp.Coalesce, exp.Trim, exp.Any, exp.Array, exp.Cast,
             exp.And, exp.Or, exp.Extract, exp.RegexpLike, exp.Connector)  # fmt: skip
    if any(not isinstance(each, known) for each in tree.find_all(exp.Func)) or tree.find(exp.Subquery):
        return None
    if any(cast.to.this == exp.DType.USERDEFINED for cast in tree.find_all(exp.Cast)):
        return None
    for _ in range(3):  # what a step lays bare is for the next one
        tree = tree.transform(_plain)  # type: ignore[assignment]
    return _worded(tree)


def _plain(node: object) -> object:
    """Without the casts and parentheses that the catalog puts around values and columns."""
    from sqlglot import exp

    while isinstance(node, exp.Cast | exp.Paren):
        inner = node.this
        while isinstance(inner, exp.Paren):
            inner = inner.this
        if isinstance(inner, exp.Literal | exp.Column | exp.Array | exp.Cast) or isinstance(node.parent, exp.Any):
            node = inner
        else:
            break
    if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any):
        array = node.expression.find(exp.Array)
        if array:
            return exp.In(this=node.this, expressions=array.expressions)
    return node


def _worded(tree: object) -> Rule:
    """The rule with a reason that a person understands."""
    from sqlglot import exp

    assert isinstance(tree, exp.Expression)
    while isinstance(tree, exp.Paren):
        tree = tree.this
    left, right = getattr(tree, "this", None), getattr(tree, "expression", None)
    if isinstance(left, exp.Column) and isinstance(right, exp.Literal) and not right.is_string and right.name == "0":
        if isinstance(tree, exp.GTE):
            return Rule(f"{left.name} is negative", f"{_sql(left)} < 0")
        if isinstance(tree, exp.GT):
            return Rule(f"{left.name} is not positive", f"{_sql(left)} <= 0")
    if isinstance(tree, exp.In) and isinstance(left, exp.Column):
        values = ", ".join(each.sql(dialect="postgres") for each in tree.expressions)
        return Rule(f"{left.name} is unknown", f"{_sql(left)} not in ({values})")
    if isinstance(tree, exp.And) and isinstance(left, exp.GTE | exp.Paren) and isinstance(right, exp.LTE | exp.Paren):
        low, high = left.unnest(), right.unnest()
        same = isinstance(low.this, exp.Column) and low.this == high.this
        if same and isinstance(low, exp.GTE) and isinstance(high, exp.LTE):
            span = f"{_sql(low.expression)} and {_sql(high.expression)}"
            return Rule(f"{low.this.name} is not between {span}", f"{_sql(low.this)} not between {span}")
    said = _sql(tree).replace(";", ",")
    short = said if len(said) <= 60 else "a check of the source"
    return Rule(f"does not hold: {short}", f"not ({_sql(tree)})")


def _sql(tree: object) -> str:
    from sqlglot import exp

    assert isinstance(tree, exp.Expression)
    made = tree.sql(dialect="postgres", normalize_functions="lower")
    # keywords in lower case, as the linter wants them; texts and quoted names as they are
    return re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"|[A-Z]+", lambda m: m[0] if m[0][0] in "'\"" else m[0].lower(), made)


def _format(made: Field) -> str:
    found = re.search(r"format='((?:[^'\\]|\\.)*)'", made.sql)
    return found[1] if found else ""


def _once(found: list[Candidate]) -> list[Candidate]:
    """One candidate per reason: a check of the catalog may say what a rule by name says."""
    kept: dict[str, Candidate] = {}
    for each in sorted(found, key=lambda each: each.tests[0].what != "breaks"):
        kept.setdefault(each.rule.reason, each)
    names = {each.rule.predicate.split()[0] for each in kept.values() if each.rule.reason.endswith("is not positive")}
    return [each for each in kept.values()
            if not (each.rule.reason.endswith("is negative") and each.rule.predicate.split()[0] in names)]  # fmt: skip
