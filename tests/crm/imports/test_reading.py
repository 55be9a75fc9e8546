"""Files as people bring them: what is read, on which line it stood, and what is refused in one clear sentence."""

import datetime
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.imports.reading import SourceRow, Table, UnreadableFile, open_table
from tests.files import csv_file, patched, xlsx_file

SHEET = "xl/worksheets/sheet1.xml"
HEADER = ("Name", "Phone")


@pytest.fixture
def read(tmp_path):
    """Read a whole file; the name has no ending, as staged files have none."""

    def of(content: bytes) -> Table:
        path = tmp_path / "staged"
        path.write_bytes(content)
        with open_table(path) as table:
            return Table(table.format, table.headers, iter(list(table.rows)))

    return of


@pytest.fixture
def rows(read):
    return lambda content: list(read(content).rows)


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_headers_and_cells_are_read_as_they_stand(read, make):
    table = read(make(HEADER, ("Ann", "+1 202 555 0100"), ("Bo", "x")))

    assert table.headers == HEADER
    assert [(row.line, list(row.cells), row.fault) for row in table.rows] == [
        (2, ["Ann", "+1 202 555 0100"], ""),
        (3, ["Bo", "x"], ""),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(rows, delimiter):
    (row,) = rows(csv_file(HEADER, ("Lee, Ann; or | so\t", "1"), delimiter=delimiter))

    assert list(row.cells) == ["Lee, Ann; or | so\t", "1"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_ends_a_row(rows, ending):
    assert [row.line for row in rows(ending.join(["Name,Phone", "Ann,1", "Bo,2", ""]).encode())] == [2, 3]


def test_a_byte_order_mark_is_no_part_of_the_first_header(read):
    assert read(b"\xef\xbb\xbf" + csv_file(HEADER, ("Ann", "1"))).headers == HEADER


def test_a_file_of_one_column_needs_no_delimiter(rows):
    assert [list(row.cells) for row in rows(b"phone\n1\n2\n")] == [["1"], ["2"]]


def test_lines_are_counted_through_quoted_line_breaks_and_blank_lines(rows):
    read = rows(b'Name,Phone\n"Ann\nLee\n",1\n\nBo,2\n,\n"Cy\r\n",3\n')

    assert [(row.line, row.cells[0]) for row in read] == [(2, "Ann\nLee\n"), (6, "Bo"), (8, "Cy\r\n")]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@given(table=st.lists(st.tuples(CELLS, CELLS), max_size=8), delimiter=st.sampled_from(",;\t|"))
def test_whatever_is_written_as_csv_is_read_as_it_was_written(tmp_path_factory, table, delimiter):
    path = tmp_path_factory.mktemp("csv") / "file"
    path.write_bytes(csv_file(HEADER, *table, delimiter=delimiter))

    with open_table(path) as found:
        read = list(found.rows)

    assert [tuple(row.cells) for row in read] == [cells for cells in table if any(cell.strip() for cell in cells)]
    assert not any(row.fault for row in read)
    lines = [row.line for row in read]
    assert lines == sorted(set(lines))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "file"
    path.write_bytes(content)

    try:
        with open_table(path) as table:
            widths = {len(row.cells) for row in table.rows}
    except UnreadableFile:
        return
    assert widths <= {len(table.headers)}


@pytest.mark.parametrize(
    ("row", "fault", "column"),
    [
        ("Ann", "too_few_cells", "Phone"),
        ("Ann,1,x,y", "too_many_cells", "#4"),
        ("Ann,1,,", "", ""),
        ("Ann,1,x", "", ""),
    ],
)
def test_a_ragged_row_names_its_column_and_those_around_it_are_read(rows, row, fault, column):
    bad, good = rows(f"Name,Phone,Notes\n{row},\nBo,2,\n".replace("Ann,\n", "Ann\n").encode())

    assert (bad.line, bad.fault, bad.column, len(bad.cells)) == (2, fault, column, 3)
    assert (good.line, good.fault) == (3, "")


def test_delimiters_at_the_ends_of_all_lines_add_no_column(read):
    table = read(b"Name,Phone,,\nAnn,1,,\n")

    assert table.headers == HEADER
    assert [list(row.cells) for row in table.rows] == [["Ann", "1"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"\n\nName,Phone\n", "no header row", id="blank first line"),
        pytest.param(b",,\nAnn,1\n", "no header row", id="nameless columns"),
        pytest.param(csv_file(("Phone", "Name", "Phone"), ("1", "Ann", "2")), "column Phone stands", id="twice"),
        pytest.param(b'Name,Phone\nAnn,1\n"Bo,2\nCy,3\n', "Line 3: .*unexpected end of data", id="unclosed quote"),
        pytest.param(b'Name,Phone\nAnn,"1"2\n', "Line 2: ", id="text after a quote"),
        pytest.param(b'"Name,Phone\nAnn,1\n', "Line 1: ", id="unclosed quote in the header"),
        pytest.param(b"Name,Phone\nAnn,1\nB\x00o,2\n", "Line 3: .*NUL", id="NUL in a row"),
        pytest.param(b"Na\x00me,Phone\nAnn,1\n", "neither XLSX nor CSV", id="NUL in the header"),
        pytest.param(b"Name,Phone\n" + b"x" * 200_000 + b",1\n", "Line 2: .*field larger", id="endless cell"),
        pytest.param("Name,Phone\nZoë,1\n".encode("latin-1"), "neither XLSX nor CSV in UTF-8", id="latin-1"),
        pytest.param("Name,Phone\nAnn,1\n".encode("utf-16"), "neither XLSX nor CSV in UTF-8", id="UTF-16"),
        pytest.param("Name,Phone\n".encode("utf-16-le"), "neither XLSX nor CSV in UTF-8", id="UTF-16, no mark"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00", "neither XLSX nor CSV in UTF-8", id="picture"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9, "neither XLSX nor CSV", id="XLS, or a locked XLSX"),
        pytest.param(xlsx_file(), "no header row", id="empty sheet"),
        pytest.param(xlsx_file(HEADER, ("Ann", 1))[:-400], "neither XLSX nor CSV|damaged", id="cut-off workbook"),
        pytest.param(
            patched(xlsx_file(HEADER, ("Ann", 1)), SHEET, lambda xml: xml[: len(xml) // 2]),
            "damaged workbook",
            id="broken XML",
        ),
        pytest.param(
            patched(xlsx_file(HEADER, ("Ann", 1)), SHEET, lambda xml: xml.replace('t="n"><v>1', 't="s"><v>9')),
            "damaged workbook",
            id="text that is not there",
        ),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence_that_says_why(read, content, words):
    with pytest.raises(UnreadableFile, match=words):
        read(content)


def test_a_zip_archive_that_is_no_workbook_is_refused(read):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("people.csv", "Name,Phone\n")

    with pytest.raises(UnreadableFile, match="damaged workbook, or no workbook"):
        read(file.getvalue())


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
