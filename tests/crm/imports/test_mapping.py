"""Columns are recognised by their headers."""

import pytest

from consent.resources import EvidenceResource
from crm.imports.headers import plain
from crm.imports.mapping import FIELDS, choices, detect, label_of, title
from crm.imports.mapping.fields import SEVERAL
from crm.imports.reading import UnreadableFile


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Name", "name"),
        ("FULL NAME", "name"),
        ("First name", "given_name"),
        ("Prénom", "given_name"),
        ("Vorname", "given_name"),
        ("family_name", "family_name"),
        ("Surname", "family_name"),
        ("E-mail", "email"),
        ("Email Address", "email"),
        ("Company", "organisation"),
        ("Postal address", "address"),
        ("Country code", "country"),
        ("Language", "language"),
        ("Comments", "notes"),
        ("Collected at", "collected_at"),
        ("Purpose", "consent_purpose"),
        ("Given at", "consent_given_at"),
        ("consent_given_at", "consent_given_at"),
        ("Opt-in at", "consent_given_at"),
        ("Wording version", "consent_version"),
        ("Consent IP", "consent_ip"),
        ("IP address", "consent_ip"),
        ("Channel", "consent_channel"),
    ],
)
def test_a_header_means_a_field_whatever_its_case_signs_and_accents(header, field):
    assert detect([header, "Phone"], fields=EvidenceResource.FIELDS) == {header: field, "Phone": "phone"}


@pytest.mark.parametrize(
    "header",
    [
        "phone",
        "Phone number",
        "Mobile",
        "MOBILE_PHONE",
        "Work telephone",
        "Tel.",
        "Tel 2",
        "Téléphone portable",
        "Teléfono móvil",
        "Telefon (privat)",
        "Handy",
        "Cell",
        "Home cell",
        "Cell phone",
        "Cellular",
        "Phone 1 - Value",
    ],
)
def test_a_column_of_phone_numbers_is_recognised(header):
    assert detect([header]) == {header: "phone"}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Fax",
        "Cancelled",
        "Miscellaneous",
        "Telegram",
        "Telex",
        "Phone type",
        "Phone 1 - Label",
        "Phonetic First Name",
        "OPTIN_TIME",
        "OPTIN_IP",
        "Phone verified",
        "Mobile carrier",
        "电话",
        "Favourite colour",
    ],
)
def test_any_other_column_is_left_alone(header):
    assert detect([header, "Phone"]) == {"Phone": "phone"}


def test_several_phone_columns_are_taken_in_the_order_of_the_file():
    assert list(detect(["Work phone", "Name", "Mobile", "Home phone"])) == [
        "Work phone",
        "Name",
        "Mobile",
        "Home phone",
    ]


def test_a_file_without_a_phone_column_is_refused_with_the_columns_it_has():
    with pytest.raises(UnreadableFile, match=r"no phone column; its columns are: Name, E-mail"):
        detect(["Name", "E-mail"])


def test_two_columns_of_one_meaning_are_refused_by_name():
    with pytest.raises(UnreadableFile, match="The columns Forename and First name both mean given_name"):
        detect(["Phone", "Forename", "First name"])


@pytest.mark.parametrize(
    ("header", "label"),
    [
        ("Phone", ""),
        ("Phone number", ""),
        ("Telephone no", ""),
        ("Work phone", "work"),
        ("work_phone", "work"),
        ("Mobile", "mobile"),
        ("Phone 2 (Home)", "home"),
        ("Teléfono móvil", "teléfono móvil"),
        ("Tel. " + "x" * 80, "x" * 60),
    ],
)
def test_a_phone_column_labels_its_numbers(header, label):
    assert label_of(header) == label


@pytest.mark.parametrize("field", sorted(EvidenceResource.FIELDS))
def test_the_headers_of_a_field_are_written_as_headers_are_compared_and_belong_to_it_alone(field):
    names = EvidenceResource.FIELDS[field]
    others = [name for other, theirs in EvidenceResource.FIELDS.items() if other != field for name in theirs]

    assert {plain(name) for name in names} == names
    assert plain(field) in names or field == "collected_at" or field.startswith("consent_")
    assert not names & set(others)


def test_a_person_may_choose_among_all_fields_each_with_a_title():
    offered = choices(EvidenceResource.FIELDS)
    fields = [field for field, _title in offered]

    assert offered[0] == ("phone", "Phone number")
    assert set(fields) == {*EvidenceResource.FIELDS, *SEVERAL}
    assert len(set(dict(offered).values())) == len(fields)
    assert ("optout:sms", "Says no to text messages") in offered
    assert "consent_purpose" not in dict(choices(FIELDS))


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("phone:", "Phone number"),
        ("phone:work", "Phone number (work)"),
        ("label:Phone 1", "Label of Phone 1"),
        ("extension:Phone 1", "Extension of Phone 1"),
        ("something_new", "Something new"),
    ],
)
def test_a_field_that_names_a_column_or_a_label_has_a_title_too(field, words):
    assert title(field) == words
