"""The artifacts of a run: what the run did, as tables on its page in Prefect.

In: a Run that has ended, well or not. Out: the artifacts `balance`, `gates`, `changed-rows` and `run`; each key has a
history over all runs. A run does not depend on them: the terminal and the run's log say the same.
"""

import os
from collections.abc import Sequence
from urllib.parse import quote

import yaml
from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows import server
from flows.run import Run
from weir.core import ports
from weir.core.secrets import printable
from weir.core.settings import home, project_dir
from weir.ledger.report import balance_rows
from weir.publish.changes import change_rows


def write(run: Run, fault: BaseException | None) -> None:
    """Write the artifacts of a run that `fault` ended, or nothing. A server that takes none raises nothing here."""
    try:
        if not server.healthy(os.environ["PREFECT_API_URL"]):
            return  # the run's end says that the page ends early
        _table(
            "balance",
            "Every row of this run, from source to staging",
            *balance_rows(run.lines),
        )
        _table("gates", "What the gates found", *_gates(run))
        _table("changed-rows", "Rows that this publication changed", *change_rows(run.changes or []))
        create_markdown_artifact(_summary(run, fault), key="run", description="How this run ended")
    except Exception as refusal:  # an HTTP client and a server may raise anything here
        get_run_logger().warning("Prefect's server did not take the artifacts of this run: %s", printable(refusal))


def _table(key: str, description: str, columns: list[str], rows: Sequence[Sequence[object]]) -> None:
    """One table, left out when it has no rows."""
    if rows:
        names = [name.removesuffix("#") for name in columns]
        cells = [[_cell(value) for value in row] for row in rows]
        create_table_artifact([dict(zip(names, row, strict=True)) for row in cells], key=key, description=description)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return value if value is None or isinstance(value, int) else _plain(str(value))


def _gates(run: Run) -> tuple[list[str], list[list[object]]]:
    """A row for each failed check, and one for each scope that passed; with the words that accept a failed check."""
    rows: list[list[object]] = []
    for gate in run.gates:
        scope = [gate["gate"], gate["scope"]]
        rows += [
            [
                *scope,
                "accepted" if each["accepted"] else "FAILED",
                each["sentence"],
                f'weir run --accept "{each["id"]}"',
            ]
            for each in gate["failures"]
        ] or [[*scope, "passed", "", ""]]
    return ["gate", "scope", "verdict", "what was found", "to go on despite it"], rows


def _summary(run: Run, fault: BaseException | None) -> str:
    """How the run ended and where to look, as Markdown."""
    faults = run.all_faults()
    if fault is not None:
        faults.append(str(fault) if isinstance(fault, Exception) else "interrupted")
    lines = ["**The run failed.**" if faults else "**The run succeeded.**", ""]
    lines += [f"- {_plain(each)}" for each in faults]
    steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in run.seconds.items())
    lines += ["", f"Seconds: {steps}", "", "| to see | open |", "| --- | --- |"]
    places = {
        "this run's log": run.logs / "output.log",
        "what the gates found": home() / "data_docs" / "index.html",
    }
    lines += [f"| {name} | `{place}` |" for name, place in places.items()]
    lines += [
        f"| {name} | `{command}` |"
        for name, command in {
            "rows that wait in quarantine": "weir quarantine",
            "the proof down to the row": "weir verify",
        }.items()
    ]
    pages = f"http://127.0.0.1:{ports.DOCS}"
    served = "while `make serve` or `weir docs` runs"
    lines.append(f"| whether the data are good, and how fresh | [the portal]({pages}), {served} |")
    lines.append(f"| models, columns and lineage | [dbt docs]({pages}/dbt/), {served} |")
    marts = [each for each in run.changes or [] if each.inserted or each.updated or each.deleted]
    if marts:
        project = yaml.safe_load((project_dir() / "dbt_project.yml").read_text())["name"]
        lines += ["", "The marts that changed, in dbt docs:", ""]
        lines += [f"- [{_plain(each.mart)}]({pages}/dbt/#!/model/model.{project}.{quote(each.mart)})" for each in marts]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """The text, escaped: Prefect reads Markdown and HTML, also in the cells of a table."""
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{letter}" if letter in "\\`*[]|" else letter for letter in text)
