"""The kinds of personal data that values and names of columns look like.

In: a text; the name of a column. Out: a kind of weir/project/personal.py, or nothing. Plain patterns and the checksums
that the numbers themselves carry (IBAN: modulo 97; cards: Luhn): nothing to download, and no value leaves the machine.
"""

import ipaddress
import re

_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[A-Za-z]{2,}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_PHONE = re.compile(r"(\+|00?)[1-9][\d ()./-]{5,20}\d")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
_NAMES = {
    "email": r"e_?mail|mail_?address",
    "phone": r"phone|mobile|telephone|tel|fax|handy|telefon(nummer)?|handy(nummer)?|mobil|telefono|portable",
    "ip": r"ip|ip_?addr(ess)?|remote_?addr",
    "name": r"(first|last|full|family|given|middle|sur|user|display|person|contact|nick)_?names?|surname|contact|owner"
    r"|nachname|vorname|familienname|nom|prenom|apellidos?|nombre|cognome",
    "address": r"street|address|postcode|postal_?code|zip|zip_?code|city|address_?line_?\d?"
    r"|strasse|straße|plz|ort|wohnort|anschrift|adresse|rue|ville|calle|ciudad",
    "birth_date": r"birth_?da(y|te)|date_?of_?birth|dob|born(_?on)?|geburts(datum|tag)|geboren(_am)?|date_naissance"
    r"|fecha_nacimiento",
    "account": r"iban|card_?number|account_?number|tax_?id|ssn|vat_?id|passport(_?number)?",
    "person": r"(person|employee|patient|passport|member|contact)_?id",
    "free_text": r"comments?|notes?|message|body|subject|remarks?|bio|feedback|transcript|free_?text"
    r"|kommentar|notiz(en)?|bemerkung(en)?",
}
_BY_NAME = {kind: re.compile(rf"(.*[_.])?({pattern})", re.IGNORECASE) for kind, pattern in _NAMES.items()}


def kind_of_value(text: str) -> str:
    """The kind that the whole value looks like; free_text where an e-mail address stands in a longer text."""
    text = text.strip()
    if "@" in text and (found := _EMAIL.search(text)):
        return "email" if found[0] == text else "free_text"
    if len(text) > 45:
        return ""
    if _is_iban(text) or is_card(text):
        return "account"
    if _is_ip(text):
        return "ip"
    return "phone" if _PHONE.fullmatch(text) and not _DATE.fullmatch(text) else ""


def kind_of_name(name: str) -> str:
    """The kind that a column, or a field of a document, of this name is likely to hold."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace(" ", "_").replace("-", "_")
    return next((kind for kind, pattern in _BY_NAME.items() if pattern.fullmatch(snake)), "")


def _is_iban(text: str) -> bool:
    found = text.replace(" ", "").upper()
    if not _IBAN.fullmatch(found):
        return False
    return int("".join(str(int(letter, 36)) for letter in found[4:] + found[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """Whether the text is the number of a payment card, by its check digit."""
    digits = [int(digit) for digit in re.sub(r"[ -]", "", text) if digit.isdecimal()]
    if not re.fullmatch(r"[2-6]\d{3}[ -]?(\d[ -]?){9,15}", text) or not 13 <= len(digits) <= 19:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _is_ip(text: str) -> bool:
    if text.count(".") != 3 and text.count(":") < 2:
        return False
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False
