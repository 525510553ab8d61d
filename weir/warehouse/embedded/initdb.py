"""Makes the embedded warehouse's data folder: initdb, settings sized to the machine, a random password.

In: the folder. Out: the folder, and the password, which `.env` keeps as WEIR_PG_PASSWORD.
"""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from weir.core.env import write_env
from weir.warehouse.embedded import programs

USER = "weir"
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '{shared}MB'
effective_cache_size = '{cache}MB'
maintenance_work_mem = '{maintenance}MB'
work_mem = '{work}MB'
wal_level = minimal
max_wal_senders = 0
max_wal_size = '4GB'
checkpoint_timeout = '15min'
random_page_cost = 1.1
jit = off
client_connection_check_interval = '2s'
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = off
log_error_verbosity = terse
"""


def make(data: Path) -> str:
    """Run initdb with a random password, which `.env` keeps; returns the password. Raises WeirError when it fails."""
    programs.ensure_user(data)
    password = secrets.token_urlsafe(24)
    shutil.rmtree(data, ignore_errors=True)  # an interrupted initdb leaves a folder without PG_VERSION
    if data.is_relative_to(programs.SHARED):
        programs.make_shared()
    data.mkdir(parents=True, mode=0o700)
    word = data.with_name(f"{data.name}.password")
    word.touch(mode=0o600)
    word.write_text(password)
    programs.own(data)
    programs.own(word)
    try:
        made_data = programs.run(
            "initdb", "-D", data, "-U", USER, "--pwfile", word, "--auth=scram-sha-256", "--encoding=UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
        )  # fmt: skip
    finally:
        word.unlink()
    if made_data.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise programs.fail(data, "can't be made", made_data.stdout)
    (data / "postgresql.auto.conf").write_text(_settings())
    write_env({"WEIR_PG_PASSWORD": password})
    return password


def new_password(data: Path) -> str:
    """Set a new password, when the old one was lost with `.env`; in single-user mode, so the server must be down.

    Raises WeirError when it can't be set.
    """
    password = secrets.token_urlsafe(24)
    command = f"alter role {USER} password '{password}';\n"
    done = subprocess.run(
        [str(programs.folder() / "postgres"), "--single", "-D", str(data), "postgres"],
        input=command, capture_output=True, text=True, cwd="/", env=programs.environment(), **programs.as_user(),
    )  # fmt: skip
    if done.returncode:
        raise programs.fail(data, "lost its password with .env and can't be given a new one", done.stderr)
    write_env({"WEIR_PG_PASSWORD": password})
    return password


def _settings() -> str:
    """Settings sized to the machine's memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    shared = max(128, min(memory // 8, 4096))
    return _SETTINGS.format(
        shared=shared,
        cache=memory // 2,
        maintenance=max(64, min(memory // 16, 1024)),
        work=max(8, min(memory // 256, 96)),
    )
