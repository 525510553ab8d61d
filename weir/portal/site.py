"""Writes the page and its assets into `home()/portal`, for their owner alone.

In: the warehouse, dbt's manifest. Out: `index.html`, which takes the place of the one before in one step, and assets
whose names change with what they hold.
"""

import hashlib
import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from weir import warehouse
from weir.core import terminal
from weir.core.errors import WeirError
from weir.core.faults import one_line
from weir.core.settings import home
from weir.incidents import outage
from weir.portal.declared import declared
from weir.portal.page import page, page_of_outage

# The names that the portal gives: whatever else lies in the folder is a person's.
_MADE = re.compile(r"(echarts|portal)\.[0-9a-f]{10}\.(js|css)|\..*\.[0-9a-f]{8}")
_ASSETS = Path(__file__).with_name("assets")
_STRAY = 3600  # seconds after which what was written aside belongs to a process that was killed


def folder() -> Path:
    """The folder of the page."""
    return home() / "portal"


def write(prefect: str = "") -> tuple[Path, list[str]]:
    """Write the page anew; returns its file, and a sentence for each declared chart that is left out.

    During an outage of the warehouse that was noted, the page tells of it alone. Raises WeirError when the warehouse
    can't be reached otherwise, or the page can't be written.
    """
    assets = {name: _named(file) for name, file in files().items()}
    charts, faults = declared()
    try:
        with warehouse.connect(autocommit=True) as connection:
            connection.execute("set default_transaction_read_only = on")
            text = page(connection, charts, faults, assets, prefect)
    except (WeirError, psycopg.OperationalError):
        lasting = outage.lasting()
        if lasting is None:
            raise
        story, since = lasting
        text = page_of_outage({**story.__dict__, "incident_id": None, "opened_at": since}, assets, prefect)
    try:
        _put(text, assets)
    except OSError as fault:
        raise WeirError(f"the portal can't be written to {folder()}: {fault.strerror or fault}") from None
    return folder() / "index.html", faults


def write_and_tell(prefect: str = "") -> Path | None:
    """Write the page; a fault, of the page or of a chart, costs a yellow line. Returns the file, or None."""
    try:
        page, faults = write(prefect)
    except Exception as fault:
        terminal.warn(f"portal: {one_line(fault)}")
        return None
    for each in faults:
        terminal.warn(f"portal: {each}")
    return page


def files() -> dict[str, Path]:
    """The assets of the page, by name."""
    return {file.name: file for file in sorted(_ASSETS.iterdir()) if file.is_file()}


def _named(file: Path) -> str:
    """The name with a digest of the content, so that no browser shows an old one; a licence keeps its name."""
    if file.suffix == ".txt":
        return file.name
    return f"{file.stem}.{hashlib.sha256(file.read_bytes()).hexdigest()[:10]}{file.suffix}"


def _put(text: str, assets: dict[str, str]) -> None:
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, file in files().items():
        if not (place / assets[name]).exists():
            _replace(place / assets[name], file.read_bytes())
    _replace(place / "index.html", text.encode())
    kept = {"index.html", *assets.values()}
    for old in place.iterdir():
        with suppress(OSError):
            # what another process writes aside at this moment is not old
            if (
                old.name not in kept
                and _MADE.fullmatch(old.name)
                and (old.name[0] != "." or time.time() - old.stat().st_mtime > _STRAY)
            ):
                old.unlink()


def _replace(place: Path, content: bytes) -> None:
    """Write aside, then take the name in one step."""
    aside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    aside.replace(place)
