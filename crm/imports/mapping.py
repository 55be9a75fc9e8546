"""Which column of a file means which field: by its header, in the names that people give to such columns."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from crm.imports.reading import UnreadableFile

PHONE = "phone"
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
# Not "cancelled" and not "telegram".
_PHONE_HEADER = re.compile(
    r"phone|mobile|^tel(?!egram|ex|evision)|^cell|cell(?:phone|ular|no|number)?[0-9]*$|handy|telefon|portable|movil"
)
_NOT_A_PHONE = re.compile(r"optin|optout|consent|type|verified|label|country|carrier|extension|donot")


def plain(header: str) -> str:
    """Return a header in small letters without accents and digits only, as headers are compared."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", header).casefold())


def detect(headers: Sequence[str], *, fields: Mapping[str, frozenset[str]] = FIELDS) -> dict[str, str]:
    """Return field by header for the headers that are recognised, each field once but for phones.

    Raises UnreadableFile when no column holds phone numbers, or two columns mean the same field.
    """
    mapping: dict[str, str] = {}
    for header in headers:
        name = plain(header)
        field = next((field for field, names in fields.items() if name in names), None)
        if field is None and _PHONE_HEADER.search(name) and not _NOT_A_PHONE.search(name):
            field = PHONE
        if field is None:
            continue
        if field != PHONE and field in mapping.values():
            first = next(other for other, taken in mapping.items() if taken == field)
            raise UnreadableFile(
                _("The columns %(first)s and %(second)s both mean %(field)s.")
                % {"first": first, "second": header, "field": field}
            )
        mapping[header] = field
    if PHONE not in mapping.values():
        raise UnreadableFile(
            _("The file has no phone column; its columns are: %(columns)s.") % {"columns": ", ".join(headers)}
        )
    return mapping


def label_of(header: str) -> str:
    """Return the label that a phone column gives its numbers: "Work phone" says work, "Phone" says nothing."""
    words = re.sub(r"(?i)\b(phone|number|no|telephone|tel|[0-9]+)\b|[^\w ]", " ", header.replace("_", " "))
    return " ".join(words.split()).casefold()[:60]
