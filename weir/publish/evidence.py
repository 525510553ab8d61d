"""Evidence that a set may be published: it was built whole, dbt's tests held, and then the gate passed, in one run.

In: `ops.builds`, `ops.gates`. Out: the newest build; the digests of the marts that the gate judged, or one line that
says what is missing.
"""

from dataclasses import astuple, dataclass, field, fields
from datetime import date
from typing import Any

import psycopg

from weir.core.errors import Told


@dataclass(frozen=True)
class Build:
    """A build of analytics_next as `ops.builds` has it.

    `unit_tests` is the digest of code whose unit tests passed, `marked` that of code whose marts have every mark of
    personal data that they need.
    """

    run_id: str
    passed: bool
    sentence: str
    whole: bool = True
    why: str = ""
    code: str = ""
    as_of_date: date | None = None
    barred: list[str] = field(default_factory=list)
    unit_tests: str | None = None
    marked: str | None = None


def record(connection: psycopg.Connection, build: Build) -> None:
    """Write the build down, in place of what was written down of the same run; the caller commits."""
    connection.execute(_RECORD, astuple(build))


def last_build(connection: psycopg.Connection) -> Build | None:
    """The newest build of analytics_next; None where nothing was built yet."""
    row = connection.execute(f"select {_COLUMNS} from ops.builds order by recorded_at desc limit 1").fetchone()
    return Build(*row) if row else None


def unit_tests_passed(connection: psycopg.Connection, digest: str) -> bool:
    """Whether every unit test of the project has passed with the code of this digest."""
    row = connection.execute("select exists (select from ops.builds where unit_tests = %s)", [digest]).fetchone()
    return row == (True,)


def is_marked(connection: psycopg.Connection, digest: str) -> bool:
    """Whether the marts of the code of this digest were found to have every mark of personal data they need."""
    row = connection.execute("select exists (select from ops.builds where marked = %s)", [digest]).fetchone()
    return row == (True,)


def published_by(connection: psycopg.Connection) -> str | None:
    """The run that made the newest publication, whether it was taken back or not; None where there is none."""
    row = connection.execute("select run_id from ops.publications order by publication_id desc limit 1").fetchone()
    return str(row[0]) if row else None


def judged(connection: psycopg.Connection, run_id: str) -> dict[str, Any]:
    """The digest of each mart of the newest build, by name, as the gate judged it.

    Raises WeirError unless this run made the newest build, a whole set, its tests held, and its marts gate then passed.
    """
    build = last_build(connection)
    if build and build.passed and not build.whole:
        raise Told(f"nothing is published, for {build.sentence}: `weir build` builds the whole set")
    if not build or build.run_id != run_id:
        raise Told("nothing is published, for this run did not build the newest set: type `weir build` first")
    if not build.passed:
        raise Told(f"nothing is published, for the build or its tests failed: {build.sentence}")
    gate = _newest_gate(connection, run_id)
    if not gate:
        raise Told("nothing is published, for the set was not checked since it was built: type `weir check marts`")
    passed, sentence, results = gate
    if not passed:
        failures = results.get("failures") or []
        names = " ".join(f'--accept "{each["id"]}"' for each in failures if not each["accepted"])
        way = f"; to live with that: weir check marts {names}, then weir publish" if names else ""
        raise Told(f"nothing is published, for the gate failed: {sentence}{way}")
    digests: dict[str, Any] = results.get("digests") or {}
    return digests


def _newest_gate(connection: psycopg.Connection, run_id: str) -> tuple[bool, str, dict[str, Any]] | None:
    """(passed, sentence, results) of gate marts, which judged the build of the run since it ended."""
    row = connection.execute(
        "select gates.passed, coalesce(gates.sentence, ''), coalesce(gates.results, '{}') "
        "from ops.gates inner join ops.builds using (run_id) "
        "where gate = 'marts' and run_id = %s and checked_at >= recorded_at order by checked_at desc limit 1",
        [run_id],
    ).fetchone()
    return (bool(row[0]), str(row[1]), row[2]) if row else None


_COLUMNS = ", ".join(column.name for column in fields(Build))
_PLACES = ", ".join("%s" for _ in fields(Build))
_RECORD = f"""
insert into ops.builds ({_COLUMNS}) values ({_PLACES})
on conflict (run_id) do update set
    recorded_at = clock_timestamp(), passed = excluded.passed, sentence = excluded.sentence, whole = excluded.whole,
    why = excluded.why, code = excluded.code, as_of_date = excluded.as_of_date, barred = excluded.barred,
    unit_tests = excluded.unit_tests, marked = excluded.marked"""
