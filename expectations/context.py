"""Great Expectations, set up once per process: a context in memory, with the warehouse as its data source.

In: rules, a table or a query, parameters. Out: Great Expectations' own result. The connection string is a template that
names an environment variable, so that no secret is written to disk.
"""

import functools
import logging
import os
import uuid
from collections.abc import Collection, Sequence
from typing import Any

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.data_context import EphemeralDataContext
from great_expectations.datasource.fluent import PostgresDatasource

from expectations.rules import Rule

HIDDEN = "‹personal›"
_VALUES = {"observed_value", "partial_unexpected_list", "partial_unexpected_counts", "partial_unexpected_index_list"}
# For rules with few failing rows alone: measures of tables, and queries that return one row of totals.
_COMPLETE: dict[str, Any] = {"result_format": "COMPLETE", "include_unexpected_rows": False}


@functools.cache
def _open(url: str) -> tuple[EphemeralDataContext, PostgresDatasource]:
    for name in ("great_expectations", "great_expectations.checkpoint"):
        logging.getLogger(name).setLevel(logging.ERROR)
    os.environ["WEIR_GX_URL"] = url
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    # Each asset would write the whole configuration, with all assets before it, as YAML that nobody reads.
    context.variables.save = lambda: None  # type: ignore[method-assign]
    return context, context.data_sources.add_postgres("warehouse", connection_string="${WEIR_GX_URL}")


def validate(
    name: str,
    rules: Sequence[Rule],
    *,
    table: tuple[str, str] | None = None,
    query: str | None = None,
    parameters: dict[str, Any] | None = None,
    identified_by: str | None = None,
    personal: Collection[str] = (),
) -> ExpectationSuiteValidationResult:
    """Judge a table (schema, name), or the rows of a query of the warehouse, by the rules.

    Of the columns that are `personal` the result holds no value.
    """
    from weir import warehouse

    context, source = _open(warehouse.url_of().replace("postgresql://", "postgresql+psycopg2://", 1))
    unique = f"{name} {uuid.uuid4().hex[:8]}"
    asset: Any
    if table:
        quoted = table[1] if table[1].islower() else f'"{table[1]}"'  # unquoted it would be folded to lower case
        asset = source.add_table_asset(unique, table_name=quoted, schema_name=table[0])
    else:
        asset = source.add_query_asset(unique, query=query or "")
    suite = context.suites.add(gx.ExpectationSuite(name=unique, expectations=[rule.configured() for rule in rules]))
    batch = asset.add_batch_definition_whole_table("all")
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=unique, data=batch, suite=suite))
    form: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0 if personal else 3}
    if identified_by or all(rule.is_query for rule in rules):
        form = _COMPLETE | ({"unexpected_index_column_names": [identified_by]} if identified_by else {})
    result = definition.run(result_format=form, expectation_parameters=parameters or {})
    result.meta["validation_name"] = name  # type: ignore[typeddict-unknown-key]
    for outcome in result.results if personal else ():
        _hide(outcome, personal)
    return result


def _hide(outcome: Any, personal: Collection[str]) -> None:
    """Take the values of personal columns out of the result of one expectation."""
    kwargs = outcome.expectation_config.kwargs if outcome.expectation_config else {}
    if kwargs.get("column") in personal:
        for name in _VALUES & set(outcome.result):
            outcome.result[name] = HIDDEN if name == "observed_value" else []
    for row in (outcome.result.get("details") or {}).get("unexpected_rows") or []:
        row.update(dict.fromkeys(set(row) & set(personal), HIDDEN))


def failures(
    result: ExpectationSuiteValidationResult, rules: Sequence[Rule], parameters: dict[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    """Each rule that failed, with the values for its sentence; one entry per failing row where the rows are known."""
    found: list[tuple[str, dict[str, Any]]] = []
    for outcome in result.results:
        if outcome.success:
            continue
        name = (outcome.expectation_config.meta or {}).get("rule", "") if outcome.expectation_config else ""
        detail: Any = outcome.to_json_dict()["result"]
        values = {**parameters, "observed": detail.get("observed_value"), "count": detail.get("unexpected_count")}
        rows = detail.get("unexpected_index_list") or (detail.get("details") or {}).get("unexpected_rows") or []
        if not detail:
            values["error"] = _error(outcome)
        found.extend((name, {**values, **row}) for row in (rows or [{}]))
    return found


def _error(outcome: Any) -> str:
    information = outcome.exception_info or {}
    first = information if "exception_message" in information else next(iter(information.values()), {})
    return " ".join(str(first.get("exception_message") or "it can't be computed").split())[:200]
