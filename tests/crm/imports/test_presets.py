"""The files of other programs, by the headers that they write: what each column means, and which are no phones."""

import json

import pytest

from consent.models import Consent, ConsentEvent, Suppression
from consent.resources import EvidenceResource
from crm.imports.headers import plain
from crm.imports.mapping import choices, detect, propose
from crm.imports.preparing import Prepared, prepare
from crm.imports.presets import PRESETS, by_name, recognise
from crm.imports.reading import SourceRow, UnreadableFile
from crm.models import Contact, ContactPoint
from tests import factories
from tests.crm.imports.exported import FILES, Exported, address_books, campaigns
from tests.factories import number
from tests.files import csv_file, faults, imported, outcomes

ANN, BO, CY = number(0), number(1), number(2)

GOOGLE_NEW = ",".join(address_books.GOOGLE_NEW)
GOOGLE_OLD = ",".join(address_books.GOOGLE_OLD)
OUTLOOK = ",".join(address_books.OUTLOOK)
MAILCHIMP = ",".join(campaigns.SUBSCRIBED)


def read(file: Exported) -> Prepared:
    """Return what the row of a file says, by what its columns seem to mean."""
    columns = propose(file.headers, [file.cells], fields=EvidenceResource.FIELDS).mapping()
    return prepare(SourceRow(2, file.cells), file.headers, columns, region="US")


each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.program}, {len(file.headers)} columns")


@each_file
def test_a_programs_file_is_recognised_by_its_headers_in_any_case_and_with_any_signs(file):
    assert recognise(file.headers).name == file.program
    assert recognise([header.upper().replace(" ", "_") for header in file.headers]).name == file.program
    assert propose(file.headers, [file.cells], fields=EvidenceResource.FIELDS).preset == file.program


@each_file
def test_every_phone_of_a_programs_row_is_read_with_its_label_and_no_fax_or_pager(file):
    numbers = [
        (f"{number} ext {extension}" if extension else number, label)
        for number, extension, _region, _type, label, _column in read(file).numbers
    ]
    assert numbers == list(file.phones)


@each_file
def test_the_person_of_a_programs_row_is_read_with_country_opt_outs_and_id(file):
    found = read(file)

    assert found.faults == ()
    assert found.profile == file.profile
    assert [channel for channel, _cell in found.optouts] == list(file.optouts)
    assert found.external_id == file.external_id
    # An opt-in to e-mail is none to calls.
    assert found.claims == ()
    assert set(found.said) <= {"name", "external_id"}


def test_a_preset_is_called_by_its_name_in_any_case_and_with_any_signs():
    assert by_name("salesforce-lead").name == "Salesforce (Lead)"
    assert by_name("GOOGLE CONTACTS").name == "Google Contacts"
    assert by_name("") is None
    assert by_name("Lotus") is None


def test_every_preset_has_a_file_here():
    assert {file.program for file in FILES} == {preset.name for preset in PRESETS}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_says_one_thing_of_a_header(preset):
    told = [plain(header) for header in (*preset.fields, *preset.labels, *preset.others)]
    phones = [plain(header) for header in preset.phones]

    assert len(set(told)) == len(told)
    assert not set(told) & set(phones)
    assert set(preset.fields.values()) <= {field for field, _title in choices(EvidenceResource.FIELDS)}


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
        detect(["EMAIL", "FIRSTNAME", "LASTNAME", "LEID", "EUID"])


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


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "suppressed"), [("enabled", 0), ("blocklisted", 1)])
def test_a_blocklisted_subscriber_of_listmonk_is_suppressed(status, suppressed):
    row = ["7a1f", "ann@example.com", "Ann Lee", json.dumps({"phone": ANN}), status, "", ""]
    imported(csv_file(campaigns.LISTMONK, row))

    assert Suppression.objects.filter(purpose=None, channel="", lifted_at=None).count() == suppressed
