"""What a browser shows: writes the portal, makes dbt's docs of target prod, and serves both until Ctrl-C.

In: the project and the warehouse. Out: the portal anew, dbt's pages in `home()/target/prod-docs`, and both on a
loopback port (cli/pages.py). Alone: `weir docs`.
"""

import signal
import subprocess
import sys
import threading

from cli.pages import USER, open_server, password
from weir.core import terminal
from weir.core.env import env_file, load_project


def make_docs(port: int, serve: bool) -> int:
    """Write the portal and make dbt's docs; with `serve` serve them on the port. Returns dbt's exit code, or 0.

    The portal is served from the beginning; dbt's docs, which take some seconds, follow. Raises WeirError when the
    port is taken, before anything is made.
    """
    from flows import server
    from weir.dbt.environment import export_paths
    from weir.portal import site

    load_project()
    if not serve:
        site.write_and_tell(server.ui())
        return _generate()
    export_paths("prod", docs=True)
    with open_server(port, password()) as pages:
        site.write_and_tell(server.ui())
        served = threading.Thread(target=pages.serve_forever, daemon=True)
        served.start()
        terminal.say(f"Portal: http://127.0.0.1:{pages.server_port} (Ctrl-C ends it)", style="bold")
        terminal.say(f"  its login is {USER}:<password>, the password being WEIR_PORTAL_PASSWORD in {env_file()}")
        sys.stdout.flush()
        code = 0
        try:
            code = _generate()
            if code:
                terminal.warn("dbt docs could not be made: the portal is served without them")
            else:
                terminal.say(f"dbt docs: http://127.0.0.1:{pages.server_port}/dbt/", style="bold")
            sys.stdout.flush()
            while served.is_alive():
                served.join(3600)
        except KeyboardInterrupt:
            terminal.say("The portal and dbt docs are no longer served.")
        finally:
            pages.shutdown()
    return code


def _generate() -> int:
    """Make the docs; Ctrl-C ends dbt without output of its own."""
    from weir.dbt.environment import handed_to_dbt

    settings = {"PYTHONWARNINGS": "ignore:resource_tracker:UserWarning"}  # printed when dbt is ended
    # dbt inherits this: Weir ends dbt, so that dbt prints no traceback
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        command = [sys.executable, "-m", "cli.dbt", "docs", "generate", "--target", "prod"]
        child = subprocess.Popen(command, env=handed_to_dbt(**settings))
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        return child.wait()
    except BaseException:
        child.terminate()
        child.wait()
        raise
