"""What a page shows of a staged file: never a number in full."""

import pytest

from crm.imports.glance import first_rows, shown
from tests.files import csv_file, staged


@pytest.mark.parametrize(
    ("cell", "means", "text"),
    [
        ("+1 202 555 0100", "phone", "+1 •••• ••0100"),
        ("020 7946 0123", "phone:work", "+44 •••• ••0123"),
        ("+12025550100 / +12025550101", "phone", "+1 •••• ••0100 / +1 •••• ••0101"),
        ("4.47912E+11", "phone", "•.•••••E+••"),
        ('{"phone": "+12025550100"}', "phones_json", '{"phone": "+•••••••••••"}'),
        ("call me", "phone", "call me"),
        ("", "phone", ""),
        ("rings at +1 202 555 0100", "notes", "rings at [number]"),
        ("12025550100", None, "[number]"),
        ("2026-03-02", None, "2026-03-02"),
        ("two\nlines", "notes", "two lines"),
        ("x" * 61, "notes", "x" * 59 + "…"),
    ],
)
def test_a_cell_is_shown_short_and_without_its_number(cell, means, text):
    assert shown(cell, means=means, region="GB") == text


@pytest.mark.django_db
def test_a_look_reads_no_more_than_the_first_rows():
    glance = first_rows(staged(csv_file(("Phone",), *((f"+1202555010{n}",) for n in range(5)))), rows=2)

    assert glance.headers == ("Phone",)
    assert [row.line for row in glance.rows] == [2, 3]
    assert "555" not in repr(glance)
