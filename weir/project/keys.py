"""The keys that a source file may hold: dbt's own beside `config`, ours under `config.meta`.

In: an entry of a source file. Out: nothing, or a WeirError that names file, source, table and key. A key that nothing
reads would be passed over in silence, and with it what it was to say: `exclude` beside `config`, for example.
"""

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from weir.core.errors import WeirError

# A test compares both with dbt's own classes.
SOURCE = {
    "config", "data_tests", "database", "description", "freshness", "loaded_at_field", "loaded_at_query", "loader",
    "meta", "name", "overrides", "quoting", "schema", "tables", "tags", "tests", "unrendered_database",
    "unrendered_schema",
}  # fmt: skip
TABLE = {
    "columns", "config", "constraints", "data_tests", "data_type", "description", "docs", "external", "freshness",
    "identifier", "loaded_at_field", "loaded_at_query", "meta", "name", "quoting", "tags", "tests",
}  # fmt: skip
CONFIG = {
    "docs", "enabled", "event_time", "freshness", "loaded_at_field", "loaded_at_query", "meta", "quoting", "schema",
    "static_analysis", "tags",
}  # fmt: skip


def check_keys(entry: Mapping[str, Any], known: Collection[str], ours: Collection[str], at: str) -> None:
    """Raise WeirError for a key of the entry, or of its `config`, that dbt does not know; `ours` stand under meta."""
    config = entry.get("config")
    for keys, fits, where in (
        (entry, known, ""),
        (config if isinstance(config, Mapping) else {}, CONFIG, "config."),
    ):
        for name in map(str, keys):
            if name.removeprefix("+") in fits:
                continue
            if name in ours:
                raise WeirError(
                    f"{at}: {where}{name} is read under config.meta only: write `config: {{meta: {{{name}: …}}}}`"
                )
            close = difflib.get_close_matches(name, [*fits, *ours], 1, 0.7)
            hint = f"did you mean {close[0]!r}?" if close else "keys of your own stand under config.meta.custom"
            raise WeirError(f"{at}: there is no key {where}{name}: {hint}")
