"""The warehouse's address: splits a URL into its parts, and makes a URL of parts."""

from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from weir.core import tls
from weir.core.errors import WeirError
from weir.core.settings import QUOTING, torn

# Options of an address that are allowed and ignored.
_OPTIONS = ["connect_timeout", "application_name", "keepalives", "keepalives_idle", "keepalives_interval",
            "keepalives_count", "tcp_user_timeout", "gssencmode"]  # fmt: skip
TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")


def address(host: str, port: int, user: str, password: str, database: str, **secure: str) -> str:
    """A postgresql:// URL from its parts, each quoted; `secure` are the options of TLS."""
    secret = f":{quote(password, safe='')}" if password else ""
    asked = {name: value for name, value in secure.items() if value and (name, value) != ("sslmode", "prefer")}
    end = f"?{urlencode(asked, quote_via=quote)}" if asked else ""
    return f"postgresql://{quote(user, safe='')}{secret}@{host}:{port}/{quote(database, safe='')}{end}"


def parts_of(url: str) -> dict[str, Any]:
    """The parts of a postgresql:// URL. Raises WeirError when it is none."""
    hint = f"WAREHOUSE_URL must look like postgresql://user:password@host:5432/database; {QUOTING}"
    try:
        parsed = urlsplit(url)
        if torn(url):
            raise ValueError
        port = parsed.port or 5432
    except ValueError:
        raise WeirError(f"WAREHOUSE_URL can't be read: {hint}") from None
    if parsed.scheme.split("+")[0] not in {"postgresql", "postgres"} or not parsed.hostname:
        raise WeirError(f"WAREHOUSE_URL is no PostgreSQL address: {hint}")
    asked = tls.read(url, "WAREHOUSE_URL")
    tls.refuse_unknown(asked.others, _OPTIONS, "WAREHOUSE_URL")
    secure = {name: asked.options().get(name, "") for name in TLS}
    return {
        "host": f"[{parsed.hostname}]" if ":" in parsed.hostname else parsed.hostname,
        "port": port,
        "user": unquote(parsed.username or "postgres"),
        "password": unquote(parsed.password or ""),
        "database": unquote(parsed.path.lstrip("/")) or "postgres",
        **secure,
        "sslmode": secure["sslmode"] or "prefer",
    }
