"""Real bucket servers for the tests: S3's protocol by moto, Azure's blobs by azurite; each on a free loopback port.

Azurite comes from npm, once, into the user's cache folder; Node.js by apt-get where it is absent. Both hold everything
in memory or in a temporary folder, and end with the context.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import requests

from weir.core.ports import free_port

ACCOUNT, KEY = "weirtest", base64.b64encode(b"a key for tests alone, 32 bytes!").decode()
_INSTALL = "there is no Node.js for the tests of Azure's buckets: install nodejs and npm"


@contextlib.contextmanager
def s3(bucket: str) -> Iterator[dict[str, str]]:
    """An S3 server with the bucket; gives the environment that reaches it."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    # moto keeps objects, and what ask_for_accounts has set, for the whole process: those of an earlier server go
    requests.post(f"{url}/moto-api/reset", timeout=10).raise_for_status()
    requests.post(f"{url}/moto-api/reset-auth", data=b"inf", timeout=10).raise_for_status()
    account = {"AWS_ACCESS_KEY_ID": "weir", "AWS_SECRET_ACCESS_KEY": "s3-secret-of-tests"}
    try:
        client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="weir",
                              aws_secret_access_key=account["AWS_SECRET_ACCESS_KEY"])  # fmt: skip
        client.create_bucket(Bucket=bucket)
        yield {**account, "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}
    finally:
        server.stop()


def ask_for_accounts(url: str) -> None:
    """From now on the S3 server lets no unknown account in."""
    requests.post(f"{url}/moto-api/reset-auth", data=b"0", timeout=10).raise_for_status()


@contextlib.contextmanager
def azure(container: str) -> Iterator[dict[str, str]]:
    """An Azure blob server with the container; gives the environment that reaches it."""
    program, port = _azurite(), free_port()
    with tempfile.TemporaryDirectory(prefix="weir-azurite-") as data:
        words = [program, "--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location", data,
                 "--blobHost", "127.0.0.1", "--blobPort", str(port)]  # fmt: skip
        process = subprocess.Popen(words, cwd=data, env=os.environ | {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            _make_container(port, container)
            url = f"http://127.0.0.1:{port}/{ACCOUNT}"
            yield {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": KEY,
                   "AZURE_STORAGE_ENDPOINT": url, "AZURE_ALLOW_HTTP": "true"}  # fmt: skip
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _make_container(port: int, name: str) -> None:
    """Make the container when the server answers, by a request signed as Azure wants it."""
    for _ in range(150):
        date = f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S} GMT"
        heads = {"x-ms-date": date, "x-ms-version": "2021-12-02"}
        lines = ["PUT", *[""] * 11, *(f"{k}:{v}" for k, v in sorted(heads.items()))]
        text = "\n".join([*lines, f"/{ACCOUNT}/{ACCOUNT}/{name}", "restype:container"])
        sign = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
        heads |= {"Authorization": f"SharedKey {ACCOUNT}:{sign}", "Content-Length": "0"}
        with contextlib.suppress(requests.ConnectionError):
            url = f"http://127.0.0.1:{port}/{ACCOUNT}/{name}?restype=container"
            answer = requests.put(url, headers=heads, timeout=10)
            if answer.status_code != 201:
                raise RuntimeError(f"azurite refuses the container: {answer.text[:300]}")
            return
        time.sleep(0.2)
    raise RuntimeError("azurite did not start")


def _azurite() -> str:
    """The path of azurite's program, installed where it is absent."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weir" / "azurite"
    program = cache / "node_modules" / ".bin" / "azurite-blob"
    if not program.exists():
        if not shutil.which("npm") and shutil.which("apt-get"):
            sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
            for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "nodejs", "npm"]):
                subprocess.run([*sudo, "apt-get", *words], capture_output=True, check=False)
        if not shutil.which("npm"):
            raise RuntimeError(_INSTALL)
        cache.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--ignore-scripts", "azurite"],
                              cwd=cache, capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            raise RuntimeError("azurite could not be installed by npm: " + done.stderr[-400:])
    return str(program)
