"""A sign of life: while a step takes long, a line now and then, so that a log (of CI, say) shows how far it is.

In: the step's name, and what it says of itself. Out: a line on standard output every `EVERY` seconds.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from weir.core import terminal

EVERY = 30.0


@contextmanager
def pulse(step: str, so_far: Callable[[], str] = str) -> Iterator[None]:
    """Say how far the step is (`so_far` in words, and its seconds) until the block ends; nothing when that is soon."""
    began, over = time.monotonic(), threading.Event()

    def tell() -> None:
        while not over.wait(EVERY):
            words = filter(None, [so_far(), f"{time.monotonic() - began:.0f} s"])
            terminal.say(f"{step}: {', '.join(words)} so far", style="dim")

    threading.Thread(target=tell, name=f"pulse of {step}", daemon=True).start()
    try:
        yield
    finally:
        over.set()
