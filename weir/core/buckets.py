"""Buckets of Amazon (and of all servers that speak its protocol), Google and Azure, by one library.

In: an s3://, gs:// or az:// URL. Account and address come from the environment, under the names that each cloud's own
tools read (`AWS_…`, `GOOGLE_…`, `AZURE_STORAGE_…`). Out: the faults of a bucket as one line without secrets.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from weir.core.causes import Cause
from weir.core.errors import WeirError

SCHEMES = {"s3": "AWS_", "gs": "GOOGLE_", "gcs": "GOOGLE_", "az": "AZURE_STORAGE_", "abfs": "AZURE_STORAGE_"}
RETRY: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
_SAY = [
    (r"NoSuchBucket|ContainerNotFound|specified bucket does not exist", "there is no bucket {bucket}: mend {named}",
     Cause.SOURCE_NOT_THERE),
    (r"InvalidAccessKeyId|SignatureDoesNotMatch|AuthenticationFailed|AuthorizationFailure|AccessDenied|InvalidToken"
     r"|Unauthenticated|PermissionDenied|40[13] |metadata",
     "the bucket {bucket} refuses the account: mend the {prefix}… variables (see .env.example)", Cause.SOURCE_PASSWORD),
    (r"error sending request|connect|dns|timed? ?out", "can't be reached: see that it is up, and check the {prefix}… "
     "variables and {named}", Cause.SOURCE_UNREACHABLE),
    (r"NotFound", "a file went away while it was read: run again", Cause.SOURCE_ERROR),
]  # fmt: skip


def is_bucket(address: str) -> bool:
    """Whether the address is that of a bucket."""
    return urlsplit(address).scheme in SCHEMES


def scheme_of(url: str) -> str:
    """The scheme of a bucket's URL, by the name that the library knows."""
    scheme = urlsplit(url).scheme
    return {"gcs": "gs"}.get(scheme, scheme)


@contextmanager
def translated(url: str, named: str) -> Iterator[None]:
    """Turn faults of a bucket into one-line WeirErrors, with few of the server's words: they can hold account names.

    `named` is the variable or option that names the bucket.
    """
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, FileNotFoundError, PermissionError) as fault:
        parts = urlsplit(url)
        names = {"bucket": parts.netloc, "named": named, "prefix": SCHEMES.get(parts.scheme, "")}
        text = f"{type(fault).__name__} {fault}"
        for pattern, say, cause in _SAY:
            if re.search(pattern, text, re.IGNORECASE):
                raise WeirError(say.format(**names), cause=cause) from None
        code = re.search(r"<Code>(\w+)</Code>|status code: (\d+ [\w ]+)", text)
        short = next(filter(None, code.groups())) if code else type(fault).__name__
        told = f"the bucket {parts.netloc} answers {short}: mend {named}"
        raise WeirError(told, cause=Cause.SOURCE_ERROR) from None
