"""A headless Chromium that is asked by its DevTools: opens pages, looks at them, and tells what they did.

In: the address of a page. Out: pictures, answers of its script, and what its console and its network said. Chromium
must be on the PATH. docs/programs/shots.py and tests/portal use it.
"""

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def program() -> str | None:
    """Where Chromium is, or None."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Browser:
    """One page of a headless Chromium; everything that it did since `open` is in `events`."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        found = program()
        if not found:
            raise RuntimeError("no Chromium on the PATH: install it by your package manager")
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [found, "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-dev-shm-usage",
                   "--remote-debugging-port=0", f"--window-size={width},{height}",
                   f"--user-data-dir={self._profile.name}", "about:blank"]  # fmt: skip
        self._chromium = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.events: list[dict[str, Any]] = []
        self._number = 0
        try:
            self._socket = self._connect()
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.ask(f"{domain}.enable")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End Chromium."""
        self._chromium.terminate()
        try:
            self._chromium.wait(10)
        except subprocess.TimeoutExpired:
            self._chromium.kill()
        if self._chromium.stderr:
            self._chromium.stderr.close()
        self._profile.cleanup()

    def ask(self, method: str, **parameters: Any) -> Any:
        """Ask DevTools, and wait for the answer; events that come meanwhile are kept."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._socket.recv(30))
            if told.get("id") == self._number:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error'].get('message')}")
                return told["result"]
            self.events.append(told)

    def open(self, address: str, seconds: float = 0.3) -> None:
        """Open the page, wait until it is loaded and so many seconds more; forgets the events before."""
        self.events.clear()
        self.ask("Page.navigate", url=address)
        until = time.monotonic() + 30
        while not self._happened("Page.loadEventFired"):
            if time.monotonic() > until:
                raise RuntimeError(f"{address} was not loaded in 30 seconds")
            self.wait(0.05)
        self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Take the events of so many seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                self.events.append(json.loads(self._socket.recv(left)))
            except TimeoutError:
                return

    def evaluate(self, script: str) -> Any:
        """The value of an expression of the page; a promise is waited for."""
        told = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise RuntimeError(str(told["exceptionDetails"].get("exception", {}).get("description")))
        return told["result"].get("value")

    def look(self, width: int, height: int = 900, dark: bool = False) -> None:
        """Be a window of that size, of a person who prefers light or dark."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.wait(0.3)

    def picture(self, path: Path, clip: dict[str, float] | None = None, whole: bool = False) -> None:
        """Write a picture of the window, of a part, or of the whole page."""
        if whole:
            size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        more: dict[str, Any] = {"clip": clip, "captureBeyondViewport": True} if clip else {}
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png", **more)["data"]))

    def pdf(self, path: Path) -> None:
        """Print the page on A4."""
        told = self.ask("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(told["data"]))

    def complaints(self) -> list[str]:
        """What the page's console and Chromium's own log said since `open`."""
        found = []
        for event in self.events:
            told = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(told["exceptionDetails"].get("exception", {}).get("description")))
            elif event["method"] == "Runtime.consoleAPICalled" and told["type"] in {"error", "warning", "assert"}:
                found.append(" ".join(str(each.get("value")) for each in told["args"]))
            elif event["method"] == "Log.entryAdded" and told["entry"]["level"] in {"error", "warning"}:
                found.append(f"{told['entry']['text']} {told['entry'].get('url', '')}".strip())
        return found

    def requests(self) -> list[str]:
        """The addresses that the page asked since `open`."""
        return [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]  # fmt: skip

    def _happened(self, method: str) -> bool:
        return any(event["method"] == method for event in self.events)

    def _connect(self) -> Any:
        from websockets.sync.client import connect

        assert self._chromium.stderr
        for line in self._chromium.stderr:
            if "DevTools listening on" in line:
                port = line.rsplit(":", 1)[1].split("/")[0]
                break
        else:
            raise RuntimeError("Chromium has not started")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            page = next(each for each in json.load(answer) if each["type"] == "page")
        return connect(page["webSocketDebuggerUrl"], max_size=None)
