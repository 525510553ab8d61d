"""The flow: land, judge what landed, build, judge what was built, publish, balance.

In: parameters. Out: readers see the new set, or what they saw before; the run in `ops.runs` and in Prefect.
Alone: `weir run` (cli/run.py), or a deployment of prefect.yaml.
"""

import sys
from datetime import datetime

from prefect import flow
from prefect.runtime import flow_run

from flows import after, artifacts, output, steps
from flows.run import Run
from weir.core import settings
from weir.core.env import load_env
from weir.core.private import keep_private


@flow(name="elt", persist_result=False)
def elt(
    sources: list[str] | None = None,
    select: str | None = None,
    full_refresh: bool = False,
    as_of: datetime | None = None,
    full_compare: bool = False,
    accept: list[str] | None = None,
    wait: bool = True,
) -> str:
    """Land what is new, and publish what passes both gates."""
    keep_private()  # a worker that was started by hand has the umask of that shell
    load_env()
    run = Run(flow_run.id, as_of or settings.as_of(), sources, select, full_refresh, full_compare, accept or [], wait)
    try:
        with run:
            after.began(run)
            try:
                landed = steps.land(run, return_state=True)
                if not run.down:  # the run goes on without a source that is down, but not after any other fault
                    landed.result()
                steps.gate_raw(run)
                steps.build(run)
                steps.gate_marts(run)
                steps.publish(run)
                steps.balance(run)
            finally:
                fault = sys.exc_info()[1]
                output.told(run, fault)
                artifacts.write(run, fault)
            run.finish()
            output.next_steps()
    finally:
        after.ended(run, sys.exc_info()[1])
    return run.run_id
