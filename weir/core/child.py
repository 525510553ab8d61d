"""Child processes in Python: started early, so that they import slow libraries, and then asked by requests.

In: JSON lines on the child's standard input. Out: JSON lines: events while the child works, and one answer per request.
The child has a session of its own, so that Ctrl-C reaches the parent alone. It ends when its parent has ended.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from weir.core.causes import Cause
from weir.core.errors import WeirError, cause_of
from weir.core.secrets import redact
from weir.core.settings import home

Handler = Callable[[dict[str, Any], Callable[[dict[str, Any]], None]], Any]


class Child:
    """The parent's side: starts `python -m module` with an environment of its own, and sends it requests."""

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        self.module = module
        logs = home() / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self.log = logs / f"{module}.{os.getpid()}.log"
        self._kept = False
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
                env=environment,
            )  # fmt: skip
        self._lock = threading.Lock()

    def log_in(self, folder: Path) -> None:
        """Keep the log of the process in the folder; without this it is deleted when the process ends."""
        self.log = self.log.rename(folder / f"{self.module}.log")
        self._kept = True

    def ask(self, what: str, on_event: Callable[[dict[str, Any]], None] | None = None, **values: Any) -> Any:
        """Send a request; returns its answer, and hands events to `on_event`.

        Raises WeirError when the child fails or ends.
        """
        with self._lock:
            assert self.process.stdin and self.process.stdout
            try:
                self.process.stdin.write(json.dumps({"ask": what, **values}, default=str) + "\n")
                self.process.stdin.flush()
            except (OSError, ValueError):
                raise self._dead() from None
            for line in self.process.stdout:
                message = self._read(line)
                if "event" in message:
                    if on_event:
                        on_event(message["event"])
                elif "fault" in message:
                    cause, subject = Cause(message["cause"]), message["subject"]
                    raise WeirError(message["fault"], cause=cause, subject=subject)
                else:
                    return message["answer"]
            raise self._dead()

    def end(self) -> None:
        """End the process, and what it has forked; safe to repeat."""
        if self.process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                if stream:
                    stream.close()
            except OSError:
                pass
        if not self._kept:
            self.log.unlink(missing_ok=True)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def _read(self, line: str) -> dict[str, Any]:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise WeirError(redact(f"the process {self.module} wrote what is no answer: {line.strip()[:100]!r}"))
        return message

    def _dead(self) -> WeirError:
        tail = self.log.read_text(errors="replace").strip().splitlines()[-1:] if self.log.exists() else []
        return WeirError(redact(f"the process {self.module} ended early: {' '.join(tail)} (log: {self.log})"))


def serve(prepare: Callable[[], dict[str, Handler]]) -> None:
    """The child's side: answer requests until the parent closes the pipe, by the handlers that `prepare` returns.

    Whoever asks is told of a fault in `prepare`.
    """
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # output of libraries goes to the log, also what they print while `prepare` imports them
    lock = threading.Lock()
    requests: queue.Queue[str] = queue.Queue()

    def reply(kind: str, value: Any, **more: str) -> None:
        with lock:
            replies.write(json.dumps({kind: value, **more}, default=str) + "\n")

    def read() -> None:
        for line in sys.stdin:
            requests.put(line)
        os._exit(0)  # the parent has ended or is done: nobody waits for the work in progress

    threading.Thread(target=read, daemon=True).start()
    handlers: dict[str, Handler] = {}
    unready: WeirError | None = None
    try:
        handlers = prepare()
    except Exception as fault:
        cause, subject = cause_of(fault)
        unready = WeirError(_told(fault), cause=cause, subject=subject)
    while True:
        request = json.loads(requests.get())
        try:
            if unready:
                raise unready
            answer = handlers[request.pop("ask")](request, lambda event: reply("event", event))
        except Exception as fault:
            cause, subject = cause_of(fault)
            reply("fault", _told(fault), cause=cause.value, subject=subject)
        else:
            reply("answer", answer)


def _told(fault: Exception) -> str:
    """The fault in one line; the traceback of one that nobody expects goes to the log."""
    if isinstance(fault, WeirError):
        return redact(fault)
    import traceback

    traceback.print_exc()
    return redact(f"{type(fault).__name__}: {' '.join(str(fault).split())[:300]}")
