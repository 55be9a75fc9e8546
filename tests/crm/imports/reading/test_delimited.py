"""Text in columns: its delimiter, its quotes, its lines, and its ragged rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.imports.reading import open_table
from tests.files import csv_file

HEADER = ("Name", "Phone")


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


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_within_a_quoted_header_counts_for_nothing(read, delimiter):
    table = read(csv_file(("Name, first; last | all\t,;|\t", "Phone", "Notes"), ("Ann", "1", "x"), delimiter=delimiter))

    assert (table.delimiter, table.headers[1:]) == (delimiter, ("Phone", "Notes"))


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"'])
def test_a_line_that_names_the_delimiter_is_no_header(read, first):
    table = read(f"{first}\r\nName;Phone, private\r\nAnn;1\r\n".encode())

    assert (table.delimiter, table.headers) == (";", ("Name", "Phone, private"))
    assert [(row.line, list(row.cells)) for row in table.rows] == [(3, ["Ann", "1"])]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_end_in_every_encoding(rows, encoding, ending):
    read = rows(ending.join(['"Name";Phone', "Zoë;1", '"Bo ""B"" ; Day";2']).encode(encoding))

    assert [(row.line, list(row.cells)) for row in read] == [(2, ["Zoë", "1"]), (3, ['Bo "B" ; Day', "2"])]
