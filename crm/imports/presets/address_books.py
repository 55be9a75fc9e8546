"""Address books: Google Contacts, Outlook in its kinds, Thunderbird.

Thunderbird's headers are those of its importMsgs.properties, which are translated; older versions had others.
"""

from crm.imports.presets.preset import Preset

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
_OUTLOOK_FIELDS = {
    "E-mail Address": "email",
    "Company": "organisation",
    "Notes": "notes",
    "Business Street": "address",
    "Home Street": "address",
    "Other Street": "address",
    "Business Country/Region": "country",
    "Home Country/Region": "country",
    "Other Country/Region": "country",
}
_OUTLOOK_OTHERS = ("Account", "Language", "Government ID Number", "Organizational ID Number")

PRESETS = (
    Preset(
        "Google Contacts",
        [("E-mail 1 - Value", "Phone 1 - Value"), ("Given Name", "Phone 1 - Type"), ("First Name", "Phone 1 - Label")],
        fields={
            "E-mail 1 - Value": "email",
            "Organization 1 - Name": "organisation",
            "Organization Name": "organisation",
            "Address 1 - Formatted": "address",
            "Address 1 - Country": "country",
        },
        others=("Language",),
    ),
    Preset(
        "outlook.com",
        [("Given Yomi", "Business Phone"), ("IMAddress", "Business Phone")],
        fields=_OUTLOOK_FIELDS,
        phones=_OUTLOOK_PHONES,
        others=_OUTLOOK_OTHERS,
    ),
    Preset(
        "Outlook",
        [("First Name", "Business Phone", "Business Phone 2"), ("E-mail Address", "Business Phone", "Callback")],
        fields=_OUTLOOK_FIELDS,
        phones=_OUTLOOK_PHONES,
        others=_OUTLOOK_OTHERS,
    ),
    Preset(
        "Outlook (German)",
        [("Vorname", "Telefon geschäftlich"), ("E-Mail-Adresse", "Telefon geschäftlich")],
        fields={
            "E-Mail-Adresse": "email",
            "Firma": "organisation",
            "Notizen": "notes",
            "Straße geschäftlich": "address",
            "Straße privat": "address",
            "Weitere Straße": "address",
            "Land/Region geschäftlich": "country",
            "Land/Region privat": "country",
            "Weiteres/r Land/Region": "country",
        },
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
        others=("Konto", "Sprache"),
    ),
    Preset(
        "Thunderbird",
        [("Primary Email", "Display Name"), ("Primary Email", "Mobile Number")],
        fields={
            "Primary Email": "email",
            "Display Name": "name",
            "Organization": "organisation",
            "Home Address": "address",
            "Work Address": "address",
            "Home Country": "country",
            "Work Country": "country",
        },
        phones={"Work Phone": "work", "Home Phone": "home", "Mobile Number": "mobile"},
    ),
    Preset(
        "Thunderbird (German)",
        [("Primäre E-Mail-Adresse", "Anzeigename"), ("Primäre E-Mail-Adresse", "Mobil-Tel.-Nr.")],
        fields={
            "Primäre E-Mail-Adresse": "email",
            "Anzeigename": "name",
            "Organisation": "organisation",
            "Privat: Adresse": "address",
            "Dienstlich: Adresse": "address",
            "Adresse privat": "address",
            "Dienstadresse": "address",
            "Privat: Land": "country",
            "Dienstlich: Land": "country",
            "Land privat": "country",
            "Land dienstlich": "country",
        },
        phones={
            "Tel. dienstlich": "dienstlich",
            "Diensttelefon": "dienstlich",
            "Tel. privat": "privat",
            "Telefon privat": "privat",
            "Mobil-Tel.-Nr.": "mobil",
        },
    ),
)
