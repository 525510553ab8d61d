"""The flow of a share: one export that the project declares.

In: the share's name. Out: its file, and a row of `ops.exports`. Alone: `weir export --share NAME`, or a deployment
`share/NAME`, which `make serve` makes of each share.
"""

from prefect import flow
from prefect.artifacts import create_table_artifact

from weir.core.env import load_env
from weir.core.private import keep_private


@flow(name="share", flow_run_name="share-{name}", persist_result=False, retries=1, retry_delay_seconds=30)
def share(name: str) -> int:
    """Give out what the share declares; returns the number of rows."""
    from weir.access.exports.export import export
    from weir.access.shares import wanted_of

    keep_private()
    load_env()
    given = export(wanted_of(name))
    row = {"export": given.export, "to": given.to, "rows": given.rows, "sha256": given.digest}
    create_table_artifact([row], key="export", description=f"What the share {name} gave out.")
    return given.rows
