"""What a killed test run leaves behind, the next one clears."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.servers.folders import claimed
from weir.core.settings import ROOT

pytestmark = pytest.mark.slow

CODE = """
import os, time
from tests.servers.folders import claimed
os.environ["WEIR_HOME"] = str(claimed("weir-killed-"))
from weir.warehouse.embedded.server import data_folder, start_server
start_server()
print(os.environ["WEIR_HOME"], (data_folder() / "postmaster.pid").read_text().split()[0], flush=True)
time.sleep(60)
"""


def test_servers_and_folders_of_a_killed_run_are_cleared():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WEIR_")}
    process = subprocess.Popen(
        [sys.executable, "-c", CODE], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    folder, pid = process.stdout.readline().split()
    living = claimed("weir-killed-")
    assert os.path.isdir(folder) and psutil.pid_exists(int(pid)), "what is claimed stays"
    process.send_signal(signal.SIGKILL)
    process.wait()
    mine = claimed("weir-killed-")
    assert not os.path.exists(folder) and not psutil.pid_exists(int(pid))
    for path in (living, mine):
        assert path.is_dir()
        (path / "claimed").unlink()
        path.rmdir()
