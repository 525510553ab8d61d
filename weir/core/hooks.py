"""Hooks: functions that `.env` names, called before sources are read (landing, `weir verify`) and by `weir down`.

In: `WEIR_BEFORE_LANDING` and `WEIR_BEFORE_DOWN`, each a function as module:function (`tunnels:open_all`). Python finds
the module where it finds any other, or in the project's folder. Out: the function was called, without arguments. A
variable that it sets, such as the address of a source, holds for the command; where Weir works does not change.
"""

import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

from weir.core.env import load_env, outer
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.core.settings import project_dir

BEFORE_LANDING = "WEIR_BEFORE_LANDING"
BEFORE_DOWN = "WEIR_BEFORE_DOWN"
DEMO = {BEFORE_LANDING: "demo.hooks:up", BEFORE_DOWN: "demo.hooks:down"}
# Where Weir works: no hook moves it in the middle of a command.
_PLACES = ("WEIR_HOME", "WEIR_PROJECT_DIR", "WAREHOUSE_URL")


def call(name: str) -> None:
    """Call the function that the variable names; do nothing where the variable is not set.

    Raises WeirError when the function can't be found or fails.
    """
    load_env()
    # The `.env` of a demo that was made before there were hooks has WEIR_DEMO alone.
    hook = (os.environ.get(name) or "").strip() or (DEMO[name] if os.environ.get("WEIR_DEMO") == "1" else "")
    if not hook:
        return
    if str(project_dir()) not in sys.path:
        sys.path.append(str(project_dir()))
    with _kept():
        _call(name, hook)


def _call(name: str, hook: str) -> None:
    module, _, function = (part.strip() for part in hook.partition(":"))
    try:
        called = getattr(import_module(module), function)
    except Exception as fault:
        raise WeirError(
            f"{name}={hook} can't be found ({' '.join(redact(fault).split())}): write it in .env as module:function, "
            "the module in the project's folder or installed, or take the line out"
        ) from None
    try:
        result = called()
    except WeirError:
        raise
    except (Exception, SystemExit) as fault:
        cause = " ".join(redact(fault).split())
        raise WeirError(
            f"{name}={hook} failed ({type(fault).__name__}: {cause}): mend that function, then type the same again"
        ) from None
    # Called, such a function returns at once, and nothing of it has run.
    if inspect.isawaitable(result) or inspect.isasyncgen(result) or inspect.isgenerator(result):
        if inspect.iscoroutine(result):
            result.close()  # or Python warns of it
        raise WeirError(f"{name}={hook} did not run, for it is async or a generator: make it a plain function")


@contextmanager
def _kept() -> Iterator[None]:
    """Restore the working directory, the variables that were removed, and the places where Weir works."""
    environment, exported = dict(os.environ), outer()
    folder = os.open(".", os.O_RDONLY)  # not by its name, which may lead elsewhere by then
    try:
        yield
    finally:
        with suppress(OSError):
            os.fchdir(folder)
        os.close(folder)
        for name, value in environment.items():
            os.environ.setdefault(name, value)
        now = outer()
        for name in _PLACES:
            if now.get(name) == exported.get(name):
                continue  # unchanged, or Weir's own: a hook may ask for the warehouse
            if name in environment:
                os.environ[name] = environment[name]
            else:
                os.environ.pop(name, None)
