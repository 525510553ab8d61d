"""A TCP proxy before a server: it can hold back what the server sends (a source that pauses), or speak TLS for it."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

_SSL_REQUEST = b"\0\0\0\x08\x04\xd2\x16\x2f"


class Proxy:
    """`port` leads to the server; while `pause_after` bytes have passed and `open` is not set, nothing more does.

    With `secure` it takes encrypted connections only: those of PostgreSQL, which ask first, and of who begins with TLS.
    """

    def __init__(self, port: int, secure: ssl.SSLContext | None = None) -> None:
        self.behind, self.secure = port, secure
        self.sent = 0  # bytes from clients
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
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.secure:
                if client.recv(8, socket.MSG_PEEK) == _SSL_REQUEST:
                    client.recv(8)
                    client.sendall(b"S")
                elif client.recv(1, socket.MSG_PEEK) != b"\x16":
                    client.close()
                    return
                client = self.secure.wrap_socket(client, server_side=True)
            server = socket.create_connection(("127.0.0.1", self.behind))
            threading.Thread(target=self._copy, args=[client, server, False], daemon=True).start()
            threading.Thread(target=self._copy, args=[server, client, True], daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, back: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(65536):
                self.sent += 0 if back else len(block)
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
def proxy(port: int, secure: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """A proxy before the server at the port."""
    made = Proxy(port, secure)
    try:
        yield made
    finally:
        made.open.set()
        made.listener.close()
