"""The gates: judge a scope by its suites, record the verdict, and name each failure.

In: raw (gate raw, per source) or analytics_next (gate marts). Out: a row of `ops.gates`, pages of Data Docs, and one
GateResult per scope. A failure has an id such as `marts: churn_features: too few rows`; a run may accept it by that id,
or by the beginning of the id. Alone: `weir check`.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from weir import warehouse
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.settings import as_of, project_dir


@dataclass(frozen=True)
class Failure:
    """A rule that failed: its id, and a sentence that says what failed, where, by how much, against what."""

    id: str
    sentence: str
    accepted: bool = False
    warns: bool = False  # it is told, and stops nothing
    cause: Cause = Cause.MART_UNUSUAL
    item: str = ""  # the table, the staging model or the mart that it is about; empty where it is the whole scope
    rows: int | None = None  # how many rows are concerned, where that is known


@dataclass(frozen=True)
class GateResult:
    """The verdict on one scope, which is a source's name or 'marts'."""

    gate: str
    scope: str
    passed: bool
    sentence: str
    failures: tuple[Failure, ...] = field(default=())
    page: str = ""
    warnings: tuple[str, ...] = field(default=())  # what stops nothing; values stand in it, so that it is not recorded


def check_gate(
    gate: str,
    run_id: str,
    scope: list[str] | None = None,
    *,
    moment: datetime | None = None,
    accept: Collection[str] = (),
) -> list[GateResult]:
    """Judge the sources of the scope, or all (gate raw), or the set in analytics_next (gate marts); record the verdict.

    `accept` holds the ids, or beginnings of ids, of failures that this run accepts. Raises WeirError when there is
    nothing to judge or no such gate.
    """
    from expectations import pages
    from expectations.limits.rejecting import warnings

    told: list[str] = []
    opened: Any = warehouse.connect(row_factory=dict_row)
    with opened as connection:
        connection.execute(_STAGED)
        if gate == "raw":
            judged = _raw(connection, run_id, scope, moment or as_of())
        elif gate == "marts":
            judged = [_marts(connection)]
            told = warnings(connection)
        else:
            raise WeirError(f"there is no gate {gate!r}: it is raw or marts")
        results = []
        for where, failures, record, outcomes in judged:
            settled = [replace(f, accepted=f.warns or _accepted(f.id, accept)) for f in failures]
            page = pages.write(run_id, gate, where, outcomes)
            results.append(_verdict(gate, where, settled, page, told))
            record |= {"failures": [asdict(failure) for failure in settled], "page": page}
            verdict = [run_id, gate, where, results[-1].passed, results[-1].sentence, json.dumps(record, default=str)]
            connection.execute(_INSERT, verdict)
        connection.commit()
        pages.index(connection)
    return results


def _raw(
    connection: psycopg.Connection[dict[str, Any]], run_id: str, scope: list[str] | None, moment: datetime
) -> list[Any]:
    """For each source its name, its failures, the record for `ops.gates`, and Great Expectations' results."""
    from expectations.context import validate
    from expectations.limits.arrivals import measure
    from expectations.suites.raw import RAW
    from weir.ledger.found import with_found
    from weir.project.sources import read_plan

    judged = []
    for declared in read_plan(project_dir()).pick(scope, None):
        source = with_found(connection, declared)
        if not source.tables and source.choice:
            continue  # nothing of it has landed yet
        measures = measure(connection, source, run_id, moment)
        outcome = validate(
            f"raw {source.name}", RAW, query=_values(connection, measures["tables"]), identified_by="table_name"
        )
        failures = _failures(f"raw {source.name}", outcome, RAW, {}, measures["tables"])
        judged.append((source.name, failures, measures, [outcome]))
    return judged


