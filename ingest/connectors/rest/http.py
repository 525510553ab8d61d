"""The adapter beneath all requests to an API: limits the address, the size of an answer, and the wait before a retry.

In: the declared address. Out: answers, read in blocks up to a size. First requests, next pages and redirects all pass
here, and only the scheme, host and port of the declared address are asked. So no other host sees a key (in a header, a
parameter or a cookie), and no answer can lead to an address that only this machine reaches.
"""

import re
import time
from email.utils import mktime_tz, parsedate_tz
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Request, Response
from requests.adapters import HTTPAdapter

from weir.core.causes import Cause
from weir.core.errors import WeirError

LONGEST_WAIT = 60  # the most seconds that a run waits before it sends a request again
LARGEST = 256  # the most MB of an unpacked answer, unless `client.largest_answer_mb` says otherwise
VALUES = 40_000  # the most values per MB of that limit: Python needs some 100 bytes for each
_PORTS = {"http": 80, "https": 443}
_PACKED = {"", "identity", "gzip", "x-gzip", "deflate"}


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of the address."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), port or _PORTS.get(scheme)


class Adapter(HTTPAdapter):
    """Sends requests to one address only."""

    def __init__(self, url: str, variable: str, largest: int) -> None:
        super().__init__()
        try:
            asked = Request("GET", url).prepare().url or ""  # a host name with letters beyond ASCII becomes xn--…
        except ValueError as fault:
            raise WeirError(f"{variable} is no address that can be asked ({type(fault).__name__}): mend it") from None
        self.own, self.variable, self.largest = origin(asked), variable, largest

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        """Send the request and read its answer.

        Raises WeirError for another address, a long wait and a large answer.
        """
        found = origin(request.url or "")
        if found != self.own:
            raise WeirError(f"is led on to {_shown(found)}, which is asked nothing and shown no key, for "
                            f"{self.variable} names {_shown(self.own)}: name the address there that serves every page, "
                            "or mend `path` or `paginator`")  # fmt: skip
        response = super().send(request, *arguments, **options)
        wait = _wait(response)
        if wait > LONGEST_WAIT:
            response.close()
            limit = Cause.SOURCE_LIMIT
            raise WeirError(f"the API answered {response.status_code} and asks to wait {wait:,} seconds, longer than a "
                            f"run waits ({LONGEST_WAIT}): run again after that",
                            cause=limit if response.status_code == 429 else Cause.SOURCE_ERROR)  # fmt: skip
        self._read(response)
        return response

    def _read(self, response: Response) -> None:
        packed = {word.strip().lower() for word in response.headers.get("Content-Encoding", "").split(",")}
        if packed - _PACKED:
            response.close()
            raise WeirError(f"an answer is packed as {min(packed - _PACKED)}, which was not asked for: have the API "
                            "answer with gzip, or plainly")  # fmt: skip
        blocks, size = [], 0
        for block in response.iter_content(1 << 16):
            blocks.append(block)
            size += len(block)
            if size > self.largest << 20:
                response.close()
                raise WeirError(f"an answer is larger than {self.largest} MB, unpacked: ask for smaller pages in "
                                "`endpoint.params`, or raise `client.largest_answer_mb`")  # fmt: skip
        content = b"".join(blocks)
        if sum(content.count(mark) for mark in (b",", b"[", b"{")) > self.largest * VALUES:
            raise WeirError(f"an answer holds more than {self.largest * VALUES:,} values: ask for smaller pages in "
                            "`endpoint.params`, or raise `client.largest_answer_mb`")  # fmt: skip
        response._content = content
        response._content_consumed = True  # type: ignore[attr-defined]


def _wait(response: Response) -> int:
    """The seconds to wait before a refused request is sent again, as the API says."""
    asked = response.headers.get("Retry-After", "").strip()
    if response.status_code != 429 and response.status_code < 500:
        return 0
    if re.fullmatch(r"[0-9]+", asked):
        return int(asked[:15])
    moment = parsedate_tz(asked)
    try:
        return int(mktime_tz(moment) - time.time()) if moment else 0
    except (ValueError, OverflowError):
        return 0


def _shown(found: tuple[str, str, int | None]) -> str:
    scheme, host, port = found
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}{f':{port}' if port and port != _PORTS.get(scheme) else ''}"
