"""Forgets a person: erases one row of a declared table, and the person's values, everywhere Weir holds them.

In: `source.table`, the key, why; the staging models' compiled selects. Out: raw with blanked rows, staging, quarantine
and ledger as a full refresh would make them, marts and undo without the values, `ops.erased`, files below WEIR_HOME,
an Erasure that tells all this. One transaction holds all that happens in the warehouse. Alone: `weir forget`.
"""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from weir import warehouse
from weir.access.forget import elsewhere, files, person, published, raw
from weir.access.forget.person import Marks
from weir.access.forget.raw import Hit
from weir.access.forget.report import Erasure, Found
from weir.access.forget.staged import make_views
from weir.access.forget.sweep import Search
from weir.access.forget.work import Work
from weir.core.errors import WeirError
from weir.ledger.in_lake import tables_in_lake
from weir.ledger.staged import on_spark
from weir.ledger.verify import StagingModel
from weir.project import erasure
from weir.project.marts import Mart
from weir.project.plan import Plan
from weir.warehouse.catalog import columns_of
from weir.warehouse.roles import Role

LOCK_WAIT = "60s"


def forget(
    plan: Plan, table: str, key: str, because: str, models: Sequence[StagingModel], marts: Sequence[Mart],
    dry: bool = False, report: Callable[[str], None] = lambda step: None,
) -> Erasure:  # fmt: skip
    """Erase the person; with `dry` only tell what would be done. The caller holds the run lock.

    Raises WeirError, and changes nothing, when the table is not declared or nobody in it has the key.
    """
    own = erasure.secret_or_new()
    with warehouse.connect(Role.OWNER) as connection:
        connection.execute("set local timezone to 'UTC'; set local datestyle to 'ISO, YMD'")
        connection.execute(f"set local lock_timeout = '{LOCK_WAIT}'")
        done = Erasure(table, "", because, datetime.now(UTC), dry)
        search, schemas = (
            Search([], erasure.Values(own, frozenset())),
            make_views(connection, models, on_spark(connection)),
        )
        work = Work(connection, plan, own, models, marts, report, done, search, schemas)
        _erase(work, table, key, because)
        report("files and pages")
        _clean_files(work)
        if dry or not done.found:
            connection.rollback()
            return done
        # before the warehouse forgets: whoever is erased must be on the list, and the list needs its secret
        erasure.keep(own)
        files.note({"table": table, "key_hash": done.key_hash, "erased_at": done.erased_at.isoformat(),
                    "because": done.because, "secret": erasure.mark_of(own)})  # fmt: skip
        connection.commit()
    report("vacuum")
    _vacuum(work.touched)
    return done


def key_of(plan: Plan, table: str, hashed: str) -> str | None:
    """The key, as it is typed, of the row of raw whose hash this is; None where raw has no such row in the clear."""
    own = erasure.secret()
    with warehouse.connect(Role.OWNER) as connection:
        place = person.place_of(connection, plan, table)
        names = [sql.Identifier(name).as_string(connection) for name in place.key]
        test = erasure.key_hash_sql(place.source, place.table, names, "$1", "$2")
        query = sql.SQL("select {} from {} where (_op = 'upsert' or _op = 'delete' and {}) and {} = $3 limit 1").format(
            place.keys(), place.relation,
            sql.Literal(bool(erasure.replaced(place.columns, place.key))), sql.SQL(test)
        )  # fmt: skip
        row = psycopg.RawCursor(connection).execute(query, [*erasure.pads(own), hashed]).fetchone()
    if not row:
        return None
    parts: list[str] = row[0]
    return parts[0] if len(parts) == 1 else "|".join(part.replace("~", "~0").replace("|", "~1") for part in parts)


def _erase(work: Work, table: str, key: str, because: str) -> None:
    """Find and change everything in the warehouse."""
    connection, done = work.connection, work.done
    place = person.place_of(connection, work.plan, table)
    _pass_over_lake(work, table)
    parts = person.parts(place, key)
    done.key_hash = erasure.key_hash(work.secret, place.source, place.table, parts)
    row = connection.execute(
        "select min(erased_at) from ops.erased where subject = %s and key_hash = %s", [done.key_hash, done.key_hash]
    ).fetchone()
    done.again = row[0] if row else None
    work.report(f"{table} in raw")
    rows = person.rows_of(connection, place, [parts])
    if not raw.in_the_clear(work, place, rows):
        if done.again:
            return
        raise WeirError(f"{table} has no row with this key in raw: nothing was erased; write the key as raw writes it, "
                        "several columns as 'a|b'")  # fmt: skip
    hit = Hit(place, own=[parts], rows=rows, stories=work.stories(place.source, place.table, rows))
    for number, story in enumerate(hit.stories):
        story.tell(connection, f"weir_person_{number}")
    marks = person.marks(place, [story.model.name for story in hit.stories])
    said = _said(work, hit, marks)
    done.kinds = sorted({kind for kind, _ in said} - person.NEVER)
    values = person.values(work.secret, said)
    found = person.finding(connection, values, _others(work, hit, marks))
    texts = {text for _, text in said}
    finding = {text for text in texts if text.strip().lower() in found}
    work.search = Search(found, values, published.pseudonyms(texts), published.pseudonyms(finding))
    done.because = str(values.scrub(because) or erasure.ERASED)
    hits = [hit, *raw.elsewhere(work, hit)]
    for number, each in enumerate(hits):
        raw.change(work, each, number)
    keys = {s.model.name: s.keys(connection, f"weir_person_{number}") for number, s in enumerate(hit.stories)}
    elsewhere.clean(work, keys)
    raw.note(work, hits)
    if not done.kinds:
        done.left.append(f"no column of {table} is marked (meta: {{pii: …}}), so nothing was looked for elsewhere")


