"""Unit tests beside the build: a fork of dbt's process runs each as soon as the parents of its model are built.

In: the project as dbt has read it, and the names of nodes that the build has finished. Out: events, and a Built, as
if dbt had run them in the build itself. dbt works on one core only, and unit tests are nearly half of what it does.
Linux only: other systems don't promise that a process which has forked can go on.
"""

import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from weir.core.errors import WeirError
from weir.dbt.passed import Passed
from weir.dbt.results import Built, NodeEvent, OnNode, summary, together

POSSIBLE = sys.platform == "linux"
FEW = 10  # fewer than these wait for more while the build goes on: a round costs dbt a quarter of a second
PATIENCE = (
    120.0  # seconds that the fork may say nothing when nothing else is left: dbt tells of each test's begin and end
)
Run = Callable[[Collection[str], OnNode], Any]


class Beside:
    """The side of the build: `built` names each finished node, `end` waits for the results of the unit tests."""

    def __init__(self, manifest: Any, run: Run, on_node: OnNode, code: str = "", part: bool = False) -> None:
        """Fork; `run` runs the unit tests of some names in the fork and returns dbt's result.

        `code` is the digest of the code: tests that have passed with it do not run again; empty, all run. `part`
        says that the build makes a part of a set that stands: in the end the tests of the rest run, too, but for models
        of which a parent was never built.
        """
        there, self._there = Pipe(duplex=False)
        self._told, told = Pipe(duplex=False)
        waiting: dict[str, set[str]] = {}
        relations: dict[str, set[str]] = {}
        for test in manifest.unit_tests.values():
            found = _parents(manifest, test.depends_on.nodes[0])
            waiting.setdefault(test.name, set()).update(name for name in found if name in manifest.nodes)
            if code:
                relations.setdefault(test.name, set()).update(_relation(manifest, name) for name in found)
        parent = os.getpid()
        # Not by multiprocessing's Process: that closes standard input, which another thread may be reading.
        self._pid = os.fork()
        if self._pid == 0:
            try:
                self._there.close()  # or the end of the build's process would not be seen
                _serve(waiting, Passed(code, relations) if code else None, part, run, there, told, parent)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        there.close()
        told.close()
        self._names: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._result: Built | None = None
        self._heard = time.monotonic()
        self._listener = threading.Thread(target=self._listen, args=(on_node,), daemon=True)
        self._listener.start()
        # A fork that reads nothing must not hold up the build.
        threading.Thread(target=self._tell, daemon=True).start()

    def built(self, node: str) -> None:
        """Tell the fork that the node is there; from any thread."""
        self._names.put(node)

    def end(self) -> Built:
        """Wait until the unit tests of all that is built have ended. Raises WeirError where the fork died or hangs."""
        self.built("")
        self._heard = time.monotonic()
        while self._listener.is_alive() and time.monotonic() - self._heard < PATIENCE:
            self._listener.join(1)
        hangs = self._listener.is_alive()
        os.kill(self._pid, signal.SIGKILL)  # one that has ended keeps its code
        _, status = os.waitpid(self._pid, 0)
        if hangs:
            raise WeirError(
                f"the process of the unit tests said nothing for {PATIENCE:.0f} s and was ended: type the same again"
            )
        if self._result is None:
            raise WeirError(f"the process of the unit tests ended early, with code {os.waitstatus_to_exitcode(status)}")
        return self._result

    def _tell(self) -> None:
        node = "unknown"
        while node:  # the empty name is the last one
            node = self._names.get()
            try:
                self._there.send(node)
            except OSError:
                return  # `end` tells of a fork that has ended

    def _listen(self, on_node: OnNode) -> None:
        try:
            while self._result is None:
                told = self._told.recv()
                self._heard = time.monotonic()
                if isinstance(told, WeirError):
                    self._result = Built(False, str(told), faults=[str(told)])
                elif isinstance(told, Built):
                    self._result = told
                else:
                    on_node(told)
        except EOFError:
            pass


def _parents(manifest: Any, model: str) -> set[str]:
    """The nodes and sources that must be there before a unit test of the model can ask for their columns."""
    found: set[str] = set()
    for name in manifest.nodes[model].depends_on.nodes:
        node = manifest.nodes.get(name)  # none for a source, which has landed
        is_ephemeral = node is not None and node.config.materialized == "ephemeral"
        found |= _parents(manifest, name) if is_ephemeral else {name}
    return found


def _relation(manifest: Any, name: str) -> str:
    """The name of the node or source in the warehouse."""
    return str((manifest.nodes.get(name) or manifest.sources[name]).relation_name)


def _serve(
    waiting: dict[str, set[str]],
    passed: Passed | None,
    part: bool,
    run: Run,
    there: Connection,
    told: Connection,
    parent: int,
) -> None:
    """The side of the fork: run, in rounds, the unit tests whose parents are built and which have not passed before."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    built: set[str] = set()
    results = []
    is_over = False
    lock = threading.Lock()
    ready: list[str] = []

    def on_node(node: NodeEvent) -> None:
        with lock:  # dbt calls from several threads
            told.send(replace(node, total=0))

    try:
        while waiting or ready:
            rest = passed.standing(waiting) if passed and part and is_over else ()
            fresh = [test for test, parents in waiting.items() if parents <= built or test in rest]
            for test in fresh:
                del waiting[test]
            before = passed.among(fresh) if passed and fresh else set()
            if before:
                results.append(Built(True, "", passed_unit_tests=len(before)))
            ready += [test for test in fresh if test not in before]
            if len(ready) < FEW and not is_over:
                node = there.recv()
                is_over = not node
                built.add(node)
                continue
            if not ready:
                break
            result = [each for each in run(ready, on_node).result if each.node.resource_type == "unit_test"]
            ready = []
            results.append(summary(result))
            if passed:
                failed = {each.node.name for each in result if each.status != "pass"}
                passed.keep({each.node.name for each in result} - failed)
        told.send(together(results))
    except EOFError:
        pass
    except WeirError as fault:
        told.send(fault)


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, because nobody waits for its results."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)
