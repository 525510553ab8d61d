"""Which nodes of the project read the clock, so that they give another answer on another day though no row is new.

In: dbt's manifest of target prod. Out: their names, as dbt selects them.
"""

import json
import re
from pathlib import Path
from typing import Any

from weir.project.marts import manifest_path

_CLOCK = ".as_of_text"  # the macro, in whatever project
# Ways to the clock that need no macro of Weir's.
_WORDS = re.compile(
    r"""['"]as_of['"]|WEIR_AS_OF|run_started_at|current_date|current_timestamp|localtimestamp|\bnow\s*\(|modules\.datetime""",
    re.IGNORECASE,
)
# In what is given to a test of dbt: a column may be called as_of there.
_GIVEN = re.compile(r"\bas_of(_date|_text)?\s*\(|current_(date|timestamp)|localtimestamp|\bnow\s*\(", re.IGNORECASE)


def readers(manifest: Path | None = None) -> list[str]:
    """The models, tests and snapshots that read the clock; a staged model does not, for its clock is that of each load.

    Raises OSError or ValueError where there is no manifest, or a damaged one.
    """
    found: dict[str, Any] = json.loads((manifest or manifest_path()).read_text())
    macros = found["macros"]
    known: dict[str, bool] = {}

    def reads(name: str) -> bool:
        if name not in known:
            known[name] = False  # a macro that calls itself
            below = macros.get(name, {}).get("depends_on", {}).get("macros", [])
            known[name] = name.endswith(_CLOCK) or any(reads(each) for each in below)
        return known[name]

    return sorted(
        node["name"]
        for node in found["nodes"].values()
        if node["resource_type"] != "analysis"
        and node["config"].get("materialized") != "staged"
        and (
            any(reads(each) for each in node["depends_on"].get("macros", []))
            or _WORDS.search(node.get("raw_code") or "")
            or _GIVEN.search(json.dumps((node.get("test_metadata") or {}).get("kwargs") or {}))
        )
    )
