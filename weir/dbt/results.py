"""Turns dbt's results of a build into sentences."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from traceback import walk_tb
from typing import Any

from weir.core.secrets import redact

# Whatever else dbt says of a node is a fault: `partial success`, or a status of a later version.
_GOOD = {"success", "pass", "warn", "no-op"}
# Of dbt's words on a node: what its name says already, where it was called from, what only points at a column.
_NOISE = re.compile(r"\w+ Error in |compiled code at |Please ensure the name|\| (column_name|-+) +\||> |\^|$")
UNIT_TESTS_LEFT_OUT = "Unit tests: not run, for the code is as it was when they passed."


@dataclass
class Failed:
    """A node of dbt's graph that failed: its kind (model, test, unit_test, seed, snapshot …), and what it is about.

    `on` holds the ids of the nodes at which the harm begins: the node itself, or the models and sources that it guards.
    """

    id: str
    name: str
    kind: str
    file: str
    sentence: str
    on: list[str] = field(default_factory=list)
    rows: int | None = None  # that break the rule of a test


@dataclass
class Built:
    """How a build ended; `counts` has the number of nodes by status, `faults` one line per node that failed.

    `warnings` has one line per test that only warns, and found rows. `failed` has the nodes that failed by themselves,
    `tried` the ids of all that were not skipped.
    """

    passed: bool
    sentence: str
    counts: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    passed_unit_tests: int = 0
    all_unit_tests_passed: bool = False  # every unit test of the project, not of a part
    without_unit_tests: bool = False  # they were left out, for the code is as it was when they passed
    warnings: list[str] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    unmarked: list[tuple[str, str]] = field(default_factory=list)  # mart and sentence: personal data without a mark
    drifted: list[tuple[str, str]] = field(
        default_factory=list
    )  # batched model and sentence: what a proof has put right


@dataclass(frozen=True)
class NodeEvent:
    """A node (model, seed, test) that has begun (`state` is started) or ended; moments are dbt's texts.

    `total` is how many nodes the build has, unit tests apart; 0 where that is not known.
    """

    total: int
    id: str
    name: str
    kind: str
    state: str
    started_at: str = ""
    ended_at: str = ""
    message: str = ""


OnNode = Callable[[NodeEvent], None]


class BatchReasons(dict[str, str]):
    """Why the first failed batch of each microbatch model failed, by the model's id.

    A callback of dbt's runner: dbt tells the reason of a batch in an event only, never in its result.
    """

    def __call__(self, message: Any) -> None:
        """Keep the reason that the event holds, if it is the first one of its model."""
        if message.info.name == "GenericExceptionOnRun" and message.data.unique_id:
            self.setdefault(message.data.unique_id, message.data.exc.removeprefix("Exception on worker thread. "))


def summary(result: Any, reasons: Mapping[str, str] | None = None) -> Built:
    """dbt's result of a build, in one sentence; `reasons` tells why batches failed."""
    counts: dict[str, int] = {}
    passed_unit_tests = 0
    failed: list[Any] = []
    skipped: list[Any] = []
    warnings: list[str] = []
    for node in result or []:
        status = str(getattr(node.status, "value", node.status))
        counts[status] = counts.get(status, 0) + 1
        passed_unit_tests += node.node.resource_type == "unit_test" and status == "pass"
        if status == "warn":
            warnings.append(_warning(node))
        if status not in _GOOD:
            (skipped if status == "skipped" else failed).append(node)
    # A node is skipped for one that failed before it; it is named where nothing else says why.
    faults = [node_fault(node, reasons) for node in failed or skipped]
    built = _built(counts, faults, passed_unit_tests, warnings)
    tried = [str(getattr(node.node, "unique_id", "")) for node in result or [] if node not in skipped]
    return replace(built, failed=[_failed(node, reasons) for node in failed], tried=tried)


