"""Reading ahead: a thread reads the source while the warehouse takes the blocks that were read before."""

import queue
import threading
from collections.abc import Iterator
from typing import Any

AHEAD = 8  # how many blocks may wait for the warehouse


def ahead(blocks: Iterator[bytes], size: int = AHEAD) -> Iterator[bytes]:
    """Read blocks in a thread of their own, up to `size` blocks ahead; yields them in order."""
    held: queue.Queue[Any] = queue.Queue(size)
    stop = threading.Event()

    def put(item: Any) -> None:
        while not stop.is_set():
            try:
                held.put(item, timeout=0.2)
                return
            except queue.Full:
                continue

    def fill() -> None:
        try:
            for block in blocks:
                put(block)
                if stop.is_set():
                    return
            put(None)
        except BaseException as fault:
            put(fault)

    thread = threading.Thread(target=fill, daemon=True)
    thread.start()
    try:
        while (item := held.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        thread.join(1)
