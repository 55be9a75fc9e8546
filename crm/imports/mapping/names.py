"""What a header says that its column means, in the names that people and programs give it."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from rapidfuzz.distance import OSA

from crm.imports.headers import plain, words
from crm.imports.mapping.fields import CONSENT, NAME, OPTOUT, PHONE, STATUS

# Not "cancelled", not "telegram" and not "phonetic".
_PHONE = re.compile(
    r"phone(?!tic)|mobile(?!app)|^tel(?!egram|ex|evision)|^cell|cell(?:phone|ular|no|number)?[0-9]*$|handy|telefon"
    r"|telefoon|portable|movil|cellulare|^celular|rufnummer|^gsm|^fon$|^(?:contact|whatsapp)(?:no|nr|number)$"
)
# A fax and a pager are no person's phone; the others say something of one.
_NOT_A_PHONE = re.compile(
    r"optin|optout|optedin|optedout|unsub|subscri|consent|permission|donot|dontcall|dnc|blacklist|blocklist|sperr"
    r"|widerspr|einwillig|zustimm|type|label|status|verified|valid|bounce|lookup|country|carrier|provider|operator"
    r"|extension|^ext|ext$|durchwahl|prefix|areacode|hash|model|brand|device|timestamp|lastcall|callcount|fax|pager"
)
_MISSPELT = (
    *("phone", "phones", "telephone", "telefon", "telefono", "telefone", "telefoon", "telefonnummer", "mobile"),
    *(
        "mobilephone",
        "phonenumber",
        "mobilenumber",
        "mobiltelefon",
        "handynummer",
        "rufnummer",
        "cellphone",
        "cellular",
    ),
)
# What is like a name of ours by accident, and what no content turns into a phone.
_SOMETHING_ELSE = frozenset(
    {"county", "state", "province", "region", "bundesland", "kanton", "city", "town", "ort", "stadt", "ville", "ciudad"}
    | {"zip", "zipcode", "postal", "postcode", "plz", "postleitzahl", "cp", "cep", "iban", "bic", "swift", "vat", "tax"}
    | {"ust", "ustid", "ssn", "steuer", "konto", "amount", "betrag", "price", "preis", "total", "sum", "summe"}
    | {"balance", "date", "datum", "fecha", "time", "zeit", "birthday", "birthdate", "dob", "geburtstag", "created"}
    | {"updated", "modified", "id", "ids", "uuid", "guid", "order", "invoice", "rechnung", "reference", "ref", "serial"}
    | {"barcode", "ean", "isbn", "sku", "code", "hash", "score", "rating", "count", "points", "latitude", "longitude"}
    | {"lat", "lon", "lng", "ip", "url", "web", "website", "link", "password", "house", "policy", "contract", "account"}
    | {"card", "case", "ticket", "passport", "licence", "license", "employee", "employees", "username", "nickname"}
    | {"registration", "siret", "birth", "telex"}
)
_NUMBER_OF_SOMETHING = re.compile(
    r"(?:kunden|rechnungs|konto|vertrags|mitglieds|haus|steuer|bestell|artikel|auftrags|personal|versicherungs|policen"
    r"|ausweis|inventar|serien)(?:nummer|nr)|(?:datum|betrag|preis|plz|id)$"
)
# Words that say whose it is, or which of several, beside what it is. A business has a name of its own.
_WHOSE = frozenset({"customer", "client", "contact", "lead", "person", "member", "subscriber", "your", "the", "s"})
_WHICH = frozenset(
    {"home", "work", "private", "privat", "business", "office", "personal", "primary", "main", "preferred", "default"}
    | {"mailing", "billing", "shipping", "other", "of", "dienstlich", "geschaftlich", "residence", "value", "current"}
)
# The fields that a likeness may mean: ids and evidence are said plainly, or not at all.
_ALIKE = (NAME, "given_name", "family_name", "organisation", "email", "address", "country", "language", "notes")

_SAYS_NO = re.compile(
    r"opt(?:ed)?out|donot|dontcall|dontcontact|^dnd$|^dnc|dnc$|blacklist|blocklist|suppress|unsub|abgemeldet|abmeldung"
    r"|widerspr|werbesperre|anrufsperre|kontaktsperre|^sperr|desabonn|desinscri|listenoire|nollamar|nocontactar"
    r"|noncontatt|nonchiam|nietbellen|afgemeld|naocontact|naoligar|^stop(?:sms|calls?|contact|list)?$|objection"
)
_CLAIMS = re.compile(
    r"opt(?:ed)?in(?!fo|g)|consent|permission|agreed|einwillig|zustimm|consenso|toestemming|autoris|smsmarketing"
    r"|accepts(?:sms|calls|marketing)|^subscribed$"
)
# What is said of letters, on paper and on screens, is not ours.
_OTHER_ROADS = re.compile(
    r"e?mail|newsletter|courriel|correo|fax|post(?!al?code)|letter|trade|html|push|cookie|tracking|profiling"
)
# Beside a yes: where and how it came about.
_ABOUT_IT = re.compile(r"ip$|ipaddress|source|wording|version|url|link|method|proof|evidence|consenttext|token|reason$")
_OPT_IN_OF_MAILS = re.compile(r"^(?:optin|confirm)(?:time|ip)$|doubleoptin")
_CALLS = re.compile(r"call|appel|anruf|llamar|bellen|chiam|ligar|voice|donotphone")
_TEXTS = re.compile(r"sms|text|whatsapp")
_STATUS = re.compile(r"(?:sms|call|marketing)?(?:subscription|consent|optin)status|(?:sms|call)(?:marketing)?status")


def meant_by(header: str, fields: Mapping[str, frozenset[str]]) -> tuple[str, bool]:
    """Return (field, sure) for what a header is called; nothing where it says nothing.

    sure: it is a name of the field, not only like one.
    """
    name = plain(header)
    if not name:
        return "", False
    exact = next((field for field, names in fields.items() if name in names), "") or _answer(name)
    if exact:
        return exact, True
    if means_phone(header):
        return PHONE, True
    return _alike(header, fields), False


@lru_cache(maxsize=4096)
def means_phone(header: str) -> bool:
    """Whether a column of this name holds phone numbers."""
    name = plain(header)
    if _NOT_A_PHONE.search(name) or "ext" in words(header):
        return False
    return _PHONE.search(name) is not None or any(_misspelt(word, _MISSPELT) for word in (name, *words(header)))


def means_something_else(header: str) -> bool:
    """Whether a header says that its column holds no phones, e-mails or countries, whatever its cells look like."""
    name = plain(header)
    said = any(found.search(name) for found in (_NOT_A_PHONE, _OTHER_ROADS, _NUMBER_OF_SOMETHING))
    return said or bool({name, *words(header)} & _SOMETHING_ELSE)


def _answer(name: str) -> str:
    """Return the opt-out, the status or the claim of consent that a name means."""
    if re.search(r"link|url", name) or _OPT_IN_OF_MAILS.search(name):
        return ""
    if _OTHER_ROADS.search(name):
        return ""
    if _STATUS.fullmatch(name):
        return STATUS
    if _SAYS_NO.search(name):
        return _of_channel(OPTOUT, name)
    if _CLAIMS.search(name) and not _ABOUT_IT.search(name):
        return _of_channel(CONSENT, name)
    return ""


def _of_channel(kind: str, name: str) -> str:
    """Return the field for the channel that is named; for none, and for both, the one for all.

    "Mobile opt out" may mean the number with all that is done at it, so it names none.
    """
    calls, texts = bool(_CALLS.search(name)), bool(_TEXTS.search(name))
    if calls == texts:
        return kind
    return f"{kind}:call" if calls else f"{kind}:sms"


def _alike(header: str, fields: Mapping[str, frozenset[str]]) -> str:
    """Return the field that a header is like: "Work e-mail", "Frist name"."""
    parts = [word for word in words(header) if not word.isdigit()]
    if {plain(header), *parts} & _SOMETHING_ELSE:
        return ""
    near = []
    for field in (field for field in _ALIKE if field in fields):
        beside = _WHOSE if field == NAME else _WHOSE | _WHICH
        bare = "".join(part for part in parts if part not in beside)
        if bare in fields[field]:
            return field
        if _misspelt(bare, fields[field]):
            near.append(field)
    return near[0] if len(near) == 1 else ""


def _misspelt(word: str, names: Iterable[str]) -> bool:
    """Whether a word is one of the names but for a slip or two of the fingers; short names are too easily met."""
    return any(
        len(name) >= 5
        and word[:1] == name[:1]
        and OSA.distance(word, name, score_cutoff=2) <= (1 if len(name) < 9 else 2)
        for name in names
    )
