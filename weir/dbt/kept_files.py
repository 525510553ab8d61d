"""Files that builds keep in dbt's folder of the home, to spare later ones the work; losing them costs time alone."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from weir.core.settings import home


def read(name: str) -> dict[str, Any]:
    """Read the file that was kept by this name; empty where there is none, or none that can be read."""
    try:
        told = json.loads(_file(name).read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def write(name: str, told: Mapping[str, Any]) -> None:
    """Keep a file by this name; a full disk is no reason for a build to fail."""
    with suppress(OSError):
        _file(name).write_text(json.dumps(told))


def _file(name: str) -> Path:
    return home() / "target" / f"{name}.json"