def _failed(result: Any, reasons: Mapping[str, str] | None) -> Failed:
    """The node that failed, and where the harm begins: a test stands on the models that it guards."""
    node, kind, rows = result.node, str(result.node.resource_type), getattr(result, "failures", None)
    guarded = getattr(node, "attached_node", None)
    read = getattr(getattr(node, "depends_on", None), "nodes", [])
    guarded = guarded or getattr(node, "tested_node_unique_id", None)
    on = [guarded] if guarded else [str(each) for each in read] if "test" in kind else []
    itself, said = str(getattr(node, "unique_id", "")), node_fault(result, reasons)
    counted_rows = rows if kind == "test" else None
    return Failed(itself, node.name, kind, str(node.original_file_path), said, on or [itself], counted_rows)


def _warning(result: Any) -> str:
    """The test that warns, with its file and the number of rows that it found."""
    node, rows = result.node, getattr(result, "failures", None)  # a model that warns counts no rows
    said = f"{rows:,} row{'' if rows == 1 else 's'}" if rows is not None else one_line(result.message)
    return f"{node.name} ({node.original_file_path}): {said}"


def together(parts: Sequence[Built]) -> Built:
    """Join the parts of a build into one."""
    counts = sum((Counter(part.counts) for part in parts), Counter())
    faults = [fault for part in parts for fault in part.faults]
    warnings = [warning for part in parts for warning in part.warnings]
    built = _built(counts, faults, sum(part.passed_unit_tests for part in parts), warnings)
    failed = [each for part in parts for each in part.failed]
    return replace(built, failed=failed, tried=[each for part in parts for each in part.tried])


def _built(counts: Mapping[str, int], faults: list[str], passed_unit_tests: int, warnings: list[str]) -> Built:
    told = sentence(faults) if faults else f"built and tested: {counted(counts)}"
    return Built(not faults, told, dict(counts), faults, passed_unit_tests, warnings=warnings)


def counted(counts: Mapping[str, int]) -> str:
    """The number of nodes by status, in words: 232 pass, 73 success."""
    return ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))


def node_fault(result: Any, reasons: Mapping[str, str] | None = None) -> str:
    """dbt's result of a node that failed, in one line: which model or test, in which file, what is wrong."""
    node, text = result.node, str(result.message or result.status)
    batches = getattr(result, "batch_results", None)
    if batches and batches.failed:
        number = len(batches.failed) + len(batches.successful)
        reason = (reasons or {}).get(node.unique_id, "its log says why")
        text = f"{len(batches.failed)} of {number} batches failed, the first from {min(batches.failed)[0]} on: {reason}"
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = [line for line in map(str.strip, text.splitlines()) if not _NOISE.match(line)]
    what = one_line(" ".join(lines))
    return f"{str(node.resource_type).replace('_', ' ')} {node.name} ({node.original_file_path}): {what}"


def sentence(faults: Sequence[str]) -> str:
    """The sentence of a failed build: a single fault with its reason, of several faults the names."""
    if len(faults) == 1:
        return faults[0]
    more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
    return f"{len(faults)} failed: {', '.join(fault.split(' (')[0] for fault in faults[:3])}{more}"


def one_line(fault: object) -> str:
    """The fault's text on one line of 400 letters at most, secrets out; with the file that dbt was reading."""
    text = " ".join(redact(fault).split())
    what, file = _read_last(fault) if isinstance(fault, BaseException) else ("", "")
    return (f"{what} ({file}): {text}" if file and file not in text else text)[:400]


def _read_last(fault: BaseException) -> tuple[str, str]:
    """The node and the file that dbt was reading when it stopped: many of its parsing errors name neither."""
    step: BaseException | None = fault
    while step is not None:
        for frame, _ in reversed(list(walk_tb(step.__traceback__))):
            for name in ("node", "parsed_node", "block", "target", "source"):
                found = frame.f_locals.get(name)
                path = getattr(getattr(found, "file", None), "path", found)
                file = getattr(path, "original_file_path", None)
                if isinstance(file, str) and file:
                    return str(getattr(found, "name", "") or file), file
        step = step.__cause__ or step.__context__
    return "", ""
