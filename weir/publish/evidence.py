"""Evidence that a set may be published: it was built, dbt's tests held, and then the gate passed, in one run.

In: `ops.gates`. Out: the digests of the marts that the gate judged, or one line that says what is missing.
"""

from typing import Any

import psycopg

from weir.core.errors import WeirError


def record_build(connection: psycopg.Connection, run_id: str, passed: bool, sentence: str) -> None:
    """Write down how the build of analytics_next ended, its tests included; the caller commits."""
    connection.execute(
        "insert into ops.gates (run_id, gate, scope, passed, sentence) values (%s, 'build', 'marts', %s, %s)",
        [run_id, passed, sentence],
    )


def last_build(connection: psycopg.Connection) -> str | None:
    """The run that built analytics_next last."""
    query = "select run_id from ops.gates where gate = 'build' order by checked_at desc limit 1"
    row = connection.execute(query).fetchone()
    return str(row[0]) if row else None


def judged(connection: psycopg.Connection, run_id: str) -> dict[str, Any]:
    """The digest of each mart of the newest build, by name, as the gate judged it.

    Raises WeirError unless this run made the newest build, its tests held, and its marts gate then passed.
    """
    query = (
        "select passed, coalesce(sentence, ''), checked_at, coalesce(run_id, ''), results from ops.gates "
        "where gate = %s and (%s or run_id = %s) order by checked_at desc limit 1"
    )
    build = connection.execute(query, ["build", True, run_id]).fetchone()
    gate = connection.execute(query, ["marts", False, run_id]).fetchone()
    if not build or build[3] != run_id:
        raise WeirError("nothing is published, for this run did not build the newest set: type `weir build` first")
    if not build[0]:
        raise WeirError(f"nothing is published, for the build or its tests failed: {build[1]}")
    if not gate or gate[2] < build[2]:
        raise WeirError("nothing is published, for the set was not checked since it was built: type `weir check marts`")
    if not gate[0]:
        failures = (gate[4] or {}).get("failures") or []
        names = " ".join(f'--accept "{each["id"]}"' for each in failures if not each["accepted"])
        way = f"; to live with that: weir check marts {names}, then weir publish" if names else ""
        raise WeirError(f"nothing is published, for the gate failed: {gate[1]}{way}")
    digests: dict[str, Any] = (gate[4] or {}).get("digests") or {}
    return digests
