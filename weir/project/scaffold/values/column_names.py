"""What the name of a column says of its values: a flag, a code whose digits are no number, a date, an id."""

import re

_FLAG = re.compile(
    r"(is|has|have|had|can|was|were|did|does|do|should|needs?|allows?|uses?|accepts?|wants?|include[sd]?)_.*"
    r"|(.*_)?(flag|active|enabled|disabled|deleted|archived|visible|verified|confirmed|approved|valid|invalid|public"
    r"|private|hidden|locked|blocked|subscribed|unsubscribed|opt_?in|opt_?out|churn(ed)?|cancell?ed|closed|bool(ean)?)"
)
_CODE = re.compile(
    r"(.*_)?(zip(_?code)?|post(al)?_?code|postal|plz|cp|cep|phone|tele?(phone|fon)?|fax|mobile|cell|handy|msisdn|ssn|sin|nin"
    r"|iban|bic|swift|isbn|issn|ean|gtin|upc|barcode|imei|iccid|vat|vat_?id|tax_?(id|code)|(card|account|acct|routing"
    r"|passport|licen[cs]e|serial|tracking|phone|tel|telephone|mobile|fax|vat|tax|insurance|sort|bank)"
    r"_?(no|nr|num|number|code)|pin|sku|siret|siren|duns|cusip|isin)(_?[0-9])?"
)
_DATE = re.compile(r"(.*_)?(date|day|dt|datum|on|at|dob|birthday|born|since|until|from|to|start(ed)?|end(ed)?)(_key)?"
                   r"|date_.*|day_.*")  # fmt: skip
_ID = re.compile(r"(.*_)?(id|key|uid|guid|code|no|nr|num|number|ref|reference|token|hash|digest)")
_LASTING = re.compile(r"(.*_)?(duration|length|elapsed|lap|pace|took)(_.*)?")


def snake(name: str) -> str:
    """The name in small letters, its words with underscores between."""
    parted = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def is_flag(name: str) -> bool:
    """Whether 0 and 1 in the column mean no and yes."""
    return bool(_FLAG.fullmatch(snake(name)))


def is_code(name: str) -> bool:
    """Whether digits in the column are a code, such as a postcode or a telephone number, and no number."""
    return bool(_CODE.fullmatch(snake(name)))


def is_date(name: str) -> bool:
    """Whether eight digits in the column are a date."""
    return bool(_DATE.fullmatch(snake(name)))


def is_id(name: str) -> bool:
    """Whether the column identifies something."""
    return bool(_ID.fullmatch(snake(name)))


def is_lasting(name: str) -> bool:
    """Whether the column says how long something lasts, so that 12:30 is no time of a day."""
    return bool(_LASTING.fullmatch(snake(name)))
