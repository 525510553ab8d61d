"""The words of which names of companies and people are made, and their slugs for e-mail domains."""

import unicodedata


def _words(text: str) -> list[str]:
    return text.split()


# Every fourth word has letters that a wrong decoding turns into recognisable nonsense (é becomes Ã©).
FIRST = _words("""
Alpine Beacon Cobalt Café Delta Ember Falcon Müller Granite Harbor Indigo Société Juniper Kestrel Lumen Königs
Maple Nimbus Orchid Peña Quartz Raven Summit Zürich Timber Umbra Vertex Françoise Willow Xenon Yarrow Señor
Zephyr Amber Birch Björn Cinder Dune Echo Crème Fjord Grove Hazel Märkte Iris Jasper Kelp Köln Lark Mesa Nova
Bücher Onyx Pine Quill Chênes Ridge Sable Tundra Äpfel
""")
SECOND = _words("""
Analytics Apparel Bakery Biotech Books Capital Catering Cloud Dental Design Dynamics Energy Farms Finance
Foods Freight Games Health Homes Hotels Imaging Insurance Labs Legal Logistics Media Metals Mobility Motors
Optics Outdoor Pharma Power Press Retail Robotics Security Software Studios Travel
""")
SUFFIX = ["GmbH", "Ltd", "Inc", "SAS", "AG", "BV", "AB", "LLC"]
TLD = ["com", "io", "de", "co.uk", "fr", "eu"]
INDUSTRY = ["software", "retail", "health", "finance", "media", "manufacturing", "education", "travel"]
COUNTRY = ["US", "DE", "GB", "FR", "NL", "SE", "ES", "CH"]
CURRENCY = {"US": "USD", "GB": "GBP", "CH": "CHF", "SE": "SEK"}
GIVEN = _words("""
Ada Ahmed Aiko Alice Amara André Anna Bela Björn Carla Chen Chloé Clara Daan Diego Elena Emil Eva Farid Fatima
Felix Freya Gita Hana Hugo Ida Igor Imani Ines Ivan Jana Jonas José Júlia Kai Kofi Lars Lea Leo Lin Luca Mads
Maja Marta Mei Milo Mina Nadia Nils Noor Olga Omar Oskar Paula Rafael Rosa Sana Tariq Vera Zoë
""")
FAMILY = _words("""
Abbott Adler Akin Almeida Baker Bauer Berg Blanc Brandt Castro Chavez Cohen Costa Dahl Diaz Dubois Ekman Evans
Fischer Garcia Gruber Haas Hansen Ito Jansen Jensen Kaya Keller Khan Kim Kowalski Kumar Lang Larsen Lopez
Maier Mbeki Meyer Moreau Nagy Novak Okafor Olsen Park Patel Petit Popov Reyes Rossi Sato Schmidt Silva Singh
Tanaka Vogel Wagner Weber Wong Yilmaz Ziegler
""")
SUBJECTS = [
    "Cannot log in",
    "Export is empty",
    "Report shows wrong numbers",
    "Invoice question",
    "How do I add a user?",
    "API returns 500",
    "Page is very slow",
    "Feature request: dark mode",
    "Please cancel our trial seat",
    "SSO does not work",
    "Data missing since yesterday",
    "Change of billing address",
    '"Permission denied" when sharing',
    "Webhook fires twice",
]
PRAISE = ["", "", "Great tool, the team loves it", "Does what it should", 'We call it "the cockpit"', "Très bien"]
BLAME = ["", "Too slow, too expensive", "Support never answers", "We hardly use it any more", "Missing features"]
OWNERS = ["dora.klein", "sam.ortiz", "priya.nair", "tom.vance"]


def slug(text: str) -> str:
    """The text in lower-case ASCII letters and digits."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())


SLUG_FIRST, SLUG_SECOND = [slug(word) for word in FIRST], [slug(word) for word in SECOND]
SLUG_GIVEN, SLUG_FAMILY = [slug(word) for word in GIVEN], [slug(word) for word in FAMILY]
# Whether the word has letters that a wrong decoding spoils within Latin-1, so that the fault can be recognised.
SPOILABLE = [any(letter in "éèêñçüöä" for letter in word) for word in FIRST]
