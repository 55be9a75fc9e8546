"""OpenDocument workbooks."""

import pytest

from crm.imports.reading import SourceRow, UnreadableFile
from tests.files import ods_file, patched

HEADER = ("Name", "Phone")


def with_phone(cell: str) -> bytes:
    """Return a workbook with Ann's number as this XML, and Bo below her."""
    content = ods_file(HEADER, ("Ann", "PHONE"), ("Bo", "2"))
    whole = '<table:table-cell office:value-type="string"><text:p>PHONE</text:p></table:table-cell>'
    return patched(content, "content.xml", lambda xml: xml.replace(whole, cell))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<table:table-cell office:value-type="float" office:value="12025550100"/>', "12025550100"),
        ('<table:table-cell office:value-type="float" office:value="4.47912E+11"/>', "4.47912E+11"),
        ('<table:table-cell office:value-type="date" office:date-value="2026-03-01"/>', "2026-03-01"),
        ('<table:table-cell office:value-type="time" office:time-value="PT09H30M"/>', "PT09H30M"),
        ('<table:table-cell office:value-type="boolean" office:boolean-value="true"/>', "true"),
        ("<table:table-cell/>", ""),
        ("<table:covered-table-cell/>", ""),
        (
            '<table:table-cell office:value-type="string"><office:annotation><text:p>old</text:p></office:annotation>'
            '<text:p>+1<text:s/>202<text:s text:c="2"/><text:span>555</text:span><text:tab/>0100</text:p>'
            "<text:p>ext<text:line-break/>1</text:p></table:table-cell>",
            "+1 202  555\t0100\next\n1",
        ),
        (
            '<table:table-cell table:formula="of:=[.A1]" office:value-type="string"><text:p>1</text:p>'
            "</table:table-cell>",
            "1",
        ),
        ('<table:table-cell table:formula="of:=&quot;&quot;" office:value-type="string"/>', ""),
    ],
)
def test_a_cell_comes_out_as_what_it_is(read, cell, text):
    table = read(with_phone(cell))

    assert (table.format, table.encoding, table.delimiter) == ("ods", "", "")
    assert [(list(row.cells), row.fault) for row in table.rows] == [(["Ann", text], ""), (["Bo", "2"], "")]


def test_a_formula_that_was_never_computed_is_a_fault_of_its_column(rows):
    assert rows(with_phone('<table:table-cell table:formula="of:=[.A1]"/>')) == [
        SourceRow(2, ["Ann", ""], "formula_without_value", "Phone"),
        SourceRow(3, ["Bo", "2"]),
    ]


def test_equal_cells_and_rows_are_counted_as_often_as_they_stand_there(rows):
    row, cell = "<table:table-row", "<table:table-cell"
    many, wide = f'{row} table:number-rows-repeated="999990">', f'{cell} table:number-columns-repeated="16380"/>'
    ann = f'>{cell} office:value-type="string"><text:p>Ann'
    content = patched(
        ods_file(HEADER, ("Ann", "1"), (None, None), ("Bo", "2")),
        "content.xml",
        lambda xml: (
            xml.replace(f"{row}>{cell}/>", many + wide)
            .replace("</table:table>", f"{many}{cell}/></table:table-row></table:table>")
            .replace(row + ann, f'{row} table:number-rows-repeated="2"{ann}')
        ),
    )

    assert [(row.line, row.cells[0]) for row in rows(content)] == [(2, "Ann"), (3, "Ann"), (999_994, "Bo")]


def test_rows_in_groups_are_rows(rows):
    content = patched(
        ods_file(HEADER, ("Ann", "1"), ("Bo", "2")),
        "content.xml",
        lambda xml: xml.replace("<table:table-row>", "<table:table-row-group><table:table-row>").replace(
            "</table:table-row>", "</table:table-row></table:table-row-group>"
        ),
    )

    assert [(row.line, list(row.cells)) for row in rows(content)] == [(2, ["Ann", "1"]), (3, ["Bo", "2"])]


@pytest.mark.parametrize("repeats", ["99999999999", "many"])
def test_a_sheet_that_nobody_could_have_is_refused(read, repeats):
    cell = f'<table:table-cell table:number-columns-repeated="{repeats}"><text:p>1</text:p></table:table-cell>'

    with pytest.raises(UnreadableFile, match="damaged workbook"):
        read(with_phone(cell))
