"""The encoding of a file of text: proved, or the likelier one, and named."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.imports.reading.encoding import NotText, encoding_of, open_text
from tests.files import csv_file

WESTERN = ("Name;Straße;Téléphone", "Zoë Müller;Königstr. 1;1", "Renée d'Été;Rue de l'Église;2")
JAPANESE = ("氏名,電話番号", "山田太郎,1", "ﾔﾏﾀﾞ ﾊﾅｺ,2", "鈴木 一郎,3")


@pytest.fixture
def found(tmp_path):
    """Return a file's encoding, and the text as it is read."""

    def of(content: bytes) -> tuple[str, str]:
        path = tmp_path / "staged"
        path.write_bytes(content)
        with open_text(path) as text:
            return text.encoding, text.read()

    return of


@pytest.mark.parametrize("lines", [WESTERN, JAPANESE, ("Name,Phone", "Ann,1")], ids=["western", "japanese", "ascii"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (b"", "utf-16-le"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (b"", "utf-16-be"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_unicode_is_found_with_and_without_a_mark_and_the_mark_is_no_part_of_it(found, lines, mark, encoding):
    text = "\r\n".join(lines)

    assert found(mark + text.encode(encoding)) == (encoding, text)


@pytest.mark.parametrize(
    ("lines", "encoding", "named"),
    [
        (WESTERN, "iso-8859-1", "iso-8859-1"),
        (WESTERN, "cp1252", "iso-8859-1"),  # they differ in the signs alone that are not here
        ((*WESTERN, "“Jörg” – 5 €;x;3"), "cp1252", "cp1252"),
        (("Name,Phone", "Zoë,1"), "cp1252", "iso-8859-1"),
        (("Name,Phone", "René Léa,1"), "cp1252", "iso-8859-1"),
        (("Name,Phone", "ÄÖÜ ÉÈÊ,1"), "cp1252", "iso-8859-1"),
        (("Name,Phone", "“Ann”,1"), "cp1252", "cp1252"),
        (("Name,Phone", "Ann’s,1"), "cp1252", "cp1252"),
        (("Vorname;Telefon privat;Straße", "Jürgen;1;Große Gasse"), "cp1252", "iso-8859-1"),
        (("Nombre;Teléfono", "Íñigo Núñez;1"), "cp1252", "iso-8859-1"),
        (JAPANESE, "shift_jis", "cp932"),
        (JAPANESE, "cp932", "cp932"),
        (("Name,Phone", "髙橋,1"), "cp932", "cp932"),
        (("Name,Phone", "ひらがな,1"), "cp932", "cp932"),
    ],
)
def test_an_old_encoding_is_told_by_how_its_letters_stand_together(found, lines, encoding, named):
    text = "\r\n".join(lines)

    assert found(text.encode(encoding)) == (named, text)


def test_a_letter_far_down_in_the_file_says_its_encoding_as_well(found):
    text = "Name,Phone\n" + "Ann,1\n" * 200_000 + "Zoë,2\n"

    assert found(text.encode("cp1252")) == ("iso-8859-1", text)
    assert found(text.encode()) == ("utf-8", text)


def test_a_letter_that_two_blocks_share_is_one(found):
    text = "x" * ((1 << 20) - 1) + "ë"

    assert found(text.encode()) == ("utf-8", text)


@pytest.mark.parametrize("content", [b"\xff\xfea", b"\xef\xbb\xbf\xe4", b"a\xe4\x00", b"a\xe4\x01", b"\x8d,\x81"])
def test_what_is_no_text_is_said_to_be_none(tmp_path, content):
    path = tmp_path / "staged"
    path.write_bytes(content)

    with pytest.raises(NotText):
        encoding_of(path)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff"), max_size=200))
def test_utf_8_is_never_taken_for_anything_else(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("text") / "file"
    path.write_bytes(text.encode())

    with open_text(path) as read:
        assert read.read() == text


def test_the_table_says_its_encoding_and_its_delimiter(read):
    table = read(csv_file(("Name", "Phone"), ("Zoë", "1"), delimiter="\t").decode().encode("utf-16"))

    assert (table.format, table.encoding, table.delimiter) == ("csv", "utf-16-le", "\t")
    assert [list(row.cells) for row in table.rows] == [["Zoë", "1"]]
