"""What values and names look like personal data, and what does not."""

import pytest

from weir.project.patterns import kind_of_name, kind_of_value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ann@lead.example", "email"),
        (" Ann.O'Lee+x@mail.lead.example ", "email"),
        ("Please call ann@lead.example today", "free_text"),
        ("ann at lead.example", ""),
        ("@handle", ""),
        ("DE89 3704 0044 0532 0130 00", "account"),
        ("GB82WEST12345698765432", "account"),
        ("DE89 3704 0044 0532 0130 01", ""),
        ("4111 1111 1111 1111", "account"),
        ("4111111111111112", ""),
        ("1234567890123", ""),
        ("203.0.113.7", "ip"),
        ("2001:db8::7", "ip"),
        ("1.2.3.400", ""),
        ("12:30:00", ""),
        ("+49 (30) 901820-0", "phone"),
        ("0049 30 901820", "phone"),
        ("2026-07-01", ""),
        ("01.07.2026", ""),
        ("17", ""),
        ("-1", ""),
        ("", ""),
        ("Ann Lee", ""),
        ("x" * 100_000, ""),
    ],
)
def test_values(text: str, kind: str) -> None:
    assert kind_of_value(text) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("email", "email"),
        ("RequesterEmail", "email"),
        ("contact e-mail", "email"),
        ("first_name", "name"),
        ("lastName", "name"),
        ("name", ""),
        ("plan_name", ""),
        ("mobile", "phone"),
        ("home_phone", "phone"),
        ("ip_address", "ip"),
        ("zip", "address"),
        ("zipped", ""),
        ("dob", "birth_date"),
        ("IBAN", "account"),
        ("comment", "free_text"),
        ("email_domain", ""),
        ("shipment", ""),
    ],
)
def test_names(name: str, kind: str) -> None:
    assert kind_of_name(name) == kind
