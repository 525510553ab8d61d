"""An OpenAPI 3 or Swagger 2 document, in JSON or YAML, from a file or an address.

In: where it is. Out: a Document, whose references within itself are resolved. Raises WeirError, in one line, for what
is no such document.
"""

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from ingest.connectors.rest.http import origin
from weir.core.errors import WeirError

LARGEST = 60_000_000
PLACES = ("openapi.json", "swagger.json", "openapi.yaml", "v3/api-docs", "api-docs", "swagger/v1/swagger.json",
          "api/openapi.json", "docs/openapi.json", ".well-known/openapi.json")  # fmt: skip
Schema = dict[str, Any]


class Document:
    """One document; `where` is its file or address."""

    def __init__(self, where: str, content: dict[str, Any]) -> None:
        self.where, self.content = where, content
        self.merged: dict[int, tuple[Schema, Schema]] = {}  # by its id: a schema, and it with its parts put together

    @property
    def base(self) -> str:
        """The address that the paths begin at, as the document says it; may be relative, or empty."""
        if "swagger" in self.content:
            host, path = str(self.content.get("host") or ""), str(self.content.get("basePath") or "")
            schemes = self.content.get("schemes") or ["https"]
            return f"{schemes[0]}://{host}{path}" if host else path
        servers = self.content.get("servers")
        first = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], dict) else {}
        url = str(first.get("url") or "")
        for name, facts in (first.get("variables") or {}).items():
            url = url.replace(f"{{{name}}}", str((facts or {}).get("default", "")))
        return urljoin(self.where, url) if urlsplit(self.where).scheme in ("http", "https") and url else url

    def resolve(self, node: Any) -> Any:
        """The node that a reference leads to, through others; an empty one where it leads nowhere, or in a circle."""
        seen = set[str]()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in seen or not reference.startswith("#/"):
                return {}
            seen.add(reference)
            node = self.content
            for part in reference[2:].split("/"):
                name = unquote(part).replace("~1", "/").replace("~0", "~")
                node = node.get(name) if isinstance(node, dict) else None
            node = {} if node is None else node
        return node


def find(url: str, token: str, variable: str) -> Document:
    """The document that the API itself offers at one of the usual places. Raises WeirError where there is none."""
    first = ""
    for place in PLACES:
        try:
            return read(f"{url.rstrip('/')}/{place}", url, token, variable)
        except WeirError as fault:
            first = first or str(fault)
            if "can't be reached" in str(fault) or "refused" in str(fault):
                raise
    raise WeirError(f"{shown(url)} offers no OpenAPI document at the usual places (openapi.json, swagger.json, …): "
                    "name its file or address")  # fmt: skip


def read(where: str, url: str, token: str, variable: str) -> Document:
    """The document in a file or at an address; the token is shown to the API's own address only. Raises WeirError."""
    remote = urlsplit(where).scheme in ("http", "https")
    text = _fetched(where, token if origin(where) == origin(url) else "", variable) if remote else _of_file(where)
    return Document(where, _parsed(text, shown(where)))


def _of_file(where: str) -> bytes:
    path = Path(os.path.expanduser(where.removeprefix("file://")))
    try:
        if path.stat().st_size > LARGEST:
            raise WeirError(f"{where} is larger than {LARGEST // 1_000_000} MB: an OpenAPI document is smaller")
        return path.read_bytes()
    except OSError as fault:
        raise WeirError(f"the OpenAPI document {where} can't be read ({fault.strerror}): mend its path") from None


def _fetched(where: str, token: str, variable: str) -> bytes:
    import requests

    headers = {"Accept": "application/json, application/yaml;q=0.9, */*;q=0.5"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with requests.get(where, headers=headers, timeout=30, stream=True) as answer:
            status, text = answer.status_code, b""
            for block in answer.iter_content(1 << 16):
                text += block
                if len(text) > LARGEST:
                    raise WeirError(f"{shown(where)} answers with more than {LARGEST // 1_000_000} MB: an OpenAPI "
                                    "document is smaller")  # fmt: skip
    except (requests.RequestException, ValueError) as fault:
        raise WeirError(f"{shown(where)} can't be reached ({type(fault).__name__}): see that it is up, and check the "
                        "address") from None  # fmt: skip
    if status in (401, 403):
        said = f"check the token in {variable}" if token else f"put a token into {variable}"
        raise WeirError(
            f"{shown(where)} answered {status}, refused: {said}, or save the document as a file and name it"
        )
    if status >= 400:
        hint = "there is no such document: mend its address" if status == 404 else "try later, or name a file"
        raise WeirError(f"{shown(where)} answered {status}: {hint}")
    return text


def _parsed(text: bytes, where: str) -> dict[str, Any]:
    plain = text.decode("utf-8-sig", "replace").strip()
    if re.match(r"<(!doctype|html|\?xml)", plain, re.IGNORECASE):
        raise WeirError(f"{where} is a web page, no OpenAPI document: name the JSON or YAML file that the page shows")
    try:
        content = json.loads(plain) if plain[:1] == "{" else _yaml(plain)
    except (ValueError, RecursionError):
        raise WeirError(f"{where} is neither JSON nor YAML: name an OpenAPI document") from None
    if not isinstance(content, dict) or not ({"openapi", "swagger"} & content.keys()):
        raise WeirError(f"{where} is no OpenAPI document: it says neither `openapi: 3…` nor `swagger: 2.0`")
    if not isinstance(content.get("paths"), dict) or not content["paths"]:
        raise WeirError(f"{where} describes no paths: name the document of the whole API")
    return content


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        raise ValueError from None


def shown(where: str) -> str:
    """The address without what may be a secret in it."""
    parts = urlsplit(where)
    return where if not parts.scheme else f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
