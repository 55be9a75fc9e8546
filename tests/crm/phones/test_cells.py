"""A cell is cut where every piece is a whole number, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import phones
from crm.phones import NotANumber, split

LONDON, OTHER = "020 7946 0123", "020 7946 0124"
WHOLE = "+1 202 555 0100"
NEXT = "+1 202 555 0101"


@pytest.mark.parametrize(
    "between",
    [" / ", "/", "; ", ";", " ::: ", ":::", ", ", "\n", "\r\n", " or ", " OR ", " oder ", " und ", " | ", " & ", " "],
)
def test_two_numbers_with_their_country_codes_are_two(between: str) -> None:
    assert split(WHOLE + between + NEXT) == (WHOLE, NEXT)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param(f"{LONDON} / {OTHER}", (LONDON, OTHER), id="national numbers with their trunk zero"),
        pytest.param(f"{LONDON}\n{OTHER}", (LONDON, OTHER), id="one on each line"),
        pytest.param(f"{LONDON}  {OTHER}", (LONDON, OTHER), id="a wide gap"),
        pytest.param("(202) 555-0100, (202) 555-0101", ("(202) 555-0100", "(202) 555-0101"), id="area codes"),
        pytest.param("202 555 0100; 2025550101", ("202 555 0100", "2025550101"), id="bare ones of one length"),
        pytest.param(f"{LONDON} x12; {OTHER} ext. 13", (f"{LONDON} x12", f"{OTHER} ext. 13"), id="extensions"),
        pytest.param(f"{WHOLE}; {LONDON}", (WHOLE, LONDON), id="two ways of writing"),
        pytest.param(f"'{WHOLE}; {NEXT};", (WHOLE, NEXT), id="apostrophe before, separator behind"),
        pytest.param(f"{WHOLE}; {NEXT}; {WHOLE}", (WHOLE, NEXT), id="one of them twice"),
        pytest.param(f"tel:{WHOLE}\N{FULLWIDTH SEMICOLON}tel:{NEXT}", (f"tel:{WHOLE}", f"tel:{NEXT}"), id="full width"),
    ],
)
def test_a_cell_is_cut_in_the_ways_people_write_lists(text: str, pieces: tuple[str, ...]) -> None:
    assert split(text) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "",
        "call me",
        WHOLE,
        f"{WHOLE};",
        "030/23125000",
        "+44 20\n7946 0123",
        "030 2312\n5000",
        f"{LONDON}, ext. 12",
        "tel:+44-20-7946-0123;ext=12",
        "442,079,460,123",
        "O 20 7946 0123",
        "1234567/1234567",
        f"{WHOLE} / call me",
    ],
)
def test_what_may_be_one_number_or_none_stays_in_one_piece(text: str) -> None:
    assert split(text) == (text,)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("+49 30 23125000 / 23125001", id="short for a number of the same town"),
        pytest.param("+49 30 23125000; 23125001", id="the same after a semicolon"),
        pytest.param("030 23125000 or 23125001", id="the same without a country code"),
        pytest.param("030 23125000/01", id="an ending for the last digits"),
        pytest.param("2025550100; 5550101", id="bare ones of two lengths"),
    ],
)
def test_a_piece_that_is_no_whole_number_leaves_the_cell_to_be_refused_as_several(text: str) -> None:
    assert split(text) == (text,)
    with pytest.raises(NotANumber) as refused:
        phones.parse(text, region="DE")
    assert refused.value.code == "several"


@given(st.lists(st.integers(0, 99), min_size=2, max_size=5, unique=True), st.sampled_from([";", " / ", "\n", ", "]))
def test_every_number_of_a_list_comes_out_of_it(numbers: list[int], between: str) -> None:
    written = [f"+1202555{100 + index:04}" for index in numbers]
    assert list(split(between.join(written))) == written


@given(st.text(alphabet="0123456789+()-./ ;,:|\nxort", max_size=40))
def test_no_digit_is_lost_or_made_up_by_a_cut(text: str) -> None:
    pieces = split(text)
    if len(pieces) > 1:
        assert {piece.strip() for piece in pieces} == set(pieces)
        assert "".join(filter(str.isdecimal, text)).startswith("".join(filter(str.isdecimal, pieces[0])))
