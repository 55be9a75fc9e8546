"""What is proposed of a file: by preset, by name, by contents; how full each column is; and when it is refused."""

import pytest

from consent.resources import EvidenceResource
from crm.imports.mapping import Column, propose
from crm.imports.reading import UnreadableFile
from tests.factories import number

A, B = number(0), number(1)


def proposed(headers, *rows, **how):
    return propose(headers, rows, fields=EvidenceResource.FIELDS, **how)


def by_content(*cells, header="Column 3", **how):
    """Return what a column of these cells is taken for, beside a phone column."""
    return proposed(["Phone", header], *([A, cell] for cell in cells), **how).mapping().get(header, "")


def test_each_column_is_shown_with_its_fill_rate_and_why():
    headers = ["First Name", "Frist name", "", "E-mail 1 - Value", "Phone 1 - Label", "Phone 1 - Value", "Extra", "Fax"]
    rows = [
        ["Ann", "", "", "", "Work", A, "ann@example.com", A],
        ["", "", "", " ", "", B],
        ["", "", "", "", "", "", "", ""],
    ]
    found = proposed(headers, *rows)

    assert found.preset == "Google Contacts"
    assert found.columns == (
        Column("First Name", "given_name", 1 / 3, "name"),
        Column("Frist name", "", 0.0, ""),
        Column("", "", 0.0, ""),
        Column("E-mail 1 - Value", "email", 0.0, "preset"),
        Column("Phone 1 - Label", "label:Phone 1 - Value", 1 / 3, "name"),
        Column("Phone 1 - Value", "phone:", 2 / 3, "name"),
        Column("Extra", "", 1 / 3, ""),
        Column("Fax", "", 1 / 3, ""),
    )


def test_a_file_without_rows_is_proposed_by_its_headers():
    assert proposed(["Name", "Phone"]).columns == (
        Column("Name", "name", 0.0, "name"),
        Column("Phone", "phone", 0.0, "name"),
    )


def test_a_named_preset_is_used_whatever_the_headers():
    found = proposed(["SMS", "NOM"], [A, "Lee"], preset="brevo")

    assert (found.preset, found.mapping()) == ("Brevo", {"SMS": "phone:sms", "NOM": "family_name"})
    with pytest.raises(UnreadableFile, match="There is no preset Lotus"):
        proposed(["Phone"], preset="Lotus")


@pytest.mark.parametrize(
    "cells",
    [
        (A, B),
        ("+44 20 7946 0000", "", "+44 (0)20 7946 0001"),
        ("0044 20 7946 0000", "0049 30 23125000"),
        ("(202) 555-0100", "202-555-0101"),
        ("030 23125000", "030/23125-001"),
        (f"{A} ::: {B}", f"{A} / {B}"),
        (A, A, A, A, "call me"),
    ],
)
def test_a_column_under_a_header_that_says_nothing_is_a_phone_by_what_it_holds(cells):
    assert by_content(*cells) == "phone"
    assert proposed(["Kontakt"], *([cell] for cell in cells)).columns[0].why == "content"


@pytest.mark.parametrize(
    "cells",
    [
        ("1001", "1002"),
        ("2025550100", "2025550101"),
        ("0123456789", "0123456780"),
        ("036000291452", "036000291453"),
        ("10115", "80331"),
        ("02134-1234", "90210-4321"),
        ("01310-100", "20040-020"),
        ("012-34-5678", "123-45-6789"),
        ("123.456.789-09", "012.345.678-90"),
        ("19.99", "1,204.50"),
        ("2024-05-01", "2024-05-02"),
        ("01.05.2024", "02-05-2024"),
        ("2024-05-01T10:00:00+02:00", "2024-05-01 10:00"),
        ("DE89370400440532013000", "GB33BUKB20201555555555"),
        ("4.479E+11", "=1+1"),
        ("+1 500", "+2"),
        ("192.168.0.1", "10.0.0.1"),
        (A, "call me", "ask Bo"),
        ("", " "),
    ],
)
def test_ids_postcodes_amounts_dates_and_accounts_never_become_phones(cells):
    assert by_content(*cells) == ""
    with pytest.raises(UnreadableFile, match="no phone column"):
        proposed(["Column 3"], *([cell] for cell in cells))


