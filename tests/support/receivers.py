"""Where alerts arrive in tests: a real SMTP server, and a real HTTP server that may refuse or hang."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from weir.core.ports import free_port


class Mailbox:
    """An SMTP server on the loopback address, and the mails that it took."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []

    @property
    def address(self) -> str:
        """Its address in Apprise's words."""
        return f"mailto://127.0.0.1:{self.port}?mode=insecure&from=weir@shop.example&to=ann@shop.example"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a mail; aiosmtpd calls this."""
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 taken"

    def texts(self) -> list[str]:
        """Subject and text of each mail."""
        bodies = [mail.get_body(("plain", "html")) for mail in self.mails]
        return [
            f"{mail['subject']}\n{body.get_content()}" for mail, body in zip(self.mails, bodies, strict=True) if body
        ]


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server that takes mails."""
    from aiosmtpd.controller import Controller

    made = Mailbox()
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()


class Receiver:
    """An HTTP server on the loopback address; `status` is what it answers, `hangs` keeps it from answering at all."""

    def __init__(self) -> None:
        self.status, self.hangs = 200, False
        self.bodies: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.over = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.calls.append(self.path)
                if receiver.hangs:
                    receiver.over.wait(60)
                if receiver.status == 200 and self.command == "POST":
                    receiver.bodies.append(json.loads(body or b"{}"))
                self.send_response(receiver.status)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, format: str, *arguments: Any) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Its address in Apprise's words, with a token in its path."""
        return f"json://127.0.0.1:{self.port}/hooks/tok3n-{self.port}-secret"

    def titles(self) -> list[str]:
        """The titles of the messages that it took."""
        return [body["title"] for body in self.bodies]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """An HTTP server that takes messages."""
    made = Receiver()
    try:
        yield made
    finally:
        made.over.set()
        made.server.shutdown()
        made.server.server_close()
