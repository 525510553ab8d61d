"""The rights that each role needs, and no others; docs/reference/roles.md says the same in words.

In: a State. Out: who should own each schema and relation, each right that is wanted, the settings of people's roles.
"""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

from weir.warehouse.roles.names import GROUPS, NAMES, Role
from weir.warehouse.roles.state import PUBLIC, Relation, Right, Schema, State

LOADER, DBT, PUBLISHER, ANALYST = (role.value for role in (Role.LOADER, Role.DBT, Role.PUBLISHER, Role.ANALYST))
PRIVATE, AUDITOR = GROUPS
SCHEMA_FILES = Path(__file__).parents[1] / "schema"
LANDED, BUILT, PUBLISHED, KEPT_PRIVATE, UNDO, OPS = "landed", "built", "published", "private", "undo", "ops"
_NAMED = {"staging": BUILT, "intermediate": BUILT, "analytics_next": BUILT, "reference": BUILT, "analytics": PUBLISHED,
          "analytics_private": KEPT_PRIVATE, "undo": UNDO, "ops": OPS, "quality": OPS}  # fmt: skip
_OWNERS = {LANDED: LOADER, BUILT: DBT, PUBLISHED: PUBLISHER, KEPT_PRIVATE: PUBLISHER, UNDO: PUBLISHER}
_WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")
# Tables of Weir's own that landing and dbt write; publication and the commands write the others, and read all.
_WRITERS: dict[str, dict[str, tuple[str, ...]]] = {
    "ops.landings": {LOADER: ("SELECT", "INSERT")},
    "ops.digests": {LOADER: _WRITE},
    "ops.key_bits": {LOADER: _WRITE},
    "ops.lake_files": {LOADER: ("SELECT", "INSERT"), PUBLISHER: _WRITE},
    "ops.ledger": {DBT: ("INSERT",)},
    "ops.staged_code": {DBT: ("INSERT", "UPDATE")},
    "ops.batches": {DBT: ("INSERT", "UPDATE", "DELETE")},
    "ops.batch_keys": {DBT: ("INSERT", "UPDATE", "DELETE")},
    "ops.batch_inputs": {DBT: ("INSERT", "UPDATE", "DELETE")},
    "ops.batched_models": {DBT: ("INSERT", "UPDATE", "DELETE")},
    "ops.batch_faults": {DBT: ("INSERT",)},
    "ops.spark_staging": {DBT: ("INSERT", "UPDATE", "DELETE")},
    "ops.erased": {LOADER: ("SELECT",)},
    "ops.erased_values": {LOADER: ("SELECT",)},
    "ops.disclosures": {PUBLISHER: ("INSERT",)},
    "quality.accepted": {PUBLISHER: ("INSERT", "UPDATE")},
    "quality.quarantine": {DBT: ("INSERT", "UPDATE", "DELETE", "MAINTAIN")},
}
_KEPT = {"quality.quarantine", "quality.accepted"}  # rows and keys as received: personal data in clear
# The settings of a person's session; another value that somebody gave a role stays.
SETTINGS = {
    role: {"default_transaction_read_only": "on", "statement_timeout": "10min", "search_path": path, "TimeZone": "UTC"}
    for role, path in (
        (ANALYST, "analytics"),
        (PRIVATE, "analytics, analytics_private"),
        (AUDITOR, "ops, quality"),
    )
}
COMMENTS = {
    LOADER: "Weir: lands rows in raw",
    DBT: "Weir: dbt builds and tests with it",
    PUBLISHER: "Weir: publishes, and does all else of a run",
    ANALYST: "Weir: reads the published marts",
    PRIVATE: "Weir: reads the published marts, and personal data in clear",
    AUDITOR: "Weir: reads ops, and what waits in quarantine but for the rows",
}


@functools.cache
def own_tables() -> frozenset[str]:
    """The tables that Weir's own files make, as schema.table."""
    text = "\n".join(file.read_text() for file in SCHEMA_FILES.glob("*.sql"))
    return frozenset(re.findall(r"create table if not exists (\w+\.\w+)", text))


def use_of(schema: Schema) -> str:
    """What the schema is for; nothing where it is none of Weir's."""
    if schema.name in _NAMED:
        return _NAMED[schema.name]
    if any(table.startswith(f"{schema.name}.") for table in own_tables()):
        return OPS
    if schema.owner == LOADER or (schema.landed and schema.name.startswith("raw_")):
        return LANDED
    return BUILT if schema.owner == DBT else ""


def owner_of_schema(schema: Schema, state: State) -> str:
    """Who should own the schema: Weir's own are the account's."""
    return _OWNERS.get(use_of(schema), state.account)


