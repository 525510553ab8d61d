"""Whether the rows that landed are like those before: a profile of each column, and what is unlike in plain words.

In: rows of raw that wait for staging, the profiles that earlier gates kept. Out: a profile (shares, lengths, numbers
and months, all rounded, so that it holds no value of a row), and sentences. A column is unlike only where it is so to
every earlier profile: what is usual now and then is told once.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[dict[str, Any]]
Profile = dict[str, dict[str, Any]]
FEW = 20  # with fewer values nothing is judged
SAMPLE = 10_000
_NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}
_MOMENTS = {"date", "timestamp without time zone", "timestamp with time zone"}
_NUMBER = "^-?[0-9]{1,30}([.][0-9]*)?$"
_MOMENT = "^[0-9]{4}-[01][0-9]-[0-3][0-9]([ T]|$)"
_GARBLED = "[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|\ufffd"  # UTF-8 that was read as Latin-1, or could not be read
_YEAR = 12  # months
_ID = re.compile(r"(?i)((^|[^a-z])(id|key|no|nr|number|code)|[a-z](Id|ID))$")


def profile(connection: Connection, relation: tuple[str, str], loads: list[str], is_first: bool) -> Profile:
    """The profile of the rows of these loads; of many rows a sample."""
    types = {row["name"]: row["type"] for row in connection.execute(_TYPES, [*relation]).fetchall()}
    columns = {name: measures for name, type_ in types.items() if (measures := _measures(name, type_))}
    if not columns:
        return {}
    wanted = [sql.SQL("{} as {}").format(measure, sql.Identifier(f"{number} {name}"))
              for number, measures in enumerate(columns.values()) for name, measure in measures.items()]  # fmt: skip
    readable = sql.SQL(" and _error is null" if "_error" in types else "")
    size: Any = connection.execute(_SIZE, [f'"{relation[0]}"."{relation[1]}"']).fetchone()
    share = 100 * 5 * SAMPLE / size["rows"] if size and size["rows"] > 5 * SAMPLE and is_first else 0
    spread = sql.SQL(f" tablesample system ({share:.4f}) repeatable (1)" if share else "")
    found: Any = connection.execute(
        sql.SQL("select {wanted} from (select * from {relation}{spread} where _dlt_load_id = any({loads}) "
                "and _op = 'upsert'{readable} limit {most}) as rows").format(
            wanted=sql.SQL(", ").join(wanted), relation=sql.Identifier(*relation), spread=spread, loads=loads,
            readable=readable, most=SAMPLE)
    ).fetchone()  # fmt: skip
    return {column: {name: _rounded(name, found[f"{number} {name}"]) for name in measures}
            for number, (column, measures) in enumerate(columns.items())}  # fmt: skip


def _measures(name: str, type_: str) -> dict[str, sql.Composable]:
    """The measures of a column, as SQL; none for types that are only carried."""
    column: sql.Composable = sql.Identifier(name)
    is_text = type_ in {"text", "bpchar", "character"}
    if name.startswith("_") or not (is_text or type_ in _NUMBERS | _MOMENTS):
        return {}
    given = sql.SQL("nullif(btrim({}), '')").format(column) if is_text else column
    found = {"rows": sql.SQL("count(*)"), "given": sql.SQL("count({})").format(given),
             "distinct": sql.SQL("count(distinct left({}::text, 50))").format(given)}  # fmt: skip
    number, moment = column, column
    if is_text:
        garbled = sql.SQL("count(*) filter (where {} ~ {})").format(given, sql.Literal(_GARBLED))
        found |= {"length": sql.SQL("avg(length({}))").format(given), "garbled": garbled}
        number = sql.SQL("case when {0} ~ {1} then {0}::numeric end").format(given, sql.Literal(_NUMBER))
        moment = sql.SQL("case when {0} ~ {1} then left({0}, 10) end").format(given, sql.Literal(_MOMENT))
    if is_text or type_ in _NUMBERS:
        size = sql.SQL("null::numeric") if _ID.search(name) else number  # ids grow
        found |= {"numbers": sql.SQL("count({})").format(number),
                  "zeros": sql.SQL("count(*) filter (where {} = 0)").format(number),
                  "median": sql.SQL("percentile_disc(0.5) within group (order by ({})::float8)").format(size),
                  "largest": sql.SQL("max(abs({}))").format(size)}  # fmt: skip
    if is_text or type_ in _MOMENTS:
        found |= {"moments": sql.SQL("count({})").format(moment), "first": sql.SQL("min({})::text").format(moment),
                  "last": sql.SQL("max({})::text").format(moment)}  # fmt: skip
    return found


def _rounded(name: str, value: Any) -> Any:
    """A number with two digits, a moment as its month: no value of a row."""
    if value is None:
        return None
    if name in {"first", "last"}:
        return str(value)[:7]
    number = float(value)
    if name in {"median", "largest", "length"} and math.isfinite(number):
        return float(f"{number:.2g}")
    return int(number) if math.isfinite(number) else None


def unlike(now: Profile, past: Sequence[Profile], as_of: datetime) -> list[str]:
    """What is unlike all earlier profiles, in words: one sentence for a column."""
    found = []
    for column, new in now.items():
        known = [each[column] for each in past if column in each and each[column]["rows"] >= FEW]
        if not known or new["rows"] < 3:
            continue
        said = [_unlike(new, old, as_of) for old in known]
        if all(said):
            found.append(f"{column} {said[0]}")
    return found


def _unlike(new: Mapping[str, Any], old: Mapping[str, Any], as_of: datetime) -> str:
    """What is unlike in one column; empty where nothing is."""
    numbers = _of_numbers(new, old) if _mostly("numbers", old) else ""
    moments = _of_moments(new, old, as_of) if _mostly("moments", old) else ""
    if said := _of_kind(new, old) or numbers or moments or _of_shares(new, old):
        return said
    if new["given"] < FEW or _mostly("numbers", old) or _mostly("moments", old) or not old.get("length"):
        return ""
    ratio, apart = new["length"] / old["length"], abs(new["length"] - old["length"])
    if not 0.5 <= ratio <= 2.5 and apart >= 3:
        return f"is {new['length']:g} letters long on average, {old['length']:g} before"
    return ""


def _of_shares(new: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    """Values that are missing, garbled, or all the same."""
    empty, before = 1 - new["given"] / new["rows"], 1 - old["given"] / old["rows"]
    if new["rows"] >= FEW and (empty - before > 0.5 or (empty >= 0.1 and before < 0.01)):
        return f"is empty in {empty:.0%} of the rows, in {before:.0%} before"
    if new.get("garbled", 0) >= 3 and not old.get("garbled"):
        return f"has {new['garbled']:,} texts in a wrong encoding, none before"
    is_later = new.get("last") is not None and new["last"] > (old.get("last") or "")
    if new["given"] >= FEW and new["distinct"] == 1 and old["distinct"] >= FEW // 2 and not is_later:
        return f"has one value in all {new['given']:,} rows, {old['distinct']:,} values before"
    return ""


def _of_kind(new: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    """Texts that were all numbers, or all dates, and no longer are."""
    for what, one in (("numbers", "number"), ("moments", "date")):
        other = new["given"] - new.get(what, 0)
        if old.get(what) == old["given"] and new["given"] >= FEW and other >= 0.1 * new["given"]:
            return f"is no {one} in {other:,} of {new['given']:,} rows, always one before"
    return ""


def _of_numbers(new: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    """Amounts of another size: cents for euros, zeros, an absurd one."""
    if (new["largest"] or 0) > max(100 * (old["largest"] or 0), 1000):
        return f"is up to {new['largest']:,.0f}, where {old['largest']:,.0f} was the most"
    if new["numbers"] < FEW:
        return ""
    zeros, before = new["zeros"] / new["numbers"], old["zeros"] / old["numbers"]
    if zeros - before > 0.5:
        return f"is 0 in {zeros:.0%} of the rows, in {before:.0%} before"
    if new["median"] and old["median"] and not 0.1 < new["median"] / old["median"] < 10:
        return f"has the median {new['median']:,g}, {old['median']:,g} before"
    return ""


def _of_moments(new: Mapping[str, Any], old: Mapping[str, Any], as_of: datetime) -> str:
    """Moments far from all that were seen, and from the present."""
    if not new["moments"]:
        return ""
    span = max(_months(old["last"]) - _months(old["first"]), _YEAR)
    if _months(new["first"]) < _months(old["first"]) - span:
        return f"goes back to {new['first']}, {old['first']} was the earliest"
    if _months(new["last"]) > max(_months(old["last"]), as_of.year * 12 + as_of.month) + span:
        return f"goes on to {new['last']}, {old['last']} was the latest"
    return ""


def _mostly(what: str, old: Mapping[str, Any]) -> bool:
    return bool(old["given"]) and old.get(what, 0) >= 0.9 * old["given"] and old.get(what, 0) >= FEW


def _months(text: str) -> int:
    year, _, month = text.partition("-")
    return int(year) * 12 + int(month[:2] or 1) if year.isdigit() else 0


_SIZE = "select greatest(reltuples, 0)::bigint as rows from pg_class where oid = to_regclass(%s)"
_TYPES = """select a.attname as name, format_type(a.atttypid, null) as type from pg_attribute a
join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %s and c.relname = %s and a.attnum > 0 and not a.attisdropped order by a.attnum"""
