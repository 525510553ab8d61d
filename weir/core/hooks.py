"""Hooks: functions that `.env` names, called before sources are read (landing, `weir verify`) and by `weir down`.

In: `WEIR_BEFORE_LANDING` and `WEIR_BEFORE_DOWN`, each a function as module:function (`tunnels:open_all`). Python finds
the module where it finds any other, or in the project's folder. Out: the function was called, without arguments.
"""

import os
import sys
from importlib import import_module

from weir.core.env import load_env
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.core.settings import project_dir

BEFORE_LANDING = "WEIR_BEFORE_LANDING"
BEFORE_DOWN = "WEIR_BEFORE_DOWN"
DEMO = {BEFORE_LANDING: "demo.hooks:up", BEFORE_DOWN: "demo.hooks:down"}


def call(name: str) -> None:
    """Call the function that the variable names; do nothing where the variable is not set.

    Raises WeirError when the function can't be found or fails.
    """
    load_env()
    # The `.env` of a demo that was made before there were hooks has WEIR_DEMO alone.
    hook = os.environ.get(name) or (DEMO[name] if os.environ.get("WEIR_DEMO") == "1" else "")
    if not hook:
        return
    module, _, function = hook.partition(":")
    if str(project_dir()) not in sys.path:
        sys.path.append(str(project_dir()))
    try:
        called = getattr(import_module(module), function)
    except Exception as fault:
        raise WeirError(
            f"{name}={hook} can't be found ({' '.join(redact(fault).split())}): write it in .env as module:function, "
            "the module in the project's folder or installed, or take the line out"
        ) from None
    try:
        called()
    except WeirError:
        raise
    except (Exception, SystemExit) as fault:
        cause = " ".join(redact(fault).split())
        raise WeirError(
            f"{name}={hook} failed ({type(fault).__name__}: {cause}): mend that function, then type the same again"
        ) from None
