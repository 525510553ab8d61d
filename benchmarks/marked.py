"""`weir …` as typed, which also notes when the transfer of rows began and when its commit was done.

In: weir's own arguments; `MARKS`, a file. Out: weir's own output, and in the file the seconds from the first COPY into
the warehouse to the answer to the last commit. Alone: `MARKS=/tmp/x python -m benchmarks.marked land`.
"""

import os
import time
from pathlib import Path
from typing import Any

import asyncpg

from cli.app import main
from ingest.raw.connection import Wire

_marks: list[float] = []
_copy, _execute = asyncpg.Connection.copy_to_table, Wire.execute


async def _marked_copy(self: Any, *arguments: Any, **options: Any) -> Any:
    _marks.append(time.perf_counter())
    return await _copy(self, *arguments, **options)


def _marked_execute(self: Wire, query: str, *values: Any) -> int:
    answer = _execute(self, query, *values)
    if query == "commit" and _marks:
        Path(os.environ["MARKS"]).write_text(str(time.perf_counter() - _marks[0]))
    return answer


if __name__ == "__main__":
    asyncpg.Connection.copy_to_table = _marked_copy
    Wire.execute = _marked_execute  # type: ignore[method-assign]
    main()
