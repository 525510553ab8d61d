"""The formats of files: picks the reader of a file."""

from typing import Any, BinaryIO

from ingest.connectors.files.reader import Reader
from weir.core.errors import WeirError
from weir.project.plan import Table

_SETTINGS = {
    "csv": {"delimiter", "encoding", "empty_is_null", "skip", "footer", "largest_line_mb"},
    "json": {"largest_line_mb"}, "parquet": {"largest_line_mb"}, "xlsx": {"sheet", "largest_line_mb"},
}  # fmt: skip
_KINDS = {"csv": "csv", "tsv": "csv", "txt": "csv", "jsonl": "json", "ndjson": "json", "json": "json",
          "parquet": "parquet", "xlsx": "xlsx", "xlsm": "xlsx"}  # fmt: skip


def open_reader(stream: BinaryIO, table: Table, name: str) -> Reader:
    """The reader for the file, by the table's `format` or else by the file's name. Raises WeirError."""
    settings: dict[str, Any] = table.settings
    ending = settings.get("type") or name.lower().removesuffix(".gz").rpartition(".")[2]
    kind = _KINDS.get(ending)
    if kind is None:
        raise WeirError(f"{name}: Weir reads no {ending!r} files: declare `format` as csv, jsonl, parquet or xlsx")
    unknown = settings.keys() - {"type"} - _SETTINGS[kind]
    if unknown:
        has = ", ".join(sorted(_SETTINGS[kind]))
        raise WeirError(f"`format` of {ending} files has no {min(unknown)!r}; it has {has}: mend it")
    if kind == "csv":
        from ingest.connectors.files.csv import CsvReader

        return CsvReader(stream, name, "\t" if ending == "tsv" else ",", settings)
    if kind == "json":
        from ingest.connectors.files.json_lines import JsonReader

        return JsonReader(stream, name, table.key, settings)
    if kind == "parquet":
        from ingest.connectors.files.parquet import ParquetReader

        return ParquetReader(stream, name, settings)
    from ingest.connectors.files.xlsx import SheetReader

    return SheetReader(stream, name, settings)
