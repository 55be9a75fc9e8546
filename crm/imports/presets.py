"""The files that other programs write, recognised by their headers: a table, and how it is looked up.

A preset is needed only for what the likeness of names gets wrong: a phone column without "phone" in its name, a
country in words, an opt-in to e-mail that says nothing of calls. Its other headers are recognised as in any file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from crm.imports.headers import plain

IGNORED = ""


@dataclass(frozen=True)
class Preset:
    """The file of one program.

    signs: sets of headers; where all of one set are there, this is the program's file. fields: field by header.
    phones: the label that a phone column gives, by header. labels: phone header by the header of its label.
    others: headers that would be taken for ours and are not.
    """

    name: str
    signs: Sequence[Iterable[str]]
    fields: Mapping[str, str] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    others: Iterable[str] = ()

    def means(self, headers: Sequence[str]) -> dict[str, str]:
        """Return by header what this preset says of it: a field, or IGNORED; what it does not know is left out.

        A phone column's field is "phone:" and its label, a label column's is "label:" and the header it labels.
        """
        real = {plain(header): header for header in headers}
        known = {plain(header): meaning for header, meaning in self.fields.items()}
        known |= {plain(header): f"phone:{label}" for header, label in self.phones.items()}
        known |= {
            plain(label): f"label:{real[plain(header)]}"
            for label, header in self.labels.items()
            if plain(header) in real
        }
        known |= {plain(header): IGNORED for header in self.others}
        return {header: known[plain(header)] for header in headers if plain(header) in known}


def recognise(headers: Sequence[str]) -> Preset | None:
    """Return the preset whose file this is, if it is one's."""
    there = {plain(header) for header in headers}
    return next(
        (preset for preset in PRESETS if any({plain(sign) for sign in signs} <= there for signs in preset.signs)), None
    )


def by_name(name: str) -> Preset | None:
    """Return the preset that is called so, whatever the case and the signs, if there is one."""
    return next((preset for preset in PRESETS if plain(preset.name) == plain(name)), None)


_OUTLOOK_PHONES = {
    "Assistant's Phone": "assistant",
    "Business Phone": "business",
    "Business Phone 2": "business",
    "Callback": "callback",
    "Car Phone": "car",
    "Company Main Phone": "company main",
    "Home Phone": "home",
    "Home Phone 2": "home",
    "ISDN": "isdn",
    "Mobile Phone": "mobile",
    "Other Phone": "other",
    "Primary Phone": "primary",
    "Radio Phone": "radio",
    "TTY/TDD Phone": "tty/tdd",
}
_SALESFORCE_PHONES = {
    "Phone": "",
    "Mobile": "mobile",
    "Mobile Phone": "mobile",
    "Home Phone": "home",
    "Other Phone": "other",
    "Asst. Phone": "assistant",
    "Assistant Phone": "assistant",
}
# Where a country stands in words, it is not our two letters.
_COUNTRY = ("Country", "Country/Region")

