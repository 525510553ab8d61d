"""Which values of a person may find rows elsewhere."""

import pytest

from weir.access.forget import person


@pytest.mark.parametrize("value", ["member", "unknown", "n/a", "active", "succeeded", "none@", "@", "a b@c.de", "x@y"])
def test_what_is_no_address_is_not_looked_for(value: str) -> None:
    assert person.values(b"secret", [("email", value)]).known == frozenset()


@pytest.mark.parametrize("value", ["ann@acme.example", "o'brien+x@sub.acme.co.uk", "Ü@exämple.de"])
def test_an_address_is(value: str) -> None:
    assert [known.kind for known in person.values(b"secret", [("email", value)]).known] == ["email"]
