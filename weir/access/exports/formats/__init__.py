"""The formats of an export, by the suffix of the file; each writes the rows of a select into one file."""

from importlib import import_module
from typing import Any

from weir.core.errors import WeirError

FORMATS = ("csv", "parquet", "xlsx", "jsonl")


def format_of(name: str) -> str:
    """The format that the file's suffix names. Raises WeirError for another one."""
    suffix = name.rpartition(".")[2].lower() if "." in name.rpartition("/")[2] else ""
    if suffix not in FORMATS:
        told = f"ends in .{suffix}" if suffix else "has no suffix"
        raise WeirError(f"--to {told}, which names no format: let the file end in .{', .'.join(FORMATS)}")
    return suffix


def writer(name: str) -> Any:
    """The function `write` of a format."""
    return import_module(f"{__name__}.{name}").write
