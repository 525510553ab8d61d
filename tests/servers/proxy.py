"""A TCP proxy before a server, which can hold back what the server sends: a source that pauses."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Proxy:
    """`port` leads to the server; while `pause_after` bytes have passed and `open` is not set, nothing more does."""

    def __init__(self, port: int) -> None:
        self.behind = port
        self.pause_after: int | None = None
        self.passed = 0
        self.open = threading.Event()
        self.paused = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.behind))
                threading.Thread(target=self._copy, args=[client, server, False], daemon=True).start()
                threading.Thread(target=self._copy, args=[server, client, True], daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, back: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(65536):
                if back:
                    self.passed += len(block)
                    if self.pause_after is not None and self.passed > self.pause_after and not self.open.is_set():
                        self.paused.set()
                        self.open.wait()
                target.sendall(block)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    """A proxy before the server at the port."""
    made = Proxy(port)
    try:
        yield made
    finally:
        made.open.set()
        made.listener.close()
