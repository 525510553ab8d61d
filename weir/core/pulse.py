"""Signs of life: prints a line now and then while a step takes long, so that a log (of CI, say) shows its progress.

In: the step's name, and its progress in words. Out: a line on standard output every `EVERY` seconds.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from weir.core import terminal

EVERY = 30.0


@contextmanager
def pulse(step: str, so_far: Callable[[], str] = str) -> Iterator[None]:
    """Print the progress of the step (`so_far`, and its seconds) until the block ends; a short step prints nothing."""
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
