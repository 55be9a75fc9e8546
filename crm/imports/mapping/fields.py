"""The fields that a column may mean.

"phone", or "phone:" and the label of its numbers where the header does not say it; "label:" and "extension:" with
the header of the phone column that they belong to. A column that says no is "optout", or "optout:call" and
"optout:sms" for one channel; "status" one that says in words how a subscription stands. "consent", "consent:call"
and "consent:sms" claim that somebody agreed, and prove nothing.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PHONE = "phone"
# The column holds a JSON object, with phones among other things.
PHONES_JSON = "phones_json"
LABEL = "label:"
EXTENSION = "extension:"
NAME = "name"
COLLECTED_AT = "collected_at"
COUNTRY = "country"
EXTERNAL_ID = "external_id"
OPTOUT = "optout"
CONSENT = "consent"
STATUS = "status"
CHANNELS = ("call", "sms")
OPTOUTS = (OPTOUT, *(f"{OPTOUT}:{channel}" for channel in CHANNELS))
CLAIMS = (CONSENT, *(f"{CONSENT}:{channel}" for channel in CHANNELS))
# Beside what a resource takes, a file may have these, and several columns of each.
SEVERAL = (PHONE, PHONES_JSON, *OPTOUTS, STATUS, *CLAIMS)

# Field -> the headers that mean it, in small letters and digits only.
FIELDS: Mapping[str, frozenset[str]] = {
    NAME: frozenset(
        {"name", "fullname", "contactname", "displayname", "personname", "nom", "nombre", "nome", "naam", "namn"}
        | {"nomcomplet", "nombrecompleto", "nomecompleto", "vollername", "volledigenaam", "anzeigename"}
    ),
    "given_name": frozenset(
        {"givenname", "firstname", "forename", "vorname", "prenom", "voornaam", "primernombre", "fname"}
    ),
    "family_name": frozenset(
        {"familyname", "lastname", "surname", "nachname", "familienname", "nomdefamille", "apellido", "apellidos"}
        | {"cognome", "sobrenome", "apelido", "achternaam", "lname"}
    ),
    "organisation": frozenset(
        {"organisation", "organization", "company", "firma", "employer", "account", "companyname", "unternehmen"}
        | {"organisationname", "organizationname", "societe", "entreprise", "empresa", "azienda", "bedrijf"}
        | {"firmenname", "businessname"}
    ),
    "email": frozenset(
        {"email", "emailaddress", "mail", "mailaddress", "emailadresse", "mailadresse", "courriel", "adressemail"}
        | {"adresseemail", "correo", "correoelectronico", "emailadres", "epost"}
    ),
    "address": frozenset(
        {"address", "postaladdress", "street", "adresse", "anschrift", "strasse", "streetaddress", "rue", "direccion"}
        | {"indirizzo", "adres", "endereco", "postanschrift"}
    ),
    COUNTRY: frozenset(
        {"country", "countrycode", "land", "countryregion", "landregion", "pays", "pais", "paese", "laenderkennung"}
        | {"landercode", "landcode", "countryname", "countryiso", "isocountry", "nation", "codepays", "codigopais"}
    ),
    "language": frozenset({"language", "lang", "sprache", "langue", "idioma", "lingua", "taal", "preferredlanguage"}),
    "notes": frozenset(
        {"notes", "note", "comment", "comments", "remarks", "notizen", "notiz", "bemerkung", "bemerkungen"}
        | {"kommentar", "remarques", "commentaire", "commentaires", "observaciones", "notas", "opmerkingen"}
    ),
    COLLECTED_AT: frozenset({"collectedat", "datecollected", "collectiondate", "erhobenam"}),
    EXTERNAL_ID: frozenset(
        {"id", "uuid", "externalid", "contactid", "contactuuid", "leadid", "recordid", "personid", "userid"}
        | {"customerid", "customerno", "customernumber", "customernr", "clientid", "clientno", "clientnumber"}
        | {"memberid", "membernumber", "memberno", "subscriberid", "crmid", "externalidentifier", "extid"}
        | {"internalcontactid", "kundennummer", "kundennr", "mitgliedsnummer", "kontaktid", "numeroclient"}
        | {"idclient", "idcliente", "numerodecliente", "codicecliente", "klantnummer"}
    ),
}
# Of these a file may well have two columns, of which one is enough.
ONE_IS_ENOUGH = frozenset({COUNTRY, EXTERNAL_ID})

_TITLES: Mapping[str, str | Promise] = {
    PHONE: gettext_lazy("Phone number"),
    PHONES_JSON: gettext_lazy("Phone numbers, within JSON"),
    NAME: gettext_lazy("Name, in full"),
    "given_name": gettext_lazy("Given name"),
    "family_name": gettext_lazy("Family name"),
    "organisation": gettext_lazy("Organisation"),
    "email": gettext_lazy("E-mail"),
    "address": gettext_lazy("Address"),
    COUNTRY: gettext_lazy("Country"),
    "language": gettext_lazy("Language"),
    "notes": gettext_lazy("Notes"),
    EXTERNAL_ID: gettext_lazy("The source's id of the person"),
    COLLECTED_AT: gettext_lazy("When the source collected it"),
    "optout": gettext_lazy("Says no to everything"),
    "optout:call": gettext_lazy("Says no to calls"),
    "optout:sms": gettext_lazy("Says no to text messages"),
    STATUS: gettext_lazy("Subscription status"),
    "consent": gettext_lazy("Claims consent"),
    "consent:call": gettext_lazy("Claims consent to calls"),
    "consent:sms": gettext_lazy("Claims consent to text messages"),
    "consent_purpose": gettext_lazy("Consent: purpose"),
    "consent_given_at": gettext_lazy("Consent: given at"),
    "consent_version": gettext_lazy("Consent: version of the wording"),
    "consent_ip": gettext_lazy("Consent: IP address"),
    "consent_channel": gettext_lazy("Consent: channel"),
}


def is_phone(field: str | None) -> bool:
    """Whether a column of this field holds phone numbers."""
    return field is not None and (field.partition(":")[0] == PHONE or field == PHONES_JSON)


def may_repeat(field: str) -> bool:
    """Whether several columns of a file may mean this field."""
    return is_phone(field) or field in SEVERAL


def choices(fields: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    """Return (field, title) of what a column may mean, in the reader's language; phones first, consent last.

    Without the fields that name a column: "phone:work", "label:Phone 1", "extension:Phone 1"; `title` knows them.
    """
    known = [PHONE, PHONES_JSON, *_TITLES, *fields]
    return [(field, title(field)) for field in dict.fromkeys(known) if field in fields or field in SEVERAL]


def title(field: str) -> str:
    """Return what a field is called for people, in their language."""
    kind, _colon, rest = field.partition(":")
    if field in _TITLES:
        return str(_TITLES[field])
    if kind == PHONE:
        return _("Phone number (%(label)s)") % {"label": rest} if rest else str(_TITLES[PHONE])
    if f"{kind}:" == LABEL:
        return _("Label of %(column)s") % {"column": rest}
    if f"{kind}:" == EXTENSION:
        return _("Extension of %(column)s") % {"column": rest}
    return field.replace("_", " ").capitalize()