# The first that fits is it: of two programs whose headers are alike, the one with more signs stands first.
PRESETS = (
    Preset(
        "Google Contacts",
        [("E-mail 1 - Value", "Phone 1 - Value"), ("Given Name", "Phone 1 - Type"), ("First Name", "Phone 1 - Label")],
        fields={
            "E-mail 1 - Value": "email",
            "Organization 1 - Name": "organisation",
            "Organization Name": "organisation",
            "Address 1 - Formatted": "address",
        },
        others=("Language",),
    ),
    Preset(
        "outlook.com",
        [("Given Yomi", "Business Phone"), ("IMAddress", "Business Phone")],
        fields={"E-mail Address": "email", "Company": "organisation", "Notes": "notes"},
        phones=_OUTLOOK_PHONES,
        others=("Account", "Language", *_COUNTRY),
    ),
    Preset(
        "Outlook",
        [("First Name", "Business Phone", "Business Phone 2"), ("E-mail Address", "Business Phone", "Callback")],
        fields={"E-mail Address": "email", "Company": "organisation", "Notes": "notes"},
        phones=_OUTLOOK_PHONES,
        others=("Account", "Language", *_COUNTRY),
    ),
    Preset(
        "Outlook (German)",
        [("Vorname", "Telefon geschäftlich"), ("E-Mail-Adresse", "Telefon geschäftlich")],
        fields={"E-Mail-Adresse": "email", "Firma": "organisation", "Notizen": "notes"},
        phones={
            "Telefon Assistent": "assistent",
            "Telefon geschäftlich": "geschäftlich",
            "Telefon geschäftlich 2": "geschäftlich",
            "Rückmeldung": "rückmeldung",
            "Autotelefon": "auto",
            "Telefon Firma": "firma",
            "Telefon privat": "privat",
            "Telefon privat 2": "privat",
            "ISDN": "isdn",
            "Mobiltelefon": "mobil",
            "Weiteres Telefon": "weiteres",
            "Haupttelefon": "haupt",
            "Funkruf": "funk",
            "Telefon für Hörbehinderte": "für hörbehinderte",
        },
        others=("Konto", "Sprache", "Land"),
    ),
    Preset(
        "CiviCRM",
        [("Contact ID", "Do Not Sms"), ("Contact ID", "Do Not Phone"), ("Internal Contact ID", "Contact Type")],
        fields={
            "Display Name": "name",
            "Current Employer": "organisation",
            "Street Address": "address",
            "Preferred Language": "language",
        },
        labels={"Phone Type": "Phone"},
        others=("Country", "Do Not Phone", "Do Not Sms"),
    ),
    Preset(
        "Zoho",
        [("Record Id", "Email Opt Out"), ("Record Id", "Asst Phone"), ("Contact Owner.id",), ("Lead Owner.id",)],
        fields={"Account Name": "organisation", "Description": "notes"},
        phones={**_SALESFORCE_PHONES, "Asst Phone": "assistant"},
        others=_COUNTRY,
    ),
    Preset(
        "HubSpot",
        [("Record ID", "Marketing contact status"), ("Record ID", "Lead Status"), ("Record ID", "Contact owner")],
        fields={
            "Company Name": "organisation",
            "Associated Company": "organisation",
            "Street Address": "address",
        },
        phones={"Phone Number": "", "Mobile Phone Number": "mobile", "WhatsApp Phone Number": "whatsapp"},
        others=_COUNTRY,
    ),
    Preset(
        "Salesforce (Lead)",
        [("Lead ID",), ("Lead Owner",), ("IsConverted",), ("Company / Account",)],
        fields={
            "Company / Account": "organisation",
            "Company": "organisation",
            "Street": "address",
            "Country Code": "country",
            "Description": "notes",
        },
        phones=_SALESFORCE_PHONES,
        others=("DoNotCall", *_COUNTRY),
    ),
    Preset(
        "Salesforce (Contact)",
        [
            ("AccountId", "LastName"),
            ("Account Name", "Last Name", "Mailing City"),
            ("Contact ID", "Last Name", "Account Name"),
        ],
        fields={
            "Account Name": "organisation",
            "Mailing Street": "address",
            "Mailing Country Code": "country",
            "Description": "notes",
        },
        phones=_SALESFORCE_PHONES,
        others=("DoNotCall", *_COUNTRY),
    ),
    Preset(
        "Mailchimp",
        [("MEMBER_RATING", "LAST_CHANGED"), ("OPTIN_TIME", "OPTIN_IP"), ("LEID", "EUID")],
        fields={"Email Address": "email", "Address": "address"},
        # Evidence of an opt-in to e-mail is none for the phone.
        others=("OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP", "CC", *_COUNTRY),
    ),
    Preset(
        "Brevo",
        [
            ("EMAIL", "SMS", sign)
            for sign in ("WHATSAPP", "FIRSTNAME", "PRENOM", "VORNAME", "OPT_IN", "SMS_BLACKLISTED")
        ],
        fields={"NOM": "family_name", "PRENOM": "given_name"},
        phones={"SMS": "sms", "WHATSAPP": "whatsapp", "LANDLINE_NUMBER": "landline"},
        others=_COUNTRY,
    ),
    Preset(
        "Thunderbird",
        [("Primary Email", "Display Name"), ("Primary Email", "Mobile Number")],
        fields={"Primary Email": "email", "Display Name": "name", "Organization": "organisation"},
        phones={"Work Phone": "work", "Home Phone": "home", "Mobile Number": "mobile"},
        others=("Home Country", "Work Country", *_COUNTRY),
    ),
    Preset("listmonk", [("uuid", "email", "attributes")]),
    Preset(
        "Mautic",
        [("firstname", "lastname", "preferred_locale"), ("firstname", "lastname", "points", "last_active")],
        fields={"address1": "address", "preferred_locale": "language"},
        others=("ip", "ip_address", *_COUNTRY),
    ),
)
