"""Workbooks of today: every row is found, and a cell comes out as what it is."""

import datetime

import pytest

from crm.imports.reading import SourceRow
from tests.files import patched, xlsx_file

SHEET = "xl/worksheets/sheet1.xml"
HEADER = ("Name", "Phone")


@pytest.mark.parametrize("dimension", ["A1", "A1:B2", "A1:XFD1048576"])
def test_a_wrong_dimension_in_a_workbook_loses_no_row(rows, dimension):
    content = xlsx_file(HEADER, *((f"Person {n}", n) for n in range(20)))
    wrong = patched(content, SHEET, lambda xml: xml.replace('ref="A1:B21"', f'ref="{dimension}"'))

    assert len(rows(wrong)) == 20


def test_rows_that_a_workbook_leaves_out_are_counted(rows):
    wide = patched(xlsx_file(HEADER, ("Ann", 1)), SHEET, lambda xml: xml.replace('r="2"', 'r="7"').replace('2"', '7"'))

    assert [(row.line, list(row.cells)) for row in rows(wide)] == [(7, ["Ann", "1"])]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12025550100, "12025550100"),
        (4.47912e11, "447912000000"),
        (44791200000.5, "44791200000.5"),
        (True, "true"),
        (datetime.datetime(2026, 3, 1, 9, 30), "2026-03-01T09:30:00"),
        (datetime.date(2026, 3, 1), "2026-03-01T00:00:00"),
        (None, ""),
    ],
)
def test_a_cell_of_a_workbook_comes_out_as_what_it_is(rows, value, text):
    (row,) = rows(xlsx_file(HEADER, ("Ann", value)))

    assert list(row.cells) == ["Ann", text]


def test_a_number_that_a_sheet_wrote_in_scientific_notation_stays_damaged(rows):
    content = patched(
        xlsx_file(HEADER, ("Ann", 447912000000)), SHEET, lambda xml: xml.replace("447912000000", "4.47912E+11")
    )

    assert [row.cells[1] for row in rows(content)] == ["447912000000.0"]


def formula(cached: str) -> bytes:
    return patched(
        xlsx_file(HEADER, ("Ann", "=A2"), ("Bo", 2)),
        SHEET,
        lambda xml: xml.replace('<c r="B2"><f>A2</f><v /></c>', cached),
    )


def test_a_formula_that_was_never_computed_is_a_fault_of_its_column(rows):
    bad, good = rows(xlsx_file(HEADER, ("Ann", "=A2"), ("Bo", 2)))

    assert bad == SourceRow(2, ["Ann", ""], "formula_without_value", "Phone")
    assert (good.line, good.fault) == (3, "")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="B2"><f>A2</f><v>12025550100</v></c>', "12025550100"),
        ('<c r="B2" t="str"><f>A2</f><v>+12025550100</v></c>', "+12025550100"),
        ('<c r="B2" t="str"><f>A2</f><v></v></c>', ""),
    ],
)
def test_a_formula_stands_for_what_it_came_to(rows, cell, text):
    row = rows(formula(cell))[0]

    assert (list(row.cells), row.fault) == (["Ann", text], "")
