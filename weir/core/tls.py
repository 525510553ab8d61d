"""TLS in an address: reads the options of TLS in the spelling of any driver.

In: a URL and its variable. Out: one mode (of PostgreSQL's), the files, and the options that do not concern TLS. Of
several options the strictest counts; options that contradict each other are a fault.
docs/reference/tls.md says what each kind of connection does with the mode.
"""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from weir.core.errors import WeirError

MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"]
SYSTEM = "system"  # given in place of a file: the authorities that the machine trusts
_LEVELS = {
    "disable": 0, "disabled": 0, "allow": 1, "prefer": 1, "preferred": 1, "require": 2, "required": 2, "trust": 2,
    "skipverify": 2, "verifyca": 3, "verifyfull": 4, "verifyidentity": 4,
}  # fmt: skip
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
# By option: the level that `true` asks for, and the highest level that `false` allows (None: any).
_SWITCHES: dict[str, tuple[int, int | None]] = {
    "ssl": (2, 0), "usessl": (2, 0), "requiressl": (2, None), "tls": (4, 0), "ssldisabled": (0, None),
    "sslverifycert": (3, 2), "sslverifyservercert": (3, 2), "verifyservercertificate": (3, 2), "sslverify": (3, 2),
    "sslverifyidentity": (4, 3), "sslcheckhostname": (4, 3), "trustservercertificate": (2, None),
}  # fmt: skip
_CEILINGS = {"ssldisabled": 0, "trustservercertificate": 2}  # of `true`
_FILES = {
    "sslca": "ca", "sslrootcert": "ca", "sslcafile": "ca", "sslcacert": "ca", "tlsca": "ca", "tlscafile": "ca",
    "sslcert": "cert", "sslclientcert": "cert", "tlscert": "cert", "sslkey": "key", "sslclientkey": "key",
    "tlskey": "key",
}  # fmt: skip


@dataclass
class Tls:
    """The TLS that an address asks for; `level` is None where it asks for nothing."""

    level: int | None = None
    ca: str = ""
    cert: str = ""
    key: str = ""
    others: dict[str, str] = field(default_factory=dict)

    @property
    def mode(self) -> str:
        """PostgreSQL's word for the level."""
        return "" if self.level is None else MODES[self.level]

    def options(self) -> dict[str, str]:
        """The options of TLS as PostgreSQL's own programs spell them."""
        found = {"sslmode": self.mode, "sslrootcert": self.ca, "sslcert": self.cert, "sslkey": self.key}
        return {name: value for name, value in found.items() if value}

    def query(self) -> str:
        """All options as the end of a URL, with its question mark."""
        options = self.others | self.options()
        return f"?{urlencode(options, quote_via=quote)}" if options else ""

    def context(self, variable: str) -> ssl.SSLContext:
        """Python's TLS context for the level. Raises WeirError when a file can't be used."""
        level = self.level or 0
        try:
            made = ssl.create_default_context(cafile=self.ca if self.ca != SYSTEM else None)
            made.check_hostname = level >= 4
            if level < 3:
                made.verify_mode = ssl.CERT_NONE
            if self.cert:
                made.load_cert_chain(self.cert, self.key or None, password=lambda: "")
        except (OSError, ValueError) as fault:
            raise WeirError(f"{variable} names certificates or a key that can't be used ({fault}): mend them") from None
        return made


def read(url: str, variable: str) -> Tls:
    """Read the URL's options. Raises WeirError for a value that is not understood, and for a contradiction."""
    found = Tls()
    asked: dict[str, int] = {}
    ceilings: dict[str, int] = {}
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        word, text = _letters(name), value.strip().lower()
        if word in _FILES:
            setattr(found, _FILES[word], value)
        elif word == "sslmode" or (word in _SWITCHES and _letters(text) in _LEVELS):
            if _letters(text) not in _LEVELS:
                raise WeirError(f"{variable} has {name}={value}, which is none of {', '.join(MODES)}: mend it")
            asked[name] = _LEVELS[_letters(text)]
            ceilings |= {name: 0} if not asked[name] else {}
        elif word in _SWITCHES:
            if text not in _TRUE | _FALSE:
                raise WeirError(f"{variable} has {name}={value}, which is neither true nor false: mend it")
            if text in _TRUE:
                asked[name] = _SWITCHES[word][0]
                ceilings |= {name: _CEILINGS[word]} if word in _CEILINGS else {}
            elif (most := _SWITCHES[word][1]) is not None:
                asked |= {name: 0} if most == 0 else {}
                ceilings[name] = most
        else:
            found.others[name] = value
    _settle(found, asked, ceilings, variable)
    return found


def _settle(found: Tls, asked: dict[str, int], ceilings: dict[str, int], variable: str) -> None:
    most = min(ceilings.values(), default=4)
    level = max(asked.values(), default=None)
    if found.ca and most:
        level = min(4 if level is None else max(level, 3), max(most, 2))
    elif found.cert or found.key or found.ca:
        level = max(level or 0, 2)
    if level is not None and level > most:
        names = ", ".join(sorted({*asked, *ceilings}) + (["a certificate"] if found.ca or found.cert else []))
        raise WeirError(f"{variable} contradicts itself on TLS ({names}): keep what is meant")
    found.level = level
    for path in (found.ca, found.cert, found.key):
        if path and path != SYSTEM:
            try:
                with open(path, "rb"):
                    pass
            except OSError as fault:
                raise WeirError(f"{variable} names {path}, which can't be read: {fault.strerror}") from None


def refuse_unknown(names: Iterable[str], known: Iterable[str], variable: str) -> None:
    """Raise WeirError for an option that Weir does not know."""
    for name in names:
        if name not in known:
            raise WeirError(f"{variable} has the option {name!r}, which is not known here: take it out; known are "
                            "sslmode, sslrootcert, sslcert, sslkey (docs/reference/tls.md), "
                            f"{', '.join(known)}")  # fmt: skip


def _letters(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
