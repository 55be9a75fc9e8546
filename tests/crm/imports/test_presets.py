"""The files of other programs, by the headers that they write: what each column means, and which are no phones."""

import pytest

from consent.models import Consent, ConsentEvent
from consent.resources import EvidenceResource
from crm.imports.headers import plain
from crm.imports.mapping import detect
from crm.imports.presets import PRESETS, recognise
from crm.imports.reading import UnreadableFile
from crm.models import Contact, ContactPoint
from tests import factories
from tests.factories import number
from tests.files import csv_file, faults, imported, outcomes

ANN, BO, CY = number(0), number(1), number(2)

GOOGLE_OLD = (
    "Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Name Prefix,Nickname,Birthday,Location,"
    "Language,Photo,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Type,E-mail 2 - Value,"
    "Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value,Address 1 - Type,Address 1 - Formatted,"
    "Address 1 - Country,Organization 1 - Type,Organization 1 - Name,Organization 1 - Title,Website 1 - Value"
)
GOOGLE_NEW = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,"
    "Nickname,File As,Organization Name,Organization Title,Birthday,Notes,Photo,Labels,E-mail 1 - Label,"
    "E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Address 1 - Label,"
    "Address 1 - Formatted,Address 1 - Country,Relation 1 - Label,Relation 1 - Value"
)
OUTLOOK = (
    "Title,First Name,Middle Name,Last Name,Company,Department,Job Title,Business Street,Business Country/Region,"
    "Home Country/Region,Assistant's Phone,Business Fax,Business Phone,Business Phone 2,Callback,Car Phone,"
    "Company Main Phone,Home Fax,Home Phone,Home Phone 2,ISDN,Mobile Phone,Other Fax,Other Phone,Pager,"
    "Primary Phone,Radio Phone,TTY/TDD Phone,Telex,Account,Assistant's Name,E-mail Address,E-mail Type,"
    "E-mail 2 Address,Language,Manager's Name,Notes"
)
OUTLOOK_COM = (
    "First Name,Middle Name,Last Name,Title,Nickname,Given Yomi,Surname Yomi,E-mail Address,E-mail 2 Address,"
    "Home Phone,Home Phone 2,Business Phone,Business Phone 2,Mobile Phone,Car Phone,Other Phone,Primary Phone,Pager,"
    "Business Fax,Home Fax,Other Fax,Company Main Phone,Callback,Radio Phone,Telex,TTY/TDD Phone,IMAddress,Job Title,"
    "Company,Assistant's Phone,Home Street,Home Country/Region,Notes"
)
OUTLOOK_GERMAN = (
    "Anrede;Vorname;Weitere Vornamen;Nachname;Firma;Position;Straße geschäftlich;Land/Region geschäftlich;"
    "Telefon Assistent;Fax geschäftlich;Telefon geschäftlich;Telefon geschäftlich 2;Rückmeldung;Autotelefon;"
    "Telefon Firma;Fax privat;Telefon privat;Telefon privat 2;ISDN;Mobiltelefon;Weiteres Fax;Weiteres Telefon;Pager;"
    "Haupttelefon;Telex;Konto;E-Mail-Adresse;E-Mail-Typ;E-Mail 2: Adresse;Notizen;Sprache"
)
HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,WhatsApp Phone Number,Contact owner,"
    "Associated Company,Lead Status,Marketing contact status,Street Address,Country/Region,Create Date"
)
SALESFORCE_API = (
    "Id,AccountId,LastName,FirstName,Salutation,Name,MailingStreet,MailingCity,MailingCountry,MailingCountryCode,"
    "Phone,Fax,MobilePhone,HomePhone,OtherPhone,AssistantPhone,Email,DoNotCall,HasOptedOutOfEmail,Description"
)
SALESFORCE_REPORT = (
    "Salutation,First Name,Last Name,Title,Account Name,Mailing Street,Mailing City,Mailing Country,Phone,Mobile,Fax,"
    "Asst. Phone,Email,Account Owner"
)
SALESFORCE_LEAD = (
    "Id,LastName,FirstName,Company,Street,Country,CountryCode,Phone,MobilePhone,Fax,Email,DoNotCall,LeadSource,"
    "Status,IsConverted"
)
MAILCHIMP = (
    "Email Address,First Name,Last Name,Address,Phone Number,Birthday,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,"
    "CONFIRM_IP,LATITUDE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)
BREVO = "CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;SMS;WHATSAPP;LANDLINE_NUMBER;OPT_IN;SMS_BLACKLISTED;ADDED_TIME"
ZOHO = (
    "Record Id,Contact Owner.id,Contact Owner,Lead Source,First Name,Last Name,Account Name,Email,Phone,Home Phone,"
    "Other Phone,Fax,Mobile,Asst Phone,Email Opt Out,Mailing Country,Description"
)
CIVICRM = (
    "Contact ID,Contact Type,Do Not Email,Do Not Phone,Do Not Sms,First Name,Last Name,Display Name,"
    "Current Employer,Street Address,Country,Preferred Language,Phone,Phone Extension,Phone Type,Email"
)
THUNDERBIRD = (
    "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Work Phone,Home Phone,Fax Number,"
    "Pager Number,Mobile Number,Home Address,Home Country,Work Country,Organization,Notes"
)
LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
MAUTIC = (
    "id,title,firstname,lastname,company,position,email,phone,mobile,fax,address1,city,country,preferred_locale,"
    "timezone,last_active,points"
)

PEOPLE = {"First Name": "given_name", "Last Name": "family_name"}
OUTLOOK_PHONES = {
    "Assistant's Phone": "phone:assistant",
    "Business Phone": "phone:business",
    "Business Phone 2": "phone:business",
    "Callback": "phone:callback",
    "Car Phone": "phone:car",
    "Company Main Phone": "phone:company main",
    "Home Phone": "phone:home",
    "Home Phone 2": "phone:home",
    "Mobile Phone": "phone:mobile",
    "Other Phone": "phone:other",
    "Primary Phone": "phone:primary",
    "Radio Phone": "phone:radio",
    "TTY/TDD Phone": "phone:tty/tdd",
}
GOOGLE = {
    "E-mail 1 - Value": "email",
    "Phone 1 - Value": "phone:",
    "Phone 2 - Value": "phone:",
    "Address 1 - Formatted": "address",
    "Notes": "notes",
}
OUTLOOK_PERSON = {**PEOPLE, "Company": "organisation", "E-mail Address": "email", "Notes": "notes"}

FILES = {
    "Google Contacts, old": (
        "Google Contacts",
        GOOGLE_OLD,
        {
            **GOOGLE,
            "Name": "name",
            "Given Name": "given_name",
            "Family Name": "family_name",
            "Organization 1 - Name": "organisation",
            "Phone 1 - Type": "label:Phone 1 - Value",
            "Phone 2 - Type": "label:Phone 2 - Value",
        },
    ),
    "Google Contacts, 2024": (
        "Google Contacts",
        GOOGLE_NEW,
        {
            **GOOGLE,
            **PEOPLE,
            "Organization Name": "organisation",
            "Phone 1 - Label": "label:Phone 1 - Value",
            "Phone 2 - Label": "label:Phone 2 - Value",
        },
    ),
    "Outlook": ("Outlook", OUTLOOK, {**OUTLOOK_PERSON, **OUTLOOK_PHONES, "ISDN": "phone:isdn"}),
    "outlook.com": ("outlook.com", OUTLOOK_COM, {**OUTLOOK_PERSON, **OUTLOOK_PHONES}),
    "Outlook, German": (
        "Outlook (German)",
        OUTLOOK_GERMAN,
        {
            "Vorname": "given_name",
            "Nachname": "family_name",
            "Firma": "organisation",
            "E-Mail-Adresse": "email",
            "Notizen": "notes",
            "Telefon Assistent": "phone:assistent",
            "Telefon geschäftlich": "phone:geschäftlich",
            "Telefon geschäftlich 2": "phone:geschäftlich",
            "Rückmeldung": "phone:rückmeldung",
            "Autotelefon": "phone:auto",
            "Telefon Firma": "phone:firma",
            "Telefon privat": "phone:privat",
            "Telefon privat 2": "phone:privat",
            "ISDN": "phone:isdn",
            "Mobiltelefon": "phone:mobil",
            "Weiteres Telefon": "phone:weiteres",
            "Haupttelefon": "phone:haupt",
        },
    ),
    "HubSpot": (
        "HubSpot",
        HUBSPOT,
        {
            **PEOPLE,
            "Email": "email",
            "Phone Number": "phone:",
            "Mobile Phone Number": "phone:mobile",
            "WhatsApp Phone Number": "phone:whatsapp",
            "Associated Company": "organisation",
            "Street Address": "address",
        },
    ),
    "Salesforce, contacts of the API": (
        "Salesforce (Contact)",
        SALESFORCE_API,
        {
            "LastName": "family_name",
            "FirstName": "given_name",
            "Name": "name",
            "MailingStreet": "address",
            "MailingCountryCode": "country",
            "Phone": "phone:",
            "MobilePhone": "phone:mobile",
            "HomePhone": "phone:home",
            "OtherPhone": "phone:other",
            "AssistantPhone": "phone:assistant",
            "Email": "email",
            "Description": "notes",
        },
    ),
    "Salesforce, report of contacts": (
        "Salesforce (Contact)",
        SALESFORCE_REPORT,
        {
            **PEOPLE,
            "Account Name": "organisation",
            "Mailing Street": "address",
            "Phone": "phone:",
            "Mobile": "phone:mobile",
            "Asst. Phone": "phone:assistant",
            "Email": "email",
        },
    ),
    "Salesforce, leads": (
        "Salesforce (Lead)",
        SALESFORCE_LEAD,
        {
            "LastName": "family_name",
            "FirstName": "given_name",
            "Company": "organisation",
            "Street": "address",
            "CountryCode": "country",
            "Phone": "phone:",
            "MobilePhone": "phone:mobile",
            "Email": "email",
        },
    ),
    "Mailchimp": (
        "Mailchimp",
        MAILCHIMP,
        {**PEOPLE, "Email Address": "email", "Address": "address", "Phone Number": "phone", "NOTES": "notes"},
    ),
    "Brevo": (
        "Brevo",
        BREVO,
        {
            "EMAIL": "email",
            "FIRSTNAME": "given_name",
            "LASTNAME": "family_name",
            "SMS": "phone:sms",
            "WHATSAPP": "phone:whatsapp",
            "LANDLINE_NUMBER": "phone:landline",
        },
    ),
    "Zoho": (
        "Zoho",
        ZOHO,
        {
            **PEOPLE,
            "Account Name": "organisation",
            "Email": "email",
            "Phone": "phone:",
            "Home Phone": "phone:home",
            "Other Phone": "phone:other",
            "Mobile": "phone:mobile",
            "Asst Phone": "phone:assistant",
            "Description": "notes",
        },
    ),
    "CiviCRM": (
        "CiviCRM",
        CIVICRM,
        {
            **PEOPLE,
            "Display Name": "name",
            "Current Employer": "organisation",
            "Street Address": "address",
            "Preferred Language": "language",
            "Phone": "phone",
            "Phone Type": "label:Phone",
            "Email": "email",
        },
    ),
    "Thunderbird": (
        "Thunderbird",
        THUNDERBIRD,
        {
            **PEOPLE,
            "Display Name": "name",
            "Primary Email": "email",
            "Work Phone": "phone:work",
            "Home Phone": "phone:home",
            "Mobile Number": "phone:mobile",
            "Organization": "organisation",
            "Notes": "notes",
        },
    ),
    "listmonk with a phone column": (
        "listmonk",
        f"{LISTMONK},phone",
        {"email": "email", "name": "name", "phone": "phone"},
    ),
    "Mautic": (
        "Mautic",
        MAUTIC,
        {
            "firstname": "given_name",
            "lastname": "family_name",
            "company": "organisation",
            "email": "email",
            "phone": "phone",
            "mobile": "phone",
            "address1": "address",
            "preferred_locale": "language",
        },
    ),
}


@pytest.mark.parametrize(("name", "headers", "mapping"), FILES.values(), ids=FILES.keys())
def test_a_programs_file_is_recognised_and_every_column_read_as_it_means_it(name, headers, mapping):
    columns = headers.split(";" if ";" in headers else ",")

    assert recognise(columns).name == name
    assert detect(columns, fields=EvidenceResource.FIELDS) == mapping
    # Programs write the same headers in other cases and with other signs.
    assert recognise([column.upper().replace(" ", "_") for column in columns]).name == name


def test_every_preset_has_a_file_here():
    assert {name for name, _headers, _mapping in FILES.values()} == {preset.name for preset in PRESETS}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_says_one_thing_of_a_header(preset):
    told = [plain(header) for header in (*preset.fields, *preset.labels, *preset.others)]
    phones = [plain(header) for header in preset.phones]

    assert len(set(told)) == len(told)
    assert not set(told) & set(phones)
    assert set(preset.fields.values()) <= set(EvidenceResource.FIELDS)


@pytest.mark.parametrize(
    "headers",
    [
        "Name,Phone",
        "First Name,Last Name,Email,Phone,Company",
        "Name,Phone,Purpose,Given at,Wording version,Consent IP",
        "Name,Phone 1,Phone 1 - Label",
        "Vorname;Nachname;Telefon;Firma",
    ],
)
def test_a_file_of_no_known_program_is_taken_for_none(headers):
    assert recognise(headers.split(";" if ";" in headers else ",")) is None


def test_a_column_that_was_added_to_a_programs_file_is_read_as_in_any_file():
    mapping = detect([*GOOGLE_NEW.split(","), "Purpose", "Second mobile"], fields=EvidenceResource.FIELDS)

    assert (mapping["Purpose"], mapping["Second mobile"]) == ("consent_purpose", "phone")


def test_a_programs_file_without_a_phone_column_is_refused():
    with pytest.raises(UnreadableFile, match="no phone column"):
        detect(LISTMONK.split(","))


def row_of(headers: str, **cells: str) -> bytes:
    names = headers.split(",")
    unknown = set(cells) - {plain(name) for name in names}
    assert not unknown
    return csv_file(names, [cells.get(plain(name), "") for name in names])


@pytest.mark.django_db
def test_googles_several_values_in_a_cell_become_points_with_their_labels():
    imported(
        row_of(
            GOOGLE_NEW,
            firstname="Ann",
            email1value="ann@example.com ::: lee@example.com",
            phone1label="* Mobile ::: Work",
            phone1value=f"{ANN} ::: {BO}",
            phone2label="Holiday home",
            phone2value=CY,
        )
    )

    assert Contact.objects.get().email == "ann@example.com"
    assert list(ContactPoint.objects.order_by("pk").values_list("label", "line__number", "is_primary")) == [
        ("mobile", ANN, True),
        ("work", BO, False),
        ("holiday home", CY, False),
    ]


@pytest.mark.django_db
def test_one_label_stands_for_all_the_values_of_its_cell_and_none_for_none():
    imported(row_of(GOOGLE_OLD, givenname="Ann", phone1type="Work", phone1value=f"{ANN} ::: {BO}", phone2value=CY))

    assert list(ContactPoint.objects.order_by("pk").values_list("label", flat=True)) == ["work", "work", ""]


@pytest.mark.django_db
def test_a_fault_names_the_column_that_the_program_gave():
    batch = imported(row_of(OUTLOOK, firstname="Ann", callback="call me"))

    assert faults(batch) == [(2, "Callback", "letters")]


@pytest.mark.django_db
def test_an_opt_in_to_e_mail_is_no_consent_to_calls_whatever_was_added_to_the_file():
    factories.notice(factories.purpose("news"))
    headers = f"{MAILCHIMP},Purpose,Wording version"
    how = {"emailaddress": "ann@example.com", "phonenumber": ANN, "optintime": "2026-01-05T10:00:00Z"}

    assert outcomes(imported(row_of(headers, **how))) == {"created": 1}
    assert not ConsentEvent.objects.exists()
    imported(row_of(headers, **how, purpose="news", wordingversion="1"), name="claimed.csv")

    assert set(Consent.objects.values_list("status", flat=True)) == {"unknown"}


@pytest.mark.django_db
def test_a_card_is_stored_with_its_numbers_and_their_labels():
    card = (
        f"BEGIN:VCARD\nVERSION:3.0\nFN:Ann Lee\nORG:Acme\nTEL;TYPE=WORK:{ANN}\n"
        f"item1.TEL;TYPE=PREF:{BO}\nitem1.X-ABLabel:Holiday home\nEND:VCARD\n"
        "BEGIN:VCARD\nVERSION:4.0\nFN:Bo\nNOTE\nEND:VCARD\n"
        "BEGIN:VCARD\nVERSION:4.0\nFN:Cy\nEND:VCARD\n"
    )
    batch = imported(card.encode(), name="people.vcf")

    ann = Contact.objects.get()
    assert (ann.given_name, ann.family_name, ann.organisation) == ("Ann", "Lee", "Acme")
    assert list(ann.points.order_by("pk").values_list("label", "line__number")) == [("holiday home", BO), ("work", ANN)]
    assert faults(batch) == [(9, "", "unreadable_card"), (14, "Phone 1", "no_number")]
