"""Workbooks of Excel 97 to 2003."""

import datetime

import pytest

from tests.files import xls_file

HEADER = ("Name", "Phone")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("+1 202 555 0100", "+1 202 555 0100"),
        (12025550100, "12025550100"),
        (44791200000.5, "44791200000.5"),
        (1e15, "1000000000000000.0"),
        (True, "true"),
        (datetime.datetime(2026, 3, 1, 9, 30), "2026-03-01T09:30:00"),
        (None, ""),
    ],
)
def test_a_cell_comes_out_as_what_it_is(read, value, text):
    table = read(xls_file(HEADER, ("Ann", value)))

    assert (table.format, table.encoding, table.delimiter) == ("xls", "", "")
    assert [list(row.cells) for row in table.rows] == [["Ann", text]]


def test_rows_are_counted_as_the_sheet_counts_them_and_empty_ones_left_out(rows):
    read = rows(xls_file(HEADER, ("Ann", 1), (None, None), ("", " "), ("Bo",), ("Cy", 3, "x")))

    assert [(row.line, list(row.cells), row.fault, row.column) for row in read] == [
        (2, ["Ann", "1"], "", ""),
        (5, ["Bo", ""], "", ""),
        (6, ["Cy", "3"], "too_many_cells", "#3"),
    ]
