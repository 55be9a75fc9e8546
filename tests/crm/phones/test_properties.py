"""Numbers in cells: every spelling of a number is that number, and no text is anything but a number or a refusal."""

import hypothesis
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.phones import LineType, NotANumber, parse, split, time_zones

QUICK = hypothesis.settings(max_examples=150, derandomize=True, deadline=None)

# Of the ranges that are reserved for made-up people: region, country code, trunk prefix, and how the digits stand.
RANGES = st.one_of(
    st.integers(100, 199).map(lambda n: ("US", "1", "", ("202", "555", f"0{n}"))),
    st.integers(0, 999).map(lambda n: ("GB", "44", "0", ("20", "7946", f"0{n:03}"))),
    st.integers(0, 999).map(lambda n: ("GB", "44", "0", ("808", "157", f"0{n:03}"))),
    st.integers(0, 999).map(lambda n: ("DE", "49", "0", ("30", f"23125{n:03}"))),
    st.integers(605, 699).map(lambda n: ("SE", "46", "0", ("70", "174", f"0{n // 100}", f"{n % 100:02}"))),
)
SCRIPTS = st.sampled_from(["0123456789", "\uff10-", "\u0660-", "\u06f0-"]).map(
    lambda digits: digits if len(digits) == 10 else "".join(chr(ord(digits[0]) + n) for n in range(10))
)
GAPS = st.sampled_from(["", " ", "-", ".", "\u00a0", "\u2007", "\u202f", "\u2011", "\u2013"])
UNSEEN = st.sampled_from(["\u200b", "\u200e", "\u202a", "\u202c", "\ufeff", "\u00ad"])
EXTENSIONS = st.sampled_from([("", ""), (" x12", "12"), (" ext. 12", "12"), (";ext=12", "12"), (" #7", "7")])


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """Make a spelling, the region to read it by, and the number and extension that it stands for."""
    region, code, trunk, groups = draw(RANGES)
    gap = draw(GAPS)
    national = gap.join(groups)
    text = draw(
        st.sampled_from(
            [
                f"{trunk}{national}",
                f"({trunk}{groups[0]}) {gap.join(groups[1:])}",
                f"+{code}{gap}{national}",
                f"+{code}{''.join(groups)}",
                f"(+{code}) {national}",
                f"00{code} {national}",
                f"tel:+{code}-{'-'.join(groups)}",
                f"{code}{''.join(groups)}",
                *([f"+{code} (0){national}"] if trunk else []),
            ]
        )
    )
    written, extension = draw(EXTENSIONS)
    text = (text + written).translate(str.maketrans("0123456789", draw(SCRIPTS)))
    at = draw(st.integers(0, len(text)))
    text = text[:at] + draw(UNSEEN) + text[at:] if draw(st.booleans()) else text
    before, after = draw(st.sampled_from([("", ""), (" ", "\t"), ("'", ""), ("\u2019", " "), ("\u202a", "\u202c")]))
    return before + text + after, region, f"+{code}{''.join(groups)}", extension


@QUICK
@given(spellings())
def test_every_spelling_of_a_number_is_that_number(spelling: tuple[str, str, str, str]) -> None:
    text, region, e164, extension = spelling

    (piece,) = split(text)
    found = parse(piece, region=region)

    assert (found.e164, found.extension) == (e164, extension)


ANYTHING = st.one_of(
    st.text(max_size=40),
    st.text("0123456789+()-./ x,;:#'=E\u0660\u06f5\uff11\u00b2\u2462\u200f\u2007", max_size=30),
)


@QUICK
@given(ANYTHING, st.sampled_from([None, "US", "GB", "DE", "SE", "IT", "XX"]))
def test_any_text_is_a_number_or_refused_and_nothing_else(text: str, region: str | None) -> None:
    for piece in split(text):
        try:
            found = parse(piece, region=region)
        except NotANumber:
            continue
        assert found.e164.startswith("+")
        assert 8 <= len(found.e164) <= 16
        assert found.e164[1:].isdecimal()
        assert parse(found.e164, region=None).e164 == found.e164


def _example_numbers() -> list[str]:
    """Return a number of each kind that each country has: those that libphonenumber gives as examples."""
    kinds = [kind for kind in phonenumbers.PhoneNumberType.values() if kind != phonenumbers.PhoneNumberType.UNKNOWN]
    regions, codes = phonenumbers.SUPPORTED_REGIONS, phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
    found = [phonenumbers.example_number_for_type(region, kind) for region in regions for kind in kinds]
    found += [phonenumbers.example_number_for_non_geo_entity(code) for code in codes]
    return sorted({phonenumbers.format_number(each, phonenumbers.PhoneNumberFormat.E164) for each in found if each})


EXAMPLES = _example_numbers()


def _read(e164: str) -> LineType | None:
    try:
        return parse(e164).line_type
    except NotANumber:
        return None


def test_the_zones_of_a_line_of_known_kind_are_those_that_the_number_itself_has_everywhere() -> None:
    assert len(EXAMPLES) > 800
    for e164 in EXAMPLES:
        kind = _read(e164)
        assert kind is None or time_zones(e164, line_type=kind) == time_zones(e164), kind


@QUICK
@given(st.sampled_from(EXAMPLES), st.text("0123456789", min_size=1, max_size=7))
def test_numbers_that_begin_alike_are_told_apart_where_it_matters(example: str, tail: str) -> None:
    e164 = example[: -len(tail)] + tail
    kind = _read(e164) if len(e164) > 7 else None
    assert kind is None or parse(e164).e164 != e164 or time_zones(e164, line_type=kind) == time_zones(e164)


@pytest.mark.parametrize("line_type", ["unknown", LineType.UNKNOWN])
def test_of_a_line_of_unknown_kind_no_zone_is_known(line_type: str) -> None:
    assert time_zones("+12025550100", line_type=line_type) == ()
