"""Values are taken out of texts by their hashes as in the clear; keys are hashed in SQL as in Python."""

import hashlib
import hmac

import psycopg
import pytest

from weir.access.forget import person
from weir.project import erasure
from weir.project.erasure import Values

OWN = b"a secret of the tests"
SAID = [("email", "Ann@X.io"), ("name", "Ann Lee"), ("name", "Ann"), ("phone", "+49 30 123456"), ("ip", "10.0.0.1")]


@pytest.fixture(params=["in the clear", "by hashes"])
def values(request: pytest.FixtureRequest) -> Values:
    found = person.values(OWN, SAID)
    return found if request.param == "in the clear" else Values(OWN, found.known)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ann@x.io", None),
        ("  ANN@x.io ", None),
        ("ann", None),
        ("10.0.0.1", None),
        ("", ""),
        ("mail to <ann@x.io>, ann@x.io.", "mail to <[erased]>, [erased]."),
        ("jo.ann@x.io, ann@x.io.uk, xann@x.io, ann@x.ios", "jo.ann@x.io, ann@x.io.uk, xann@x.io, ann@x.ios"),
        ("mailto:ann@x.io?subject=x", "mailto:[erased]?subject=x"),
        ("ann lee's, Joann Lee, Ann Lee-Fox, Ann  Lee", "[erased]'s, Joann Lee, Ann Lee-Fox, Ann  Lee"),
        ("Thanks,\nAnn Lee", "Thanks,\n[erased]"),
        ("Ann said", "Ann said"),
        ("call +49 30 123456!", "call [erased]!"),
        ("at 10.0.0.1 or so", "at 10.0.0.1 or so"),
        ("ünn@x.io ann@x.io", "ünn@x.io [erased]"),
    ],
)
def test_texts(values: Values, text: str, left: str | None) -> None:
    assert values.scrub(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"a": 1.10, "b": "ann@x.io", "c": ["Ann Lee", "x"]}', '{"a": 1.10, "b": null, "c": [null, "x"]}'),
        ('{"ann@x.io": true}', '{"[erased]": true}'),
        (r'{"t": "\"Ann Lee\" \u00fc\n<ann@x.io>"}', '{"t": "\\"[erased]\\" ü\\n<[erased]>"}'),
        ('"ann@x.io"', "null"),
        ("[1, 2.0, null]", "[1, 2.0, null]"),
    ],
)
def test_documents(values: Values, text: str, left: str) -> None:
    assert values.scrub_json(text) == left


def test_lists(values: Values) -> None:
    assert values.scrub_any(["ann@x.io", None, "by Ann Lee"], "text[]") == ["[erased]", None, "by [erased]"]


def test_the_hash_of_a_key_is_the_same_in_sql(server: str) -> None:
    assert erasure.value_hash(OWN, "x") == hmac.new(OWN, b"value x", hashlib.sha256).hexdigest()
    for own in (OWN, b"s" * 64, b"s" * 65):
        inner, outer = erasure.pads(own)
        for key in (["7", "a"], ["", "ü😀"], ["1:a", "2"]):
            made = erasure.key_hash_sql("s'1", "t%", ["k", "l"], "%s::bytea", "%s::bytea").replace("t%'", "t%%'")
            with psycopg.connect(server) as connection:
                query = f"select {made} from (values (%s::text, %s::text)) as v (k, l)"
                row = connection.execute(query, [outer, inner, *key]).fetchone()
            assert row == (erasure.key_hash(own, "s'1", "t%", key),)
