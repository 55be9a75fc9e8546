"""Which column of a file means which field: by its header, in the names that people and programs give it.

The field of a phone column is "phone", or "phone:" and the label of its numbers where its header does not say it;
that of a column of labels is "label:" and the header of the column it labels.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import phonenumbers
from django.utils.translation import gettext as _

from crm import phones
from crm.imports import presets
from crm.imports.headers import plain
from crm.imports.reading import UnreadableFile

PHONE = "phone"
LABEL = "label:"
NAME = "name"
COLLECTED_AT = "collected_at"

# Field -> the headers that mean it, in small letters and digits only. A phone header also gives the label.
FIELDS: Mapping[str, frozenset[str]] = {
    NAME: frozenset({"name", "fullname", "contactname", "nom", "nombre"}),
    "given_name": frozenset({"givenname", "firstname", "forename", "vorname", "prenom"}),
    "family_name": frozenset({"familyname", "lastname", "surname", "nachname"}),
    "organisation": frozenset({"organisation", "organization", "company", "firma", "employer", "account"}),
    "email": frozenset({"email", "emailaddress", "mail"}),
    "address": frozenset({"address", "postaladdress", "street", "adresse"}),
    "country": frozenset({"country", "countrycode", "land"}),
    "language": frozenset({"language", "lang", "sprache"}),
    "notes": frozenset({"notes", "note", "comment", "comments", "remarks"}),
    COLLECTED_AT: frozenset({"collectedat", "datecollected", "collectiondate"}),
}
# Not "cancelled", not "telegram" and not "phonetic".
_PHONE_HEADER = re.compile(
    r"phone(?!tic)|mobile|^tel(?!egram|ex|evision)|^cell|cell(?:phone|ular|no|number)?[0-9]*$|handy|telefon|portable|movil"
)
_NOT_A_PHONE = re.compile(r"optin|optout|consent|type|verified|label|country|carrier|extension|donot")
_LABEL_COLUMN = re.compile(r"^(.*?)\s*-\s*(?:label|type)$", re.IGNORECASE)
_SEVERAL = " ::: "


def detect(headers: Sequence[str], *, fields: Mapping[str, frozenset[str]] = FIELDS) -> dict[str, str]:
    """Return field by header for the headers that are recognised, each field once but for phones.

    A file whose program is known is read as that program means it. Raises UnreadableFile when no column holds
    phone numbers, or two columns mean the same field.
    """
    preset = presets.recognise(headers)
    known = preset.means(headers) if preset else {}
    mapping: dict[str, str] = {}
    for header in headers:
        field = known[header] if header in known else _likely(header, fields)
        if not field or (preset and header not in known and field in known.values()):
            continue
        if not is_phone(field) and field in mapping.values():
            if preset:
                continue
            first = next(other for other, taken in mapping.items() if taken == field)
            raise UnreadableFile(
                _("The columns %(first)s and %(second)s both mean %(field)s.")
                % {"first": first, "second": header, "field": field}
            )
        mapping[header] = field
    mapping |= _labels(headers, mapping)
    if not any(map(is_phone, mapping.values())):
        raise UnreadableFile(
            _("The file has no phone column; its columns are: %(columns)s.") % {"columns": ", ".join(headers)}
        )
    # In the order of the file.
    return {header: mapping[header] for header in headers if header in mapping}


def _likely(header: str, fields: Mapping[str, frozenset[str]]) -> str:
    """Return the field that a header's name is like, or nothing."""
    name = plain(header)
    field = next((field for field, names in fields.items() if name in names), "")
    if not field and _PHONE_HEADER.search(name) and not _NOT_A_PHONE.search(name):
        return PHONE
    return field


def _labels(headers: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return what "Phone 1 - Label" and "Phone 1 - Type" mean beside "Phone 1" or "Phone 1 - Value"."""
    found: dict[str, str] = {}
    for header in headers:
        stem = _LABEL_COLUMN.match(header)
        for phone in (stem.group(1), f"{stem.group(1)} - Value") if stem else ():
            if mapping.get(phone) == PHONE:
                # A label that is left out is none: "value" says nothing.
                found |= {header: f"{LABEL}{phone}", phone: f"{PHONE}:{label_of(phone.removesuffix(' - Value'))}"}
    return found


def is_phone(field: str | None) -> bool:
    """Whether a column of this field holds phone numbers."""
    return field is not None and field.partition(":")[0] == PHONE


def numbers_of(row: Mapping[str, str], mapping: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield each number that a row's cells hold, with its label and its column's header."""
    labels = {field.removeprefix(LABEL): row[header] for header, field in mapping.items() if field.startswith(LABEL)}
    for header, field in mapping.items():
        if not is_phone(field):
            continue
        _phone, given, label = field.partition(":")
        label = label if given else label_of(header)
        cells, said = row[header].split(_SEVERAL), labels.get(header, "").split(_SEVERAL)
        for at, cell in enumerate(cells):
            if cell.strip():
                # Google marks the preferred one with a star.
                own = said[at if len(said) == len(cells) else 0].strip().lstrip("* ")
                for text in phones.split(cell):
                    yield text, own.casefold()[:60] or label, header


def first_of(cell: str) -> str:
    """Return the first of the values that a program has put into one cell."""
    return cell.split(_SEVERAL)[0].strip()


def label_of(header: str) -> str:
    """Return the label that a phone column gives its numbers: "Work phone" says work, "Phone" says nothing."""
    words = re.sub(r"(?i)\b(phone|number|no|telephone|tel|[0-9]+)\b|[^\w ]", " ", header.replace("_", " "))
    return " ".join(words.split()).casefold()[:60]


def region_of(cell: str) -> str:
    """Return the two letters of a country."""
    text = cell.strip().upper()
    return text if text in phonenumbers.SUPPORTED_REGIONS else ""


def says_no(cell: str) -> bool:
    """Whether a cell of an opt-out column takes consent back."""
    return cell.strip().casefold() not in ("", "0", "no", "false", "n")


def says_yes(cell: str) -> bool:
    """Whether a cell of a consent column says yes."""
    return cell.strip().casefold() in ("1", "yes", "true", "y", "x")
