"""Takes the screenshots of docs/images with a headless Chromium, of the pages that run on this machine.

In: the address of a page, the seconds it needs to settle. Out: a PNG. Chromium must be on the PATH.
Alone: `weir docs` in another terminal, then `python -m docs.programs.shots`.
"""

import base64
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).resolve().parents[1] / "images"
DOCS = "http://127.0.0.1:8580"
# name -> address, width, height, seconds, what is done on the page first
SHOTS = {
    "lineage.png": (f"{DOCS}/#!/model/model.weir.fct_invoices?g_v=1&g_i=%2Bfct_invoices", 1500, 760, 8.0, ""),
}


def shoot(address: str, path: Path, width: int, height: int, seconds: float, script: str = "") -> None:
    """Write a picture of the page, taken so many seconds after it was asked for and the script was run."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), "")
    with tempfile.TemporaryDirectory() as profile:
        command = [program, "--headless", "--no-sandbox", "--hide-scrollbars", "--remote-debugging-port=0",
                   f"--window-size={width},{height}", f"--user-data-dir={profile}", "about:blank"]  # fmt: skip
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as chromium:
            try:
                _take(_port(chromium), address, path, seconds, script)
            finally:
                chromium.terminate()


def _port(chromium: subprocess.Popen[str]) -> str:
    assert chromium.stderr
    for line in chromium.stderr:
        if "DevTools listening on" in line:
            return line.rsplit(":", 1)[1].split("/")[0]
    raise SystemExit("Chromium has not started")


def _take(port: str, address: str, path: Path, seconds: float, script: str) -> None:
    from websockets.sync.client import connect

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
        page = next(each for each in json.load(answer) if each["type"] == "page")
    with connect(page["webSocketDebuggerUrl"], max_size=None) as socket:

        def ask(number: int, method: str, **parameters: Any) -> Any:
            socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
            while (told := json.loads(socket.recv())).get("id") != number:
                pass
            return told.get("result")

        ask(1, "Page.navigate", url=address)
        time.sleep(seconds)
        if script:
            ask(2, "Runtime.evaluate", expression=script)
            time.sleep(2)
        picture = ask(3, "Page.captureScreenshot", format="png")
    path.write_bytes(base64.b64decode(picture["data"]))


def main() -> None:
    """Take those whose names are given, or all."""
    for name in sys.argv[1:] or SHOTS:
        address, width, height, seconds, script = SHOTS[name]
        shoot(address, IMAGES / name, width, height, seconds, script)


if __name__ == "__main__":
    main()