def test_a_national_number_counts_only_if_the_files_region_has_it():
    assert by_content("030 23125000", region="DE") == "phone"
    assert by_content("030 23125000", region="US") == ""


def test_e_mails_and_countries_are_known_by_what_they_hold():
    assert by_content("ann@example.com", "bo@example.com") == "email"
    assert by_content("Germany", "Spanien") == "country"
    assert by_content("DE", "GB") == "country"
    assert by_content("2024-05-01", "2024-05-02") == ""


@pytest.mark.parametrize("cells", [("CA", "CA"), ("TX", "NY"), ("de", "fr"), ("en", "de")])
def test_codes_that_may_be_states_or_languages_are_no_countries(cells):
    assert by_content(*cells) == ""


@pytest.mark.parametrize("header", ["Fax", "Kundennummer", "Order no", "Emergency fax", "State", "Email type", "IBAN"])
def test_what_a_column_holds_never_beats_its_name(header):
    assert by_content(A, B, header=header) != "phone"
    assert by_content("DE", "GB", header=header) != "country"


def test_a_field_that_a_header_names_is_not_guessed_again():
    found = proposed(["Phone", "E-mail", "Column 3"], [A, "", "ann@example.com"])

    assert found.mapping() == {"Phone": "phone", "E-mail": "email"}


def test_of_several_columns_that_are_like_a_field_the_fullest_is_taken_and_a_name_beats_a_likeness():
    like = ["Phone", "Home e-mail", "Work e-mail"]
    assert "Work e-mail" in proposed(like, [A, "", "ann@example.com"]).mapping()
    assert "E-mail" in proposed([*like, "E-mail"], [A, "", "ann@example.com", ""]).mapping()


def test_two_ids_and_two_countries_are_no_reason_to_refuse_a_file():
    found = proposed(["Contact ID", "Customer no", "Country", "Country code", "Phone"], ["1", "", "", "DE", A])

    assert found.mapping() == {"Contact ID": "external_id", "Country code": "country", "Phone": "phone"}


def test_several_opt_outs_and_claims_stand_side_by_side():
    headers = ["Phone", "Do not call", "DNC", "SMS opt out", "Do not sms", "OptIn", "Marketing consent"]

    assert list(proposed(headers).mapping().values()) == [
        *("phone", "optout:call", "optout", "optout:sms", "optout:sms", "consent", "consent")
    ]


@pytest.mark.parametrize(
    ("headers", "extension", "phone"),
    [
        (["Phone", "Phone Ext"], "Phone Ext", "Phone"),
        (["Mobile", "Work Phone", "Work Phone Extension"], "Work Phone Extension", "Work Phone"),
        (["work_phone", "work_phone_ext"], "work_phone_ext", "work_phone"),
        (["Mobile", "Work Phone", "Work ext."], "Work ext.", "Work Phone"),
        (["Telephone", "Extension"], "Extension", "Telephone"),
    ],
)
def test_an_extension_belongs_to_the_phone_that_it_names_or_to_the_only_one(headers, extension, phone):
    assert proposed(headers).mapping()[extension] == f"extension:{phone}"


def test_an_extension_that_may_be_of_two_phones_is_left_alone():
    assert "Extension" not in proposed(["Home phone", "Work phone", "Extension"]).mapping()


@pytest.mark.parametrize(
    ("headers", "row", "meant"),
    [
        (["Name", "Vorname", "Phone"], ["Lee", "Ann", A], {"Name": "family_name", "Vorname": "given_name"}),
        (["Nome", "Cognome", "Phone"], ["Ann", "Lee", A], {"Nome": "given_name", "Cognome": "family_name"}),
        (["Name", "Vorname", "Phone"], ["Ann Lee", "Ann", A], {"Name": "name", "Vorname": "given_name"}),
        (["Name", "Vorname", "Phone"], ["", "", A], {"Name": "name", "Vorname": "given_name"}),
    ],
)
def test_a_name_beside_one_part_of_it_is_the_other_part_unless_it_repeats_it(headers, row, meant):
    assert proposed(headers, row).mapping() == {**meant, "Phone": "phone"}
