"""What builds keep in dbt's folder of the home, so that it need not be made again; losing it costs time alone."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from weir.core.settings import home


def read(name: str) -> dict[str, Any]:
    """What was kept by this name; empty where nothing was, or nothing that can be read."""
    try:
        told = json.loads(_file(name).read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def write(name: str, told: Mapping[str, Any]) -> None:
    """Keep this by the name; a full disk is no reason for a build to fail."""
    with suppress(OSError):
        _file(name).write_text(json.dumps(told))


def _file(name: str) -> Path:
    return home() / "target" / f"{name}.json"
