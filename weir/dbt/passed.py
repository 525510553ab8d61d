"""The unit tests that have passed already: with this code, and with the columns of what their models read.

In: the code's digest, and the relations that each unit test's model reads. Out: which tests pass again if they run.
A unit test's rows are cast to the columns that the warehouse has: a new column of one source is no reason to run the
tests of all others.
"""

import hashlib
from collections.abc import Collection, Mapping

from weir import warehouse
from weir.dbt import kept_files


class Passed:
    """The record of passed unit tests; `relations` names, by test, the relations that its model reads."""

    def __init__(self, code: str, relations: Mapping[str, Collection[str]]) -> None:
        self._code, self._relations = code, relations
        self._kept = kept_files.read(_NAME)
        self._now: dict[str, str] = {}

    def standing(self, tests: Collection[str]) -> set[str]:
        """Pick the tests whose relations are all in the warehouse."""
        columns = self._columns(tests)
        return {test for test in tests if all(columns[name] for name in self._relations.get(test, ()))}

    def among(self, tests: Collection[str]) -> set[str]:
        """Pick the tests that have passed before; the relations that they read must be built."""
        columns = self._columns(tests)
        for test in tests:
            told = [self._code, *(f"{name} {columns[name]}" for name in sorted(self._relations.get(test, ())))]
            self._now[test] = hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]
        return {test for test in tests if self._kept.get(test) == self._now[test]}

    def _columns(self, tests: Collection[str]) -> dict[str, str]:
        """A digest of the columns of each relation that the tests read; empty where it is not there."""
        names = sorted({name for test in tests for name in self._relations.get(test, ())})
        with warehouse.connect() as connection:
            return dict(connection.execute(_COLUMNS, [names]).fetchall())

    def keep(self, tests: Collection[str]) -> None:
        """Keep that the tests have passed; `among` was asked of them before they ran."""
        self._kept |= {test: self._now[test] for test in tests}
        kept_files.write(_NAME, {test: self._kept[test] for test in self._relations if test in self._kept})


_NAME = "unit_tests"
_COLUMNS = """
select name, coalesce(md5(string_agg(
    concat_ws(' ', attname, format_type(atttypid, atttypmod)), ', ' order by attnum
) filter (where attname is not null)), '')
from unnest(%s::text[]) as name
left join pg_attribute on attrelid = to_regclass(name) and attnum > 0 and not attisdropped
group by name"""
