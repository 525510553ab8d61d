"""The suite of gate raw: compares the rows that landed with what landed before.

In: one row of measures per table of the source (limits/arrivals.py), each number beside its limit; a number without a
limit is not judged. Out: the rules that failed, by table. The same suite serves every source.
"""

import great_expectations.expectations as gxe

from expectations.rules import Rule
from weir.core.causes import Cause


def _at_most(column: str) -> gxe.ExpectColumnPairValuesAToBeGreaterThanB:
    """The expectation that `column` is not above the limit beside it; without a limit it holds."""
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=f"{column}_at_most", column_B=column, or_equal=True, ignore_row_if="either_value_is_missing"
    )


RAW = (
    Rule(
        "columns",
        gxe.ExpectColumnValuesToBeNull(column="missing_columns"),
        "{table_name} no longer has these declared columns: {missing_columns}",
        cause=Cause.COLUMNS_MISSING,
        rows="rows_landed",
    ),
    Rule(
        "volume",
        _at_most("rows_landed"),
        "{table_name} landed {rows_landed} rows, more than ten times what is usual for the time passed "
        "(at most {rows_landed_at_most} expected)",
        cause=Cause.ARRIVALS_UNUSUAL,
        rows="rows_landed",
    ),
    Rule(
        "deletes",
        _at_most("rows_deleted"),
        "{table_name} lost {rows_deleted} rows at the source, at least half of the {rows_before} it had",
        cause=Cause.MANY_DELETED,
        rows="rows_deleted",
    ),
    Rule(
        "growth",
        _at_most("rows_there"),
        "{table_name} has {rows_there} rows at the source, twice the {rows_before} it had, or more",
        warns=True,
        cause=Cause.ARRIVALS_GROWN,
        rows="rows_there",
    ),
    Rule(
        "empty keys",
        _at_most("null_keys"),
        "{table_name} landed {null_keys} rows without a key, of {rows_landed}; at most {null_keys_at_most} expected",
        cause=Cause.ROWS_WITHOUT_KEY,
        rows="null_keys",
    ),
    Rule(
        "empty cursors",
        _at_most("null_cursors"),
        "{table_name} landed {null_cursors} rows with an empty cursor, of {rows_landed}; "
        "at most {null_cursors_at_most} expected",
        cause=Cause.ROWS_WITHOUT_KEY,
        rows="null_cursors",
    ),
    Rule(
        "unreadable",
        _at_most("unreadable"),
        "{table_name} landed {unreadable} rows that can't be read, of {rows_landed}; "
        "at most {unreadable_at_most} expected",
        cause=Cause.LINES_UNREADABLE,
        rows="unreadable",
    ),
    Rule(
        "freshness",
        _at_most("days_old"),
        "the newest row is {days_old} days old (in {table_name}), where at most {days_old_at_most} were usual",
        cause=Cause.ARRIVALS_OLD,
    ),
    Rule(
        "silence",
        _at_most("days_silent"),
        "the source has brought nothing new for {days_silent} days, where at most {days_silent_at_most} were usual",
        warns=True,
        cause=Cause.SOURCE_SILENT,
    ),
    Rule(
        "unlike before",
        gxe.ExpectColumnValuesToBeNull(column="unlike"),
        "the new rows of {table_name} are unlike those before: {unlike}",
        warns=True,
        cause=Cause.ARRIVALS_UNLIKE,
        rows="rows_landed",
    ),
)
