"""The embedded server's own log: JSON lines in `log/` of its data, mode 600, a file a day or per 64 MB.

In: options for pg_ctl. Out: the files; `weir usage` takes the reads out of them, and deletes files that are old.
What the server says before it has opened the log stands in `server.log`.
"""

import json
import os
import time
from contextlib import suppress
from pathlib import Path

FOLDER = "log"
OPTIONS = (
    "-c logging_collector=on -c log_destination=jsonlog -c log_directory=log -c log_file_mode=0600 "
    "-c log_filename=postgresql-%Y-%m-%d_%H%M%S.log -c log_rotation_age=1d -c log_rotation_size=64MB "
    "-c log_truncate_on_rotation=off -c log_min_error_statement=panic"
)


def faults(data: Path, since: float) -> list[str]:
    """What the server has complained of since that moment, oldest first."""
    found = []
    for file in sorted((data / FOLDER).glob("*.json")):
        with suppress(OSError, ValueError):
            if file.stat().st_mtime < since - 1:
                continue
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                entry = json.loads(line)
                told = time.strptime(entry["timestamp"][:19], "%Y-%m-%d %H:%M:%S")
                if entry["error_severity"] in {"FATAL", "PANIC", "ERROR"} and _seconds(told) >= int(since) - 1:
                    found.append(f"{entry['error_severity']}: {entry['message']}")
    return found


def delete_old(data: Path, days: int) -> list[str]:
    """Delete the log files that were written last so many days ago; returns their names."""
    gone = []
    for file in (data / FOLDER).glob("postgresql-*"):
        with suppress(OSError):
            if file.stat().st_mtime < time.time() - days * 86400:
                os.unlink(file)
                gone.append(file.name)
    return gone


def _seconds(moment: time.struct_time) -> float:
    from calendar import timegm

    return timegm(moment)  # the log is in UTC
