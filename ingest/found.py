"""The tables of a source that says `tables: {include: …}`: what is at the source, beside what is declared by hand.

In: the source, its connector, and the tables that earlier landings found. Out: the source with all its tables. A table
lands under its name, under `schema_table` where another schema has a table of that name; the default schema's keeps its
own. A name stays once a table has landed under it. A table that is gone stays on the list, so that its landing tells.
"""

from ingest.connectors.base import Connector, Found
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.project.plan import Source, Table

SHOWN = 8  # names that a message lists


def complete(source: Source, connector: Connector, before: list[Table]) -> Source:
    """The source with the tables that its connector finds. Raises WeirError where none fits, or two have one name."""
    choice = source.choice
    if choice is None:
        return source
    catalog = getattr(connector, "catalog", None)
    if catalog is None:
        raise WeirError("`tables: {include: …}` is for databases: declare the tables of files and APIs by name")
    there: list[Found] = catalog()
    declared = {table.origin or table.name for table in source.tables}
    called = {(told["schema"], told["name"]): table.name for table in before if (told := table.found)}
    taken = {table.name for table in source.tables} | set(called.values())
    chosen = [each for each in there if choice.takes(each.schema, each.name) and not each.names & declared]
    if not chosen and not source.tables:
        names = ", ".join(each.label for each in there[:SHOWN]) or "none that the account may read"
        none = f"`tables` includes no table that is at the source; it has: {names}"
        raise WeirError(none, cause=Cause.TABLE_GONE)
    tables = []
    for each in sorted(chosen, key=lambda each: not each.is_default):
        alone = [other.name for other in chosen].count(each.name) == 1
        name = called.pop((each.schema, each.name), "")
        if not name:
            name = shortened(each.name if (alone or each.is_default) and each.name not in taken else each.long_name)
            if name in taken:
                raise WeirError(
                    f"{each.label} would land as {name}, as another table does: declare one of them by name",
                    cause=Cause.SHAPE_CHANGED,
                )
            taken.add(name)
        origin = None if each.is_default and name == each.name else each.label
        facts = {"name": name, "key": each.key, "from": origin, "found": {"schema": each.schema, "name": each.name}}
        tables.append(Table.model_validate(facts))
    gone = [table for table in before if table.name in called.values()]
    found = sorted([*tables, *gone], key=lambda table: table.name)
    wanted = source.wanted
    missing = [name for name in wanted if name not in {table.name for table in [*source.tables, *found]}]
    if missing:
        raise WeirError(f"no table {source.name}.{missing[0]} is declared, and `tables` includes none of that name")
    return source.model_copy(
        update={"tables": [*source.tables, *(table for table in found if not wanted or table.name in wanted)]}
    )