def _marts(connection: psycopg.Connection[dict[str, Any]]) -> Any:
    """For the set in analytics_next its failures, the record for `ops.gates`, and Great Expectations' results."""
    from expectations.batched import look, parts, signed
    from expectations.context import validate
    from expectations.limits.published import parameters, rejections
    from expectations.limits.rejecting import known_reasons
    from expectations.limits.shares import shares
    from expectations.on_spark import answered
    from expectations.suites.marts import EVERY, MEANS, REJECTIONS, SHARES, SUITES
    from weir.project.marts import NEXT, marts
    from weir.publish.digests import digest_of

    found = marts()
    rules = answered(connection, {mart.name: (*EVERY, *SUITES.get(mart.name, ())) for mart in found})
    with warehouse.connect() as before:  # publication finds what changes after these digests
        sights = {mart.name: look(before, mart, rules[mart.name], MEANS.get(mart.name, {})) for mart in found}
        digests = {name: sight.digest if sight else digest_of(before, NEXT, name) for name, sight in sights.items()}
    failures, outcomes, seen, clean = [], [], {}, {}
    for mart in found:
        sight, name = sights[mart.name], mart.name
        if not digests[name]:
            raise WeirError(f"{NEXT}.{name} was not built: type `weir build` first")
        known = seen[name] = parameters(connection, mart, sight.published if sight else None)
        failed: list[Failure] = []
        for title, part, what in parts(mart, rules[name], sight):
            outcome = validate(title, part, **what, parameters=known, personal=mart.personal)
            failed += _failures(f"marts: {name}", outcome, part, {**known, "mart": name})
            outcomes.append(outcome)
        failures += failed
        if sight and not {failure.id for failure in failed} & {
            f"marts: {name}: {r.name}" for r in rules[name] if r.by_row
        }:
            clean[name] = signed(rules[name])
    rejected, waiting = rejections(connection), shares(connection)
    for name, suite, rows in (("rejected rows", REJECTIONS, rejected), ("waiting rows", SHARES, waiting)):
        if rows:
            query = _values(connection, rows)
            outcome = validate(f"marts {name}", suite, query=query, identified_by="model")
            failures += _failures("marts", outcome, suite, {}, rows)
            outcomes.append(outcome)
    record = {
        "marts": seen,
        "rejections": rejected,
        "waiting": waiting,
        "digests": digests,
        "judged": clean,
        "reasons": known_reasons(connection),
    }
    return "marts", failures, record, outcomes


def _failures(
    where: str, outcome: Any, rules: Any, parameters: dict[str, Any], rows: Sequence[dict[str, Any]] = ()
) -> list[Failure]:
    from expectations.context import failures

    by_name = {rule.name: rule for rule in rules}
    found = []
    for name, values in failures(outcome, rules, parameters):
        item = values.get("table_name") or values.get("model")
        values |= next((row for row in rows if item in (row.get("table_name"), row.get("model"))), {}) if item else {}
        place = f"{where}: {item}" if item else where
        text = by_name[name].sentence(values)
        if "error" in values:
            text = f"{values.get('mart', where)}: the rule “{name}” can't be judged ({values['error']})"
        rule, count = by_name[name], values.get(by_name[name].rows)
        found.append(
            Failure(
                f"{place}: {name}",
                text,
                warns=rule.warns,
                cause=Cause.GATE_BROKEN if "error" in values else rule.cause,
                item=str(item or values.get("mart") or ""),
                rows=int(count) if isinstance(count, (int, float, Decimal)) else None,
            )
        )
    return found


def _verdict(gate: str, where: str, failures: list[Failure], page: str, told: list[str]) -> GateResult:
    name = "gate marts" if gate == "marts" else f"gate raw {where}"
    open_ = [failure for failure in failures if not failure.accepted]
    if open_:
        more = f" (and {len(open_) - 1} more)" if len(open_) > 1 else ""
        sentence = f"{name}: {open_[0].sentence}{more}"
    else:
        said = [f"; {'warning' if failure.warns else 'accepted'}: {failure.sentence}" for failure in failures]
        sentence = f"{name}: passed" + "".join(said)
    return GateResult(gate, where, not open_, sentence, tuple(failures), page, tuple(told))


def _accepted(identifier: str, accept: Collection[str]) -> bool:
    return any(word.strip() and identifier.lower().startswith(word.strip().lower()) for word in accept)


def _values(connection: psycopg.Connection[dict[str, Any]], rows: list[dict[str, Any]]) -> str:
    """The query that gives these rows without a table."""
    text = {"table_name", "missing_columns", "newest", "model", "usual", "unlike"}
    text |= {"table_at", "share", "allowed", "top"}
    names = list(rows[0])
    literal = psycopg.ClientCursor(connection)

    def cell(name: str, value: Any) -> str:
        return literal.mogrify("%s", [value]).replace("%", "%%") + ("::text" if name in text else "::numeric")

    lines = ", ".join("(" + ", ".join(cell(name, row[name]) for name in names) + ")" for row in rows)
    return f"select * from (values {lines}) as measures ({', '.join(names)})"


# The loads that staging has taken.
_STAGED = """
create temporary table staged on commit drop as select distinct source, table_name, load_id from ops.ledger"""
_INSERT = "insert into ops.gates (run_id, gate, scope, passed, sentence, results) values (%s, %s, %s, %s, %s, %s)"
