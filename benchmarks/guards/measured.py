"""The measurement: plans the faults, runs them batch by batch, and makes the tables of what was caught and missed."""

from collections import Counter
from collections.abc import Sequence

from benchmarks.guards.copies import UnfitError, copy_of
from benchmarks.guards.judge import Verdict, false_alarms, judged
from benchmarks.guards.plan import Injected, batches, places, planned
from benchmarks.guards.project import NAME, Project
from benchmarks.place import own_home, say
from weir.project.scaffold.proposal import Choices

HEAD = ["fault", "put in#", "caught#", "by", "good rows rejected#"]
MISSED = ["fault missed", "where"]
Tables = tuple[tuple[str, list[list[object]], str], tuple[str, list[list[object]], str]]


def measure_guards(address: str, more: list[str], each: int, only: str, keep: bool) -> Tables:
    """Measure the guards on a copy of the source; `each` is how often each kind of fault is put in."""
    with own_home(keep) as home:
        from ingest.connectors.registry import open_describer
        from weir.project.scaffold.propose import propose
        from weir.warehouse.embedded.server import start_server

        server = start_server()
        copy = copy_of(address, home, server)
        project = Project(home, server)
        schemas = tuple(more[n + 1] for n, word in enumerate(more) if word == "--schema")
        with open_describer("GUARDED_URL", copy.url) as describer:
            found = propose(describer, Choices(NAME, "GUARDED_URL", schemas))
        say(f"{len(found)} tables; scaffolded and run …")
        project.add(copy.url, more)
        clean = project.run()
        for guard, lines in clean.items():
            if lines:
                say(f"without a fault, {guard}: {lines[:3]}")
        runs = batches(planned(places(found, copy), each, only))
        verdicts: list[Verdict] = []
        elsewhere = alarms = 0
        for number, batch in enumerate(runs, 1):
            copy.restore()
            put = [each_ for each_ in batch if _put(copy, each_)]
            seen = project.run(max((i.change.days_later for i in put), default=0))
            caught, other = judged(seen, put, clean)
            verdicts += caught
            for alarm in false_alarms(seen, put, clean):
                alarms += 1
                say(f"{number} of {len(runs)}: a false alarm: {alarm}")
            elsewhere += other
            for each_ in caught:
                good = f"; {each_.good} good rows rejected" if each_.good else ""
                said = f"{each_.by}: {each_.said[:150]}" if each_.by else "missed"
                say(f"{number} of {len(runs)}: {each_.injected.fault.name} ({_where(each_.injected)}): {said}{good}")
        return _tables(verdicts, elsewhere, alarms)


def _put(copy: object, injected: Injected) -> bool:
    try:
        copy.change(injected.place.table, injected.change)  # type: ignore[attr-defined]
    except UnfitError as fault:
        say(f"not possible there: {injected.fault.name} ({_where(injected)}): {fault}")
        return False
    return True


def _where(injected: Injected) -> str:
    return ".".join(part for part in (injected.place.table.name, injected.column) if part)


def _tables(verdicts: Sequence[Verdict], elsewhere: int, alarms: int) -> Tables:
    names = list(dict.fromkeys(verdict.injected.fault.name for verdict in verdicts))
    lines: list[list[object]] = []
    for name in names:
        mine = [verdict for verdict in verdicts if verdict.injected.fault.name == name]
        by = Counter(verdict.by for verdict in mine if verdict.by)
        guards = ", ".join(f"{guard} {count}" if len(by) > 1 else guard for guard, count in by.most_common())
        lines.append([name, len(mine), sum(by.values()), guards or None, sum(verdict.good for verdict in mine)])
    caught = sum(bool(verdict.by) for verdict in verdicts)
    good = sum(verdict.good for verdict in verdicts) + elsewhere
    share = 100 * caught / max(len(verdicts), 1)
    note = (f"{caught} of {len(verdicts)} faults of {len(names)} kinds were caught ({share:.0f} of 100); "
            f"{good} good rows rejected; {alarms} false alarms")  # fmt: skip
    missed: list[list[object]] = [[verdict.injected.fault.name, _where(verdict.injected)]
                                  for verdict in verdicts if not verdict.by]  # fmt: skip
    return ("Guards", lines, note), ("Missed", missed, f"{len(missed)} faults were missed")
