"""Everything in the warehouse but raw: marts, their undo, colleagues' schemas, what Weir wrote down about itself.

In: the values, the keys of the person in staging. Out: these tables without the person; digests of published marts.
"""

from dataclasses import replace

from psycopg import sql

from weir.access.forget import judged, person, published, sweep
from weir.access.forget.sweep import Relation
from weir.access.forget.work import Work
from weir.project.marts import NEXT, PRIVATE, PUBLISHED

_OURS = ("staging", "intermediate", PUBLISHED, NEXT, PRIVATE, "quality", "undo", "ops", "reference")


def clean(work: Work, keys: dict[str, list[str]]) -> None:
    """Take the person out of every table but those of declared raw; `keys` are the person's, by staging model."""
    there = {(each.schema, each.name): _told(work, each) for each in sweep.relations(work.connection)}
    for relation in there.values():
        _by_key(work, relation, keys)
        if relation.name == "batched_models":
            # Rows are taken out of tables by hand, behind the record of their batches: the next build makes them whole.
            work.connection.execute(sql.SQL("delete from {}").format(relation.id))
    if not work.search.finding:
        return
    swept = {place.relation.as_string(work.connection) for place in person.places(work.connection, work.plan)}
    marts: set[tuple[str, str]] = set()
    intact = judged.intact(work.connection)
    renewed: set[str] = set()
    for place, relation in there.items():
        if relation.id.as_string(work.connection) in swept or place == published.UNDO:
            continue
        work.report(relation.label)
        if not _is_ours(relation.schema):
            if rows := sweep.count(work.connection, relation, work.search):
                work.done.left.append(f"{relation.label} is not Weir's, and holds a value in {rows:,} rows")
            continue
        changed, deleted = sweep.clean(work.connection, relation, work.search)
        work.add(*place, work.kinds, changed, "values taken out")
        work.add(*place, work.kinds, deleted, "deleted")
        if (changed or deleted) and relation.schema in {PUBLISHED, PRIVATE}:
            marts.add(place)
        if (changed or deleted) and relation.schema == NEXT and relation.name in intact:
            renewed.add(relation.name)
    undo = published.clean_undo(work.connection, work.search, there)
    work.add(*published.UNDO, work.kinds, undo[0], "values taken out")
    work.add(*published.UNDO, work.kinds, undo[1], "deleted")
    if marts:
        published.renew_digests(work.connection, marts)
    judged.renew(work.connection, renewed)
    judged.renew_batches(work.connection, [mart for mart in work.marts if (NEXT, mart.name) in work.touched])


def _told(work: Work, relation: Relation) -> Relation:
    """The relation; of a mart its grain counts as unique."""
    grains = {mart.name: frozenset(mart.grain) for mart in work.marts}
    is_mart = any(
        relation.schema == each or relation.schema.endswith(f"_{each}") for each in (PUBLISHED, NEXT, PRIVATE)
    )
    if not is_mart or relation.name not in grains:
        return relation
    return replace(relation, unique=relation.unique | grains[relation.name])


def _by_key(work: Work, relation: Relation, keys: dict[str, list[str]]) -> None:
    """Delete the person's rows from a colleague's staging and quarantine: these rows are there by the same key."""
    if relation.name in keys and relation.schema.endswith("_staging"):
        where = sql.SQL("_key = any({})").format(sql.Literal(keys[relation.name]))
        _delete(work, relation, where)
    if relation.name == "quarantine" and relation.schema.endswith("_quality"):
        for model, mine in keys.items():
            where = sql.SQL("model = {} and key = any({})").format(sql.Literal(model), sql.Literal(mine))
            _delete(work, relation, where)


def _delete(work: Work, relation: Relation, where: sql.Composable) -> None:
    rows = work.connection.execute(sql.SQL("delete from {} where {}").format(relation.id, where)).rowcount
    work.add(relation.schema, relation.name, "the person's row", rows, "deleted")


def _is_ours(schema: str) -> bool:
    """Whether Weir, or a colleague's dbt, made the schema."""
    return schema in _OURS or schema.startswith("raw_") or any(schema.endswith(f"_{each}") for each in _OURS)
