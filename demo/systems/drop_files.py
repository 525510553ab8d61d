"""Writes the dropped files (CSV, Parquet, XLSX); equal rows give equal bytes, for no time of writing is kept."""

import csv
import io
import os
import re
import zipfile
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from demo.systems.drops import CAMPAIGN, CRM, NPS
from weir.core.errors import WeirError
from weir.core.settings import env_url

_MARK = ".made_by_the_demo"


def folder(variable: str) -> Path:
    """The folder that the variable's file:// URL names. Raises WeirError when it names anything else."""
    url = env_url(variable)
    if urlsplit(url).scheme != "file":
        raise WeirError(f"{variable} must be a file:// URL for the demo to write there: mend it in .env, or remove it")
    return Path(unquote(urlsplit(url).path))


def clear(path: Path, pattern: str) -> None:
    """Make the folder, or empty it. Raises WeirError rather than delete files that the demo did not make."""
    found = sorted(path.glob(pattern)) if path.exists() else []
    if found and not (path / _MARK).exists():
        raise WeirError(f"{path} holds files that the demo did not make ({found[0].name} …): name an empty folder")
    for file in found:
        file.unlink()
    path.mkdir(parents=True, exist_ok=True)
    (path / _MARK).touch()


def replace(path: Path, content: bytes) -> None:
    """Write the file and move it into place, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def write_answers(root: Path, rows: Iterable[tuple[str, ...]], name: str | None = None) -> dict[str, int]:
    """Write NPS answers into a file for each month, or into the file `name`; returns the number of rows by file."""
    counts: dict[str, int] = {}
    groups = [(name, rows)] if name else groupby(rows, key=lambda row: f"nps_{row[4][:7]}.csv")
    for file, group in groups:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(NPS)
        content = list(group)
        writer.writerows(content)
        replace(root / "nps" / file, text.getvalue().encode())
        counts[file] = len(content)
    return counts


def write_touches(root: Path, name: str, rows: list[tuple[Any, ...]]) -> int:
    """Write campaign touches as one Parquet file; returns how many."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = [pa.string()] * 4 + [pa.decimal128(10, 2), pa.timestamp("us", "UTC")]
    schema = pa.schema(list(zip(CAMPAIGN, types, strict=True)))
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    table = pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], schema=schema)
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    replace(root / "campaigns" / name, buffer.getvalue())
    return len(rows)


def write_crm(root: Path, rows: Iterable[list[Any]], wrong: dict[str, str]) -> int:
    """Write the CRM list, with the wrong arr of each key in `wrong`; returns the number of rows."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Accounts")
    sheet.append(CRM)
    count = 0
    for row in rows:
        row[5] = int(wrong.get(row[0], row[5]))
        sheet.append(row)
        count += 1
    raw, final = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(final, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2024-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    replace(root / "crm" / "accounts.xlsx", final.getvalue())
    return count
