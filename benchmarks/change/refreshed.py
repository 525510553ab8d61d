"""Makes everything anew from raw beside production, in dbt's target dev, and compares the two.

In: the home that the environment names. Out: the seconds, and how many models are equal: every batched model and every
mart, by the digest of `weir/publish/verify.py`. Raises SystemExit, with their names, where some are not.
"""

import json
from typing import Any

from benchmarks.measure import measure
from weir import warehouse
from weir.core.settings import home
from weir.publish.verify import digest_of

_PREFIX = "dev_"


def refresh() -> tuple[float, int]:
    """Build everything in dev by a full refresh; returns its seconds and the number of equal models."""
    command = ["dbt", "build", "--full-refresh", "--exclude-resource-type", "unit_test"]
    seconds = measure(command, env={"DBT_DEV_PREFIX": _PREFIX}).seconds
    names, different = _compared(), []
    with warehouse.connect(warehouse.Role.OWNER, autocommit=True) as connection:
        for schema, name in names:
            ours = digest_of(connection, "analytics_next" if schema == "analytics" else schema, name)
            fresh = digest_of(connection, _PREFIX + schema, name)
            if ours is None or ours != fresh:
                different.append(f"{name}: {_told(ours)} built up, {_told(fresh)} made anew")
    if different:
        raise SystemExit("a full refresh gives other rows:\n" + "\n".join(different))
    return seconds, len(names)


def _compared() -> list[tuple[str, str]]:
    """Schema (without prefix) and name of every batched model and every mart."""
    nodes = json.loads((home() / "target" / "dev" / "manifest.json").read_text())["nodes"].values()
    return sorted(
        (node["schema"].removeprefix(_PREFIX), node["name"])
        for node in nodes
        if node["resource_type"] == "model"
        and (node["config"]["materialized"] == "batched" or node["schema"] == f"{_PREFIX}analytics")
    )


def _told(digest: Any) -> str:
    return "no table" if digest is None else f"{digest['rows']:,} rows with digest {digest['sum']}"
