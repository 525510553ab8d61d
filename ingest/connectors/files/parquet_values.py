"""The values of a Parquet column: as Python values, or as text where Python has no such value.

In: a column of a record batch. Out: a list of values. INT96 (the timestamps of Spark, Hive and Impala) is read twice:
in microseconds, which cover all years, and in nanoseconds, which cover 1677 to 2262 and wrap around elsewhere. The
wrapped nanoseconds still give the digits below the microsecond.
"""

import datetime
from typing import Any

EXPANDED = 64_000_000  # the most bytes of a dictionary's texts, if every row had a text of its own


def values(column: Any) -> list[Any]:
    """The column's values; times finer than Python's, and dates beyond Python's, are text."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return _words(column)
    if (pa.types.is_timestamp(column.type) and column.type.unit == "ns") or pa.types.is_time64(column.type):
        column = column.cast(pa.string())  # Python's times have no nanoseconds
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError):
        if not (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
            raise
    days = pa.types.is_date(column.type)
    unit = "us" if days else column.type.unit
    each = column.cast(pa.timestamp("us" if unit == "ns" else unit)).cast(pa.int64())
    scale = {"s": 1_000_000, "ms": 1000, "us": 1, "ns": 1}[unit]
    zone = "" if days or column.type.tz is None else "+00"
    return [None if v is None else far(v * scale, days, zone) for v in each.to_pylist()]


def far(micros: int, day: bool = False, zone: str = "") -> str:
    """The moment, in microseconds since 1970, as PostgreSQL writes it, in any year."""
    days, rest = divmod(micros, 86_400_000_000)
    cycles, within = divmod(days + 719_162, 146_097)  # cycles of 400 years since the year 1; all cycles are equal
    date = datetime.date.fromordinal(within + 1)
    year = date.year + 400 * cycles
    shown, era = (f"{year:04}", "") if year > 0 else (f"{1 - year:04}", " BC")
    text = f"{shown}-{date.month:02}-{date.day:02}"
    if day:
        return text + era
    seconds, fraction = divmod(rest, 1_000_000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text} {clock}{f'.{fraction:06}' if fraction else ''}{zone}{era}"


def _words(column: Any) -> list[Any]:
    """The values of a dictionary-encoded column; each text is held once where repeating it would fill the memory."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type.value_type
    if any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)):
        longest = pc.max(pc.binary_length(column.dictionary)).as_py() or 0
        if longest * len(column) > EXPANDED:
            words = column.dictionary.to_pylist()
            return [None if n is None else words[n] for n in column.indices.to_pylist()]
    return values(column.dictionary_decode())


def merged(coarse: Any, fine: Any) -> list[Any]:
    """The values of a column with INT96, merged from its readings in microseconds and in nanoseconds."""
    import pyarrow as pa

    if pa.types.is_timestamp(coarse.type):
        texts = coarse.cast(pa.string()).to_pylist()
        nanos, micros = fine.cast(pa.int64()).to_pylist(), coarse.cast(pa.int64()).to_pylist()
        return [None if t is None else f"{t}{_left(m, n):03}" for t, m, n in zip(texts, micros, nanos, strict=True)]
    plain = fine.cast(_as_numbers(fine.type)).to_pylist()
    return [_both(*pair) for pair in zip(coarse.to_pylist(), plain, strict=True)]


def _left(micros: int, nanos: int) -> int:
    """The nanoseconds below the microsecond; `nanos` may have wrapped around."""
    return int((nanos - micros * 1000) % 2**64)


def _both(coarse: Any, fine: Any) -> Any:
    if isinstance(coarse, datetime.datetime) and isinstance(fine, int):
        since = (coarse - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)
        left = _left(since, fine)
        return f"{coarse.isoformat(timespec='microseconds')}{left:03}" if left else coarse
    if isinstance(coarse, dict):
        return {name: _both(value, fine[name]) for name, value in coarse.items()}
    if isinstance(coarse, list | tuple):
        return [_both(*pair) for pair in zip(coarse, fine, strict=True)]
    return coarse


def _as_numbers(arrow: Any) -> Any:
    """The type, with integers in place of timestamps in nanoseconds."""
    import pyarrow as pa

    if pa.types.is_timestamp(arrow) and arrow.unit == "ns":
        return pa.int64()
    if pa.types.is_struct(arrow):
        return pa.struct([field.with_type(_as_numbers(field.type)) for field in arrow])
    if pa.types.is_map(arrow):
        return pa.map_(_as_numbers(arrow.key_type), _as_numbers(arrow.item_type))
    if pa.types.is_list(arrow):
        return pa.list_(arrow.value_field.with_type(_as_numbers(arrow.value_type)))
    return arrow
