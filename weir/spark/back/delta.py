"""The files that hold a Delta table's rows now: those of rows that were overwritten stay in its folder until a vacuum.

In: the store and the folder of a table. Out: the names of its live Parquet files, from the table's own log: the newest
checkpoint and the commits after it. Their columns are the table's, but for those by which it is parted: these stand in
the names of folders alone.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import parquet

from weir.core.errors import WeirError
from weir.spark.lake.store import Store

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet")
# What a table may have without its files meaning something else than Parquet says.
_KNOWN = {"timestampNtz", "vacuumProtocolCheck", "deletionVectors", "columnMapping"}
_ANEW = "`drop table` it on Spark, which can't replace it, then `weir build`"
_READ = ("add.path", "add.deletionVector.storageType", "protocol.readerFeatures", "metaData.configuration")


def live_files(store: Store, folder: str) -> list[str] | None:
    """The names of the files that hold the table's rows, relative to the store and sorted; None for no Delta table.

    Raises WeirError where the log is incomplete, or the files alone do not tell the rows: deletion vectors, mapped
    columns, features that Weir does not know.
    """
    base = f"{folder.rstrip('/')}/" if folder else ""
    found = sorted(name.rpartition("/")[2] for name in store.sizes(f"{base}_delta_log"))
    commits = {int(match[1]): name for name in found if (match := _COMMIT.fullmatch(name))}
    start, parts = _newest_checkpoint(found)
    if not commits and not parts:
        return None
    table = f"{store.url}/{folder}".rstrip("/")
    wanted = range(start + 1, max(commits, default=start) + 1)
    lacking = [version for version in wanted if version not in commits]
    if lacking:
        raise WeirError(f"the log of the Delta table {table} lacks version {lacking[0]}: {_ANEW}")
    live: set[str] = set()
    for name in [*parts, *(commits[version] for version in wanted)]:
        for action in _actions(store, f"{base}_delta_log/{name}", table):
            _refuse(action, table)
            if add := action.get("add"):
                live.add(_relative(add["path"], table))
            elif remove := action.get("remove"):
                live.discard(_relative(remove["path"], table))
    return sorted(base + path for path in live)


def _newest_checkpoint(names: Iterable[str]) -> tuple[int, list[str]]:
    """The version and the files of the newest checkpoint that is whole; -1 and none where there is none."""
    found: dict[tuple[int, int], list[str]] = {}
    for name in names:
        if match := _CHECKPOINT.fullmatch(name):
            found.setdefault((int(match[1]), int(match[3] or 1)), []).append(name)
    whole = {version: files for (version, parts), files in found.items() if len(files) == parts}
    newest = max(whole, default=-1)
    return newest, whole.get(newest, [])


def _actions(store: Store, name: str, table: str) -> Iterator[Mapping[str, Any]]:
    """Read the actions of a file of the log. The removals in a checkpoint are of files long dead."""
    gone = WeirError(f"the log of the Delta table {table} was cleared while it was read: run again")
    if name.endswith(".json"):
        content = store.read(name)
        if content is None:
            raise gone
        # within one commit a file can't be added and removed, so the order of its lines does not count
        yield from (json.loads(line) for line in content.decode().splitlines() if line.strip())
        return
    try:
        file = parquet.ParquetFile(store.open(name))
        for batch in file.iter_batches(columns=list(_READ)):
            for row in batch.to_pylist(maps_as_pydicts="strict"):
                yield {kind: value for kind, value in row.items() if _holds(value)}
    except FileNotFoundError:
        raise gone from None
    except pa.ArrowInvalid as fault:
        told = " ".join(str(fault).split())[:200]
        raise WeirError(f"{store.url}/{name} can't be read as Parquet ({told}): {_ANEW}") from None


def _holds(value: Any) -> bool:
    """Whether a struct of a checkpoint's row is the one that the row is about: pyarrow reads the others as empty."""
    return value is not None and any(each is not None for each in value.values())


def _refuse(action: Mapping[str, Any], table: str) -> None:
    """Stop where the files would be read as something else than the table."""
    told = ""
    if (action.get("add") or {}).get("deletionVector"):
        told = "has deletion vectors: set delta.enableDeletionVectors=false, then `reorg table … apply (purge)`"
    elif (action.get("metaData") or {}).get("configuration", {}).get("delta.columnMapping.mode", "none") != "none":
        told = "has mapped columns: build it anew without delta.columnMapping.mode"
    elif unknown := sorted({*((action.get("protocol") or {}).get("readerFeatures") or [])} - _KNOWN):
        told = f"has what Weir can't read: {', '.join(unknown)}; build it anew without"
    if told:
        raise WeirError(f"the Delta table {table} {told}")


def _relative(path: str, table: str) -> str:
    """The name of a data file below the table's folder, as the log writes it, without its escapes."""
    plain = unquote(path)
    if plain.startswith(("/", "file:")) or "://" in plain:
        raise WeirError(f"the Delta table {table} has files of another folder (a shallow clone): build it anew")
    return plain
