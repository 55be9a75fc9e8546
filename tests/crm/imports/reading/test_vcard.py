"""vCards of every version, as address books write them: each is a row, with its numbers and their labels."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.imports.reading import UnreadableFile, open_table
from crm.imports.reading.vcard import MOST_PHONES


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


@pytest.fixture
def people(read):
    """Read cards, and return what each says under which header, where it says something."""

    def of(content: str | bytes) -> list[dict[str, str]]:
        table = read(content if isinstance(content, bytes) else content.encode())
        assert table.format == "vcard"
        rows = list(table.rows)
        assert not any(row.fault for row in rows)
        return [{h: c for h, c in zip(table.headers, row.cells, strict=True) if c} for row in rows]

    return of


def test_a_card_says_who_and_where_to_call(people):
    (ann,) = people(
        card(
            "N:Lee;Ann;Mary;Dr.;",
            "FN:Dr. Ann Lee",
            "ORG:Acme\\, Inc.;Sales",
            "EMAIL;TYPE=INTERNET:ann@example.com",
            "ADR;TYPE=HOME:;;1 Mill Lane;Springfield;;12345;Examplia",
            "LANG:de",
            "NOTE:Likes tea\\, and\\nquiet\\; a lot",
            "TEL;TYPE=CELL:+1 202 555 0100",
        )
    )

    assert ann == {
        "Name": "Dr. Ann Lee",
        "Given name": "Ann",
        "Family name": "Lee",
        "Organisation": "Acme, Inc.",
        "E-mail": "ann@example.com",
        "Address": "1 Mill Lane, Springfield, 12345, Examplia",
        "Language": "de",
        "Note": "Likes tea, and\nquiet; a lot",
        "Phone 1": "+1 202 555 0100",
        "Phone 1 - Label": "mobile",
    }


@pytest.mark.parametrize(
    ("version", "line", "number", "label"),
    [
        ("2.1", "TEL;HOME;VOICE:202 555 0100", "202 555 0100", "home"),
        ("2.1", "TEL;WORK;PREF:1", "1", "work"),
        ("2.1", "TEL;CELL:1", "1", "mobile"),
        ("2.1", "TEL;X-Ferienhaus:1", "1", "x-ferienhaus"),
        ("3.0", "TEL:1", "1", ""),
        ("3.0", "tel;type=work;type=voice:1", "1", "work"),
        ("3.0", "TEL;TYPE=WORK,CELL:1", "1", "work mobile"),
        ("3.0", "item1.TEL;type=pref:1\r\nitem1.X-ABLabel:Holiday home", "1", "Holiday home"),
        ("3.0", "ITEM1.TEL:1\r\nitem1.X-ABLabel:_$!<Main>!$_", "1", "Main"),
        ("3.0", "TEL;TYPE=IPHONE;TYPE=CELL;TYPE=VOICE:1", "1", "mobile"),
        ("4.0", "TEL;VALUE=uri;TYPE=home:tel:+1-202-555-0100", "tel:+1-202-555-0100", "home"),
        ("4.0", "TEL;VALUE=uri:tel:+1-202-555-0100;ext=12", "tel:+1-202-555-0100;ext=12", ""),
        ("4.0", 'TEL;VALUE=uri;TYPE="voice,work";PREF=1:tel:+1', "tel:+1", "work"),
        ("4.0", "TEL;TYPE=fax,voice:1", "1", "fax"),
    ],
)
def test_a_number_has_the_label_that_its_version_gives_it(people, version, line, number, label):
    (found,) = people(card("FN:Ann", line, version=version))

    assert (found["Phone 1"], found.get("Phone 1 - Label", "")) == (number, label)


@pytest.mark.parametrize("line", ["TEL;TYPE=FAX:1", "TEL;HOME;FAX:1", "TEL;PAGER:1", "TEL:", "X-TEL:1", "TELEX:1"])
def test_what_only_faxes_or_pages_is_no_phone(people, line):
    assert people(card("FN:Ann", line)) == [{"Name": "Ann"}]


def test_the_fullest_card_says_how_many_columns_there_are(read):
    table = read((card("FN:Ann", "TEL:1") + card("FN:Bo", "TEL:2", "x.TEL;CELL:3", "TEL:4") + card("FN:Cy")).encode())

    assert table.headers[-6:] == (
        "Phone 1",
        "Phone 1 - Label",
        "Phone 2",
        "Phone 2 - Label",
        "Phone 3",
        "Phone 3 - Label",
    )
    assert [(row.line, row.cells[-6::2]) for row in table.rows] == [
        (1, ["1", "", ""]),
        (6, ["2", "3", "4"]),
        (13, ["", "", ""]),
    ]


@pytest.mark.parametrize(
    ("lines", "numbers"),
    [
        (("TEL;HOME:1", "TEL;WORK;PREF:2"), ["2", "1"]),
        (("TEL;TYPE=home:1", "TEL;TYPE=pref:2"), ["2", "1"]),
        (("TEL;PREF=3:1", "TEL:2", "TEL;PREF=1:3"), ["3", "1", "2"]),
        (("TEL:1", "TEL:2"), ["1", "2"]),
    ],
)
def test_the_preferred_number_comes_first(people, lines, numbers):
    (found,) = people(card("FN:Ann", *lines))

    assert [found[f"Phone {at}"] for at in range(1, len(numbers) + 1)] == numbers


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1", "Shift_JIS"])
@pytest.mark.parametrize("how", ["ENCODING=QUOTED-PRINTABLE", "QUOTED-PRINTABLE", "encoding=quoted-printable"])
def test_quoted_printable_is_decoded_by_its_own_character_set(people, charset, how):
    word = "山田" if charset == "Shift_JIS" else "Müller-Lüdenscheidt"
    quoted = quopri.encodestring(word.encode(charset)).decode()

    (found,) = people(card(f"N;CHARSET={charset};{how}:{quoted};Ann;;;", "TEL:1", version="2.1"))

    assert (found["Family name"], found["Given name"]) == (word, "Ann")


def test_folded_lines_are_one(people):
    (found,) = people(
        card(
            "FN:Ann",
            "NOTE;ENCODING=QUOTED-PRINTABLE:a long =",
            "story=0D=0Aof tea",
            "TEL;TYPE=W",
            " ORK:+1 202 5",
            "\t55 0100",
            version="2.1",
        )
    )

    assert (found["Note"], found["Phone 1"], found["Phone 1 - Label"]) == (
        "a long story\r\nof tea",
        "+1 202 555 0100",
        "work",
    )


@pytest.mark.parametrize("indent", [" ", "", "\t"])
def test_pictures_are_passed_over(people, indent):
    picture = base64.encodebytes(b"TEL:9" * 100).decode().split()
    lines = ["PHOTO;ENCODING=BASE64;JPEG:" + picture[0], *(indent + line for line in picture[1:]), ""]

    assert people(card("FN:Ann", *lines, "TEL:1", "LOGO;VALUE=uri:https://example.com/tel", "item2.KEY:x")) == [
        {"Name": "Ann", "Phone 1": "1"}
    ]


def test_the_card_of_an_agent_is_somebody_elses(people):
    assert people(card("FN:Ann", "AGENT:", *card("FN:Bo", "TEL:2").split("\r\n")[:-1], "TEL:1")) == [
        {"Name": "Ann", "Phone 1": "1"}
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_cards_come_in_every_encoding_and_with_every_line_end(people, encoding, ending):
    content = (card("FN:Zoë") + "\r\n" + card("FN:Bo").lower()).replace("\r\n", ending)

    assert people(content.encode(encoding)) == [{"Name": "Zoë"}, {"Name": "bo"}]


@pytest.mark.parametrize(
    "line",
    [
        "no colon",
        "FN;CHARSET=klingon;QUOTED-PRINTABLE:=41",
        "FN;CHARSET=UTF-8;QUOTED-PRINTABLE:=E4",
        "NOTE:" + "x" * 300_000,
    ],
)
def test_a_card_that_cannot_be_read_is_a_fault_and_those_around_it_are_read(rows, line):
    bad, good = rows((card("FN:Ann", line, "TEL:1") + card("FN:Bo", "TEL:2")).encode())

    assert (bad.line, bad.fault, bad.column) == (1, "unreadable_card", "")
    assert (good.line, good.fault, good.cells[0]) == (7, "", "Bo")


def test_a_card_of_more_numbers_than_anybody_has_is_a_fault(read):
    table = read((card("FN:Ann", *["TEL:1"] * 60) + card("FN:Bo", "TEL:2")).encode())
    many, one = table.rows

    assert table.headers[-1] == f"Phone {MOST_PHONES} - Label"
    assert (many.fault, many.column, one.fault) == ("too_many_cells", f"Phone {MOST_PHONES + 1}", "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("BEGIN:VCARD\nFN:Ann\n", "begins on line 1 has no end"),
        (card("FN:Ann") + "\nBEGIN:VCARD\nFN:Bo\n" + card("FN:Cy"), "begins on line 6 has no end"),
        (card("FN:Ann") + "TEL:1\n", "Line 5 belongs to no vCard"),
    ],
)
def test_a_file_whose_cards_do_not_part_is_refused(read, content, words):
    with pytest.raises(UnreadableFile, match=words):
        read(content.encode())


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30), max_size=6))
def test_whatever_stands_in_a_card_is_read_or_refused_and_nothing_else(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("card") / "file"
    path.write_text(card("FN:Ann", *lines), encoding="utf-8", newline="")

    try:
        with open_table(path) as table:
            widths = {len(row.cells) for row in table.rows}
    except UnreadableFile:
        return
    assert widths == {len(table.headers)}


def test_the_name_of_an_organisation_is_nobodys(people):
    acme, other = people(
        card("KIND:org", "FN:Acme", "ORG:Acme Ltd", "TEL:+1 202 555 0100")
        + card("KIND:Org", "FN:Other Inc", "TEL:+1 202 555 0101")
    )

    assert (acme["Organisation"], other["Organisation"]) == ("Acme Ltd", "Other Inc")
    assert "Name" not in acme | other


def test_a_country_in_two_letters_is_read(people):
    """RFC 8605, section 3.1."""
    (ann,) = people(card("FN:Ann", "ADR;CC=GB:;;1 Mill Lane;;;;", "TEL:+1 202 555 0100"))

    assert (ann["Address"], ann["Country"]) == ("1 Mill Lane", "GB")
