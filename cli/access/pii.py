"""`weir pii`: prints which columns hold personal data and where they go; proposes marks for those that look like it.

In: the marks in YAML, the lineage of the project as it is; for proposals samples of raw. Out: tables; never a value.
"""

from weir import warehouse
from weir.access.carried import Lineage, marts_of, read_lineage
from weir.core import terminal
from weir.core.env import load_project
from weir.dbt.compiled import compile_project
from weir.dbt.environment import built_by
from weir.publish.evidence import last_build


def show_marks() -> int:
    """Print the marked columns, what is published, and what lacks a mark; returns 1 where a mart lacks one."""
    project = load_project()
    with warehouse.connect() as connection:
        build = last_build(connection)
    if build and build.code != built_by(project):
        terminal.say("The code has changed since the last build: dbt compiles it …")
        compile_project()
    lineage = read_lineage()
    marts = set(marts_of(lineage.nodes.values()))
    published: list[list[object]] = []
    goes_to: dict[str, list[str]] = {}
    for relation in sorted(marts):
        for column in lineage.names(relation):
            mark = lineage.marks[relation].get(column)
            origins = sorted(set().union(*lineage.derived(relation, column).values()))
            if mark is None:
                continue
            how = "masked" if mark.is_personal else "in clear"
            how = "masked, but for the domain" if mark.keep else how
            published.append([f"{relation[1]}.{column}", mark.kind, ", ".join(origins), how, mark.because])
            for origin in origins:
                goes_to.setdefault(origin, []).append(f"{relation[1]}.{column}")
    entered = [
        [f"{relation[1]}.{column}", mark.kind, ", ".join(goes_to.get(f"{relation[1]}.{column}", []))]
        for relation, marks in sorted(lineage.marks.items()) if relation not in marts
        for column, mark in marks.items() if mark.is_personal
    ]  # fmt: skip
    if not entered and not published:
        terminal.say("No column is marked: `weir pii --propose` looks for those that hold personal data.")
    else:
        terminal.table("Marked where it enters", ["column", "kind", "published as"], entered)
        terminal.table("Published", ["column", "kind", "from", "how", "because"], published)
    return _lacking(lineage)


def _lacking(lineage: Lineage) -> int:
    """Print what lacks a mark and what can't be read; returns 1 where a mart lacks a mark."""
    for (_, name), why in sorted(lineage.unread.items()):
        terminal.say(f"unread: {name} ({why}): what it makes is taken for all that it reads", style="yellow")
    unmarked = lineage.unmarked()
    for each in unmarked:
        terminal.fail(each.sentence)
    if not unmarked:
        terminal.say("Every published column that derives from a marked one has a mark.", style="green")
    return int(bool(unmarked))


def propose_marks(source: str | None) -> int:
    """Print the columns of raw that look personal and have no mark, with the line to write for each."""
    from weir import warehouse
    from weir.access.proposals import SAMPLE, propose
    from weir.core.settings import project_dir
    from weir.project.sources import read_plan

    load_project()
    if source:
        read_plan(project_dir()).pick([source], None)  # names the sources there are
    lineage = read_lineage()
    with warehouse.connect() as connection:
        found = propose(connection, lineage, source)
    if not found:
        terminal.say(f"Nothing else looks personal in the newest {SAMPLE:,} rows of each table.", style="green")
        return 0
    rows = [[each.place, each.kind, each.sure, f"{each.file}\n{each.line}"] for each in found]
    columns = ["column", "kind", "how sure", "to write under `columns:` in"]
    terminal.table("Looks personal, and has no mark", columns, rows)
    terminal.say("Leave unmarked what is not personal.")
    return 0