def owner_of(relation: Relation, use: str, state: State) -> str:
    """Who should own the relation; whoever owns it now where that is a person's choice."""
    if use == OPS:
        known = f"{relation.schema}.{relation.name}" in own_tables()
        return state.account if known else DBT if relation.kind == "v" else relation.owner
    if use in {LANDED, BUILT} or relation.kind in "rp":
        return _OWNERS[use]
    return relation.owner  # a view of a person's own beside the marts


def rights(state: State) -> set[Right]:
    """Every right that a role of Weir's should have beyond what it owns."""
    uses = {schema.name: use_of(schema) for schema in state.schemas}
    found = {Right("database", state.database, role, "CONNECT") for role in NAMES}
    for role in (LOADER, DBT, PUBLISHER):
        found |= {Right("database", state.database, role, each) for each in ("CREATE", "TEMPORARY")}
    for schema in state.schemas:
        found |= {Right("schema", schema.quoted, *each) for each in _on_schema(schema, uses[schema.name])}
    for relation in state.relations:
        if use := uses.get(relation.schema):
            owner = owner_of(relation, use, state)
            found |= {
                Right("table", relation.quoted, role, privilege)
                for role, privilege in _on_relation(relation, use)
                if role != owner and (privilege != "MAINTAIN" or state.version >= 17)
            }
    # A right that everybody has is wanted where it is none of Weir's to take.
    mine = {schema.quoted for schema in state.schemas if uses[schema.name] not in {"", PUBLISHED}}
    for right in state.rights:
        if right.role == PUBLIC and right.kind != "database" and right.object.split(".")[0] not in mine:
            found.add(right)
    # A run's lock is an advisory one. On the embedded server nobody else may take it (differences.py).
    found |= {right for right in state.rights if is_lock(right) and right.role in (LOADER, DBT, PUBLISHER)}
    return found | set(_defaults())


def is_lock(right: Right) -> bool:
    """Whether the right is to take advisory locks."""
    return right.kind == "function" and right.object.startswith(("pg_advisory", "pg_try_advisory"))


def _on_schema(schema: Schema, use: str) -> Iterator[tuple[str, str]]:
    readers = {
        LANDED: (DBT, PUBLISHER), BUILT: (PUBLISHER,), PUBLISHED: (ANALYST, PRIVATE), KEPT_PRIVATE: (PRIVATE,),
        OPS: (DBT, PUBLISHER, AUDITOR), UNDO: (), "": (),
    }  # fmt: skip
    for role in readers[use]:
        yield role, "USAGE"
    if schema.name == "ops":
        yield LOADER, "USAGE"
    if schema.name in {"ops", "quality"}:
        yield DBT, "CREATE"  # its views


def _on_relation(relation: Relation, use: str) -> Iterator[tuple[str, str]]:
    readers = {LANDED: (DBT, PUBLISHER), BUILT: (PUBLISHER,), PUBLISHED: (ANALYST, PRIVATE), KEPT_PRIVATE: (PRIVATE,),
               OPS: (DBT, PUBLISHER, AUDITOR), UNDO: ()}  # fmt: skip
    name = f"{relation.schema}.{relation.name}"
    for role in readers[use]:
        if role != AUDITOR or name not in _KEPT:
            yield role, "SELECT"
    if name in own_tables() and use == OPS:
        for role, privileges in _WRITERS.get(name, {PUBLISHER: _WRITE}).items():
            for privilege in privileges:
                yield role, privilege
    elif relation.schema == "analytics_next":  # where publication restores what a failed set left
        for privilege in _WRITE[1:]:
            yield PUBLISHER, privilege


def _defaults() -> Iterator[Right]:
    """The rights on what a role will make."""
    for maker, reader in ((LOADER, DBT), (LOADER, PUBLISHER), (DBT, PUBLISHER)):
        yield Right("default schemas", f"for role {maker}", reader, "USAGE")
        yield Right("default tables", f"for role {maker}", reader, "SELECT")
    for privilege in _WRITE[1:]:
        yield Right("default tables", f"for role {DBT} in schema analytics_next", PUBLISHER, privilege)
    for schema in ("ops", "quality"):
        yield Right("default tables", f"for role {DBT} in schema {schema}", AUDITOR, "SELECT")
    for reader in (ANALYST, PRIVATE):
        yield Right("default tables", f"for role {PUBLISHER} in schema analytics", reader, "SELECT")
    yield Right("default tables", f"for role {PUBLISHER} in schema analytics_private", PRIVATE, "SELECT")
