"""An address as asyncpg understands it: libpq's options left out, those of TLS as Weir reads them.

In: a postgresql:// URL. Out: the URL for asyncpg, and the settings of TLS to pass beside it.
"""

from typing import Any

from weir.core import tls
from weir.core.errors import WeirError

# Options that libpq alone knows: asyncpg would send them to the server as settings.
_LIBPQ = {
    "connect_timeout", "channel_binding", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
    "tcp_user_timeout", "gssencmode", "sslsni", "sslcompression", "load_balance_hosts", "fallback_application_name",
}  # fmt: skip
_FOR_TLS = {"sslcrl", "sslpassword", "sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version"}


def asyncpg_address(url: str, variable: str) -> tuple[str, dict[str, Any]]:
    """The URL as asyncpg understands it, and the TLS settings to pass beside it. Raises WeirError."""
    asked = tls.read(url, variable)
    for name, value in asked.others.items():
        if (name, value) == ("channel_binding", "require") or name == "require_auth":
            raise WeirError(f"{variable} asks for {name}={value}, which Weir can't follow: take it out, and write "
                            "sslmode=verify-full with sslrootcert, which proves the server "
                            "(docs/reference/tls.md)")  # fmt: skip
        if name not in _LIBPQ | _FOR_TLS and name.lower().startswith(("ssl", "tls")):
            tls.refuse_unknown([name], sorted(_FOR_TLS), variable)
    asked.others = {name: value for name, value in asked.others.items() if name not in _LIBPQ}
    secure: dict[str, Any] = {}
    if asked.ca == tls.SYSTEM:  # asyncpg would take this word for the name of a file
        secure = {"ssl": asked.context(variable)}
        asked.level, asked.ca, asked.cert, asked.key = None, "", "", ""
    return "postgresql://" + url.split("://", 1)[1].partition("?")[0] + asked.query(), secure