def _said(work: Work, hit: Hit, marks: Marks) -> list[tuple[str, str]]:
    """The kind and text of every value of a marked column, in all versions."""
    said: set[tuple[str, str]] = set()
    query = sql.SQL("select distinct {c}::text from {t} where _seq = any({r}) and {c} is not null")
    for name, kind in marks.of_raw(hit.place).items():
        found = query.format(c=sql.Identifier(name), t=hit.place.relation, r=sql.Literal(hit.rows))
        said |= {(kind, row[0]) for row in work.connection.execute(found)}
    for number, story in enumerate(hit.stories):
        for name, kind in marks.of_model(story.model.name).items():
            said |= {(kind, text) for text in story.values(work.connection, f"weir_person_{number}", name)}
    return sorted(said)


def _pass_over_lake(work: Work, table: str) -> None:
    """Write down which tables are not looked at, for their rows are in the lake alone.

    Raises WeirError where the person's own table is one of them.
    """
    for name in tables_in_lake(work.connection):
        if name == table:
            raise WeirError(
                f"{table} has its rows in the lake alone, where Weir can't erase a person: remove the person at the "
                "source, then declare the table under another name, so that it lands anew, and delete the old files"
            )
        work.done.left.append(f"{name} has its rows in the lake alone, and was not looked at")


def _others(work: Work, hit: Hit, marks: Marks) -> list[tuple[sql.Composable, str]]:
    """The marked columns of other rows of the table, for values that count only where nobody else has them."""
    query = sql.SQL("{} where not ({} = any({}))")
    mine = query.format(hit.place.relation, sql.Identifier("_seq"), sql.Literal(hit.rows))
    found: list[tuple[sql.Composable, str]] = [
        (mine, name) for name, kind in marks.of_raw(hit.place).items() if kind in person.ALONE
    ]
    for number, story in enumerate(hit.stories):
        keys = story.keys(work.connection, f"weir_person_{number}")
        table = sql.Identifier(story.schema, story.model.name)
        rest = query.format(table, sql.Identifier("_key"), sql.Literal(keys))
        found += [(rest, name) for name, kind in marks.of_model(story.model.name).items() if kind in person.ALONE]
    # nor where something else has that name: a company may be called as its founder is
    mine_too = {story.model.name for story in hit.stories}
    known = person.marks(hit.place, [model.name for model in work.models])
    for model in work.models:
        if model.name not in mine_too:
            marked = known.of_model(model.name)
            schema = work.schemas[model.name]
            for name, kind in columns_of(work.connection, schema, model.name).items():
                if kind.startswith("text") and not name.startswith("_") and name not in marked:
                    found.append((sql.SQL("{} where true").format(sql.Identifier(schema, model.name)), name))
    return found


def _clean_files(work: Work) -> None:
    apart = [os.environ.get(source.connection, "") for source in work.plan.sources]
    found = files.clean(work.search, [*apart, os.environ.get("WEIR_LAKE", "")], work.done.dry)
    for what, names in (("values taken out", found.changed), ("deleted, made anew when needed", found.removed)):
        if names:
            shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
            work.done.found.append(Found(f"files: {shown}", work.kinds, len(names), what))
    work.done.left += [f"file {name} holds a value, and is no text that can be changed" for name in found.left]
    if work.connection.execute("select exists (select from ops.lake_files)").fetchone() == (True,):
        work.done.left.append("the lake and Spark's tables, until the next command on Spark, such as `weir run`")


def _vacuum(touched: set[tuple[str, str]]) -> None:
    """Vacuum what was changed: until then the rows' old versions are still in the files of the tables."""
    with warehouse.connect(Role.OWNER, autocommit=True) as connection:
        for place in sorted(touched):
            connection.execute(sql.SQL("vacuum {}").format(sql.Identifier(*place)))
