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
# name -> address, the window's width and height, the part that is shown, seconds
SHOTS = {
    "lineage.png": (
        f"{DOCS}/#!/model/model.weir.fct_invoices?g_v=1&g_i=%2Bfct_invoices",
        (1240, 780),
        {"x": 20, "y": 85, "width": 1200, "height": 425, "scale": 1},
        8.0,
    ),
}


def shoot(address: str, path: Path, size: tuple[int, int], clip: dict[str, int] | None, seconds: float) -> None:
    """Write a picture of the page, or of a part of it, taken so many seconds after the page was asked for."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        raise SystemExit("no Chromium on the PATH: install it by your package manager")
    with tempfile.TemporaryDirectory() as profile:
        command = [program, "--headless", "--no-sandbox", "--hide-scrollbars", "--remote-debugging-port=0",
                   f"--window-size={size[0]},{size[1]}", f"--user-data-dir={profile}", "about:blank"]  # fmt: skip
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as chromium:
            try:
                _take(_port(chromium), address, path, clip, seconds)
            finally:
                chromium.terminate()


def _port(chromium: subprocess.Popen[str]) -> str:
    assert chromium.stderr
    for line in chromium.stderr:
        if "DevTools listening on" in line:
            return line.rsplit(":", 1)[1].split("/")[0]
    raise SystemExit("Chromium has not started")


def _take(port: str, address: str, path: Path, clip: dict[str, int] | None, seconds: float) -> None:
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
        picture = ask(2, "Page.captureScreenshot", format="png", **({"clip": clip} if clip else {}))
    path.write_bytes(base64.b64decode(picture["data"]))


def main() -> None:
    """Take those whose names are given, or all."""
    for name in sys.argv[1:] or SHOTS:
        address, size, clip, seconds = SHOTS[name]
        shoot(address, IMAGES / name, size, clip, seconds)


if __name__ == "__main__":
    main()
