"""A real Chromium, and axe, which finds what a person who can't see or use a mouse stumbles over.

Chromium comes by apt-get where it is absent; axe from npm, once, into the user's cache folder.
"""

import os
import shutil
import subprocess
from pathlib import Path

from docs.programs import browser

_AXE = "axe-core@4.14.1"


def ensure() -> None:
    """Have a Chromium on the PATH. Raises RuntimeError where there is none and none can be installed."""
    if not browser.program() and shutil.which("apt-get"):
        _install("chromium")
    if not browser.program():
        raise RuntimeError("there is no Chromium for the tests of the portal: install the package chromium")


def axe() -> str:
    """The text of axe's script, installed where it is absent."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weir" / "axe"
    script = cache / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        if not shutil.which("npm") and shutil.which("apt-get"):
            _install("nodejs", "npm")
        if not shutil.which("npm"):
            raise RuntimeError("npm, which brings axe, is not installed: install Node.js")
        cache.mkdir(parents=True, exist_ok=True)
        words = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--ignore-scripts", _AXE]
        done = subprocess.run(words, cwd=cache, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError("axe could not be installed by npm: " + done.stderr[-400:])
    return script.read_text(encoding="utf-8")


def _install(*packages: str) -> None:
    sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run([*sudo, "apt-get", *words], capture_output=True, check=False)
