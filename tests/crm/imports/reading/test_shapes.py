"""Text in columns in every shape that programs write it: delimiter, quotes, line ends and encoding at once."""

import codecs

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from crm.imports.reading import open_table
from crm.imports.reading.delimited import DELIMITERS

SHAPES = hypothesis.settings(max_examples=60, derandomize=True, deadline=None)

UNICODE = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
LATIN = st.characters(codec="ascii", exclude_characters="\x00")
# An old encoding is recognised by its words: letters at random are no words in any language.
WESTERN = st.lists(st.sampled_from(["Zoë", "Müller", "Renée", "Peña", "Groß", "“Jörg”", "Ann", ";", '"']), max_size=3)
JAPANESE = st.lists(st.sampled_from(["山田太郎", "鈴木一郎", "東京都", "ひらがな", "Ann", ",", "\n"]), max_size=3)
ENCODED = st.sampled_from(
    [
        (b"", "utf-8", st.text(UNICODE, max_size=12)),
        (codecs.BOM_UTF8, "utf-8", st.text(UNICODE, max_size=12)),
        (codecs.BOM_UTF16_LE, "utf-16-le", st.text(UNICODE, max_size=12)),
        (codecs.BOM_UTF16_BE, "utf-16-be", st.text(UNICODE, max_size=12)),
        (b"", "utf-16-le", st.text(LATIN, max_size=12)),
        (b"", "utf-16-be", st.text(LATIN, max_size=12)),
        (b"", "cp1252", WESTERN.map(" ".join)),
        (b"", "shift_jis", JAPANESE.map(" ".join)),
    ]
)


@SHAPES
@given(
    data=st.data(),
    encoded=ENCODED,
    delimiter=st.sampled_from(DELIMITERS),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    all_quoted=st.booleans(),
    ended=st.booleans(),
    width=st.integers(1, 4),
)
def test_a_table_is_read_as_it_was_written_in_whatever_shape(
    tmp_path_factory, data, encoded, delimiter, ending, all_quoted, ended, width
):
    mark, encoding, cells = encoded
    table = data.draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=5))
    headers = [f"Column {n}" for n in range(width)]

    def written(cell: str) -> str:
        quoted = all_quoted or any(sign in cell for sign in f'{DELIMITERS}"\r\n')
        return '"' + cell.replace('"', '""') + '"' if quoted else cell

    text = ending.join(delimiter.join(map(written, row)) for row in [headers, *table]) + ending * ended
    path = tmp_path_factory.mktemp("shape") / "file"
    path.write_bytes(mark + text.encode(encoding))

    with open_table(path) as found:
        rows = list(found.rows)

    assert found.headers == tuple(headers)
    assert [list(row.cells) for row in rows] == [row for row in table if any(cell.strip() for cell in row)]
    assert not any(row.fault for row in rows)


@SHAPES
@given(
    rows=st.lists(st.lists(st.sampled_from(["a", "", " ", '"b"', '""']), min_size=1, max_size=6), max_size=6),
    delimiter=st.sampled_from(DELIMITERS),
)
def test_every_row_of_a_ragged_table_comes_out_as_wide_as_its_header(tmp_path_factory, rows, delimiter):
    path = tmp_path_factory.mktemp("ragged") / "file"
    path.write_text("\n".join(delimiter.join(row) for row in [["x", "y", "z"], *rows]), encoding="utf-8")

    with open_table(path) as found:
        read = {row.line: row for row in found.rows}

    for line, row in enumerate(rows, start=2):
        plain = [cell.strip('"') for cell in row]
        if not any(cell.strip() for cell in plain):
            assert line not in read
        elif any(cell.strip() for cell in plain[3:]):
            assert (read[line].fault, read[line].column) == ("too_many_cells", "#4")
        else:
            assert read[line].fault == ("too_few_cells" if len(row) < 3 else "")
            assert list(read[line].cells) == [*plain, "", ""][:3]
