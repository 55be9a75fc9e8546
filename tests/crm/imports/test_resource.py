"""One row of a file becomes one call of intake and one outcome, with the faults at the columns of the file."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm import intake
from crm.faults import MESSAGES
from crm.models import Contact, ContactPoint, Provenance
from tests.factories import NOON, TESTER, contact, number, source
from tests.files import csv_file, faults, held_numbers, imported, outcomes, xlsx_file

pytestmark = pytest.mark.django_db

ANN, BO = "+12025550100", "+12025550101"


def only_fault(batch) -> tuple[int, str, str]:
    (fault,) = faults(batch)
    assert fault[2] in MESSAGES
    assert outcomes(batch) == {"rejected": 1}
    return fault


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("call me", "letters"),
        ("4.47912E+11", "scientific"),
        ("4,47912E+11", "scientific"),
        ("447912000000.0", "float"),
        ("O7400 123456", "letters"),
        ("+1202555O100", "letters"),
        ("https://wa.me/12025550100", "link"),
        ("ann@example.com", "link"),
        ('=HYPERLINK("tel:+12025550100")', "formula"),
        ("+1 202 555 0100 / 01", "several"),
        ("+1 202 555 0100 or 555 0101", "several"),
        ("2026-03-01", "date"),
        ("911", "no_region"),
        ("202 555 0100", "no_region"),
        ("+1 202 555 0100 0100 0100", "too_long"),
        ("+1 999 999 9999", "not_valid"),
        ("true", "letters"),
    ],
)
def test_what_is_no_number_is_never_stored(text, code):
    batch = imported(csv_file(("Name", "My phone"), ("Ann", text)))

    assert only_fault(batch) == (2, "My phone", code)
    assert not Contact.objects.exists()
    assert held_numbers() == []


@pytest.mark.parametrize("value", [4.47912e11 + 0.5, 44791200000.25, True, datetime(2026, 3, 1), "=A1"])
def test_what_a_workbook_holds_instead_of_a_number_is_never_stored(value):
    batch = imported(xlsx_file(("Name", "My phone"), ("Ann", value)), name="people.xlsx", region="GB")

    assert only_fault(batch)[:2] == (2, "My phone")
    assert not Contact.objects.exists()


def test_a_whole_number_in_a_workbook_is_read_by_the_region():
    imported(xlsx_file(("Name", "Phone"), ("Ann", 12025550100), ("Bo", 2025550101)), name="a.xlsx", region="us")

    assert held_numbers() == [ANN, BO]


def test_every_fault_of_a_row_is_named_at_the_column_of_the_file():
    headers = ("Full name", "Tel", "Mobile", "E-mail address", "Country", "Remarks")
    batch = imported(
        csv_file(headers, ("Ann " + "x" * 101, "call me", "=1", "ann at home", "Atlantis", "ring +1 202 555 0100"))
    )

    assert sorted(faults(batch)) == [
        (2, "Country", "unknown_country"),
        (2, "E-mail address", "invalid"),
        (2, "Full name", "max_length"),
        (2, "Mobile", "formula"),
        (2, "Remarks", "number_in_text"),
        (2, "Tel", "letters"),
    ]
    assert outcomes(batch) == {"rejected": 1}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Ann", (2, "E-mail", "too_few_cells")),
        ("Ann,a@example.com,+12025550100,,more", (2, "#5", "too_many_cells")),
        ("Ann,a@example.com,,", (2, "Work phone", "no_number")),
    ],
)
def test_a_row_that_is_no_row_or_has_no_number_is_rejected_with_line_and_column(row, fault):
    batch = imported(f"Name,E-mail,Work phone,A phone\n{row}\n".encode())

    assert only_fault(batch) == fault
    assert not Contact.objects.exists()


def test_a_restricted_contact_is_rejected_at_the_number_it_was_found_by():
    ann = contact([ANN], given_name="Ann")
    intake.restrict(ann, on=True, actor=TESTER, at=NOON, reason="request")

    batch = imported(csv_file(("Name", "E-mail", "Phone"), ("Ann", "ann@example.com", ANN)))

    assert only_fault(batch) == (2, "Phone", "restricted")
    ann.refresh_from_db()
    assert (ann.email, ann.status) == ("", Contact.Status.RESTRICTED)


@pytest.mark.parametrize(
    ("name", "given", "family"),
    [
        ("Ann Lee", "Ann", "Lee"),
        ("Ann  Mary\tLee ", "Ann Mary", "Lee"),
        ("Ann", "Ann", ""),
    ],
)
def test_a_name_in_one_column_is_split_at_its_last_blank(name, given, family):
    imported(csv_file(("Name", "Phone"), (name, ANN)))

    ann = Contact.objects.get()
    assert (ann.given_name, ann.family_name) == (given, family)


def test_a_name_in_two_columns_counts_before_one_in_a_third():
    imported(csv_file(("Name", "First name", "Last name", "Phone"), ("Dr A. B. Lee", "Ann", "Lee", ANN)))

    ann = Contact.objects.get()
    assert (ann.given_name, ann.family_name) == ("Ann", "Lee")


def test_every_column_finds_its_field():
    headers = ("Given name", "Family name", "Company", "E-mail", "Address", "Country", "Language", "Notes", "Phone")
    imported(csv_file(headers, ("Ann", "Lee", "Acme", "ann@example.com", "1 Mill Lane", "gb", "en", "VIP", ANN)))

    ann = Contact.objects.get()
    assert [getattr(ann, field) for field in Contact.PROFILE] == [
        "Ann",
        "Lee",
        "Acme",
        "ann@example.com",
        "1 Mill Lane",
        "GB",
        "en",
        "VIP",
    ]


def test_the_numbers_of_a_row_are_labelled_by_their_columns_and_the_files_first_is_the_primary_one():
    # In the order in which PostgreSQL gives JSON keys back, by length, the last column would come first.
    headers = ("Name", "Work telephone number", "Home phone", "Cell")
    imported(csv_file(headers, ("Ann", ANN, f"{BO} ext. 12", "+12025550102"), ("Bo", "", "+12025550103", ANN)))

    people: Any = Contact.objects.order_by("pk")
    ann, bo = people
    assert [(p.label, p.line.e164, p.extension, p.is_primary) for p in ann.points.order_by("pk")] == [
        ("work", ANN, "", True),
        ("home", BO, "12", False),
        ("cell", "+12025550102", "", False),
    ]
    assert [(p.label, p.is_primary) for p in bo.points.order_by("pk")] == [("home", True), ("cell", False)]


@pytest.mark.parametrize("cell", [f"{ANN} / {BO}", f"{ANN}; {BO}", f"{ANN} ::: {BO}", f"{ANN}\n{BO}", f"{ANN} or {BO}"])
def test_two_numbers_in_a_cell_become_two_points_under_one_label(cell):
    assert outcomes(imported(csv_file(("Name", "Work phone"), ("Ann", cell)))) == {"created": 1}

    points = ContactPoint.objects.order_by("pk").select_related("line")
    assert [(p.label, p.line.e164, p.is_primary) for p in points] == [("work", ANN, True), ("work", BO, False)]


def test_a_cell_of_which_one_number_is_none_rejects_the_row_whole():
    batch = imported(csv_file(("Name", "My phone"), ("Ann", f"{ANN}; +1 999 999 9999")))

    assert only_fault(batch) == (2, "My phone", "not_valid")
    assert held_numbers() == []


@pytest.mark.parametrize("text", ["112", "911", "999", "12345", "116117"])
@pytest.mark.parametrize("region", ["US", "GB", "DE"])
def test_an_emergency_number_or_a_short_code_is_nobodys(text, region):
    batch = imported(csv_file(("Name", "Phone"), ("Ann", text)), region=region)

    assert only_fault(batch)[:2] == (2, "Phone")
    assert held_numbers() == []


def test_a_number_that_stands_in_two_columns_makes_one_point():
    imported(csv_file(("Name", "Work phone", "Mobile"), ("Ann", ANN, "+1 (202) 555-0100")))

    assert ContactPoint.objects.get().label == "work"


def test_provenance_says_which_line_of_which_batch_and_when_they_collected_it():
    batch = imported(
        b'Name,Phone,Collected at\n"Ann\nLee",'
        + ANN.encode()
        + b",\nBo,"
        + BO.encode()
        + b",2026-02-01T10:00:00+01:00\n"
    )

    ann, bo = Provenance.objects.order_by("pk")
    assert (ann.batch, ann.source, ann.row, ann.collected_at, ann.obtained_at) == (batch, batch.source, 2, None, NOON)
    assert (bo.row, bo.collected_at, bo.obtained_at) == (4, datetime(2026, 2, 1, 9, tzinfo=UTC), NOON)


def test_the_last_interaction_is_when_the_person_was_there_and_never_a_suppliers_list():
    collected = NOON - timedelta(days=900)
    content = csv_file(("Name", "Phone", "Collected at"), ("Ann", ANN, collected.isoformat()), ("Bo", BO, ""))
    imported(content)
    imported(csv_file(("Name", "Phone"), ("Cy", number(9))), of=source("list", kind="third_party"), name="bought.csv")

    seen = dict(Contact.objects.values_list("given_name", "last_interaction_at"))
    assert seen == {"Ann": collected, "Bo": NOON, "Cy": None}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("yesterday", "not_a_time"),
        ("2026-02-30T10:00:00Z", "not_a_time"),
        ("01/02/2026", "not_a_time"),
        ("0001-01-01T00:00:00+14:00", "not_a_time"),
        ("9999-12-31T23:59:59-14:00", "not_a_time"),
        ("2026-02-01", "naive_timestamp"),
        ("2026-02-01 10:00", "naive_timestamp"),
        ("2026-03-02T12:00:01Z", "in_the_future"),
    ],
)
def test_a_time_that_is_none_or_could_mean_two_or_is_yet_to_come_rejects_the_row(text, code):
    batch = imported(csv_file(("Name", "Phone", "Date collected"), ("Ann", ANN, text)))

    assert only_fault(batch) == (2, "Date collected", code)
    assert not Contact.objects.exists()


def test_a_date_cell_of_a_workbook_has_no_time_zone_and_is_refused():
    content = xlsx_file(("Name", "Phone", "Collected at"), ("Ann", ANN, datetime(2026, 2, 1, 9)))

    assert only_fault(imported(content, name="a.xlsx")) == (2, "Collected at", "naive_timestamp")


def test_a_formula_without_a_value_is_no_empty_cell():
    batch = imported(xlsx_file(("Name", "Phone", "E-mail"), ("Ann", ANN, '=B2&"@x"')), name="a.xlsx")

    assert only_fault(batch) == (2, "E-mail", "formula_without_value")


def test_columns_that_mean_nothing_to_us_are_not_stored():
    batch = imported(csv_file(("Name", "Phone", "Shoe size"), ("Ann", ANN, "38")))

    assert set(batch.mapping) == {"Name", "Phone"}
    assert outcomes(batch) == {"created": 1}
