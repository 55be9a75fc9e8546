"""Reading, masking and fingerprinting numbers, which are reserved ones or the library's own examples."""

import pickle
import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers.tzdata import TIMEZONE_DATA

from crm import phones
from crm.phones import LineType, NotANumber, Parsed, parse

LONDON = "+442079460123"
BERLIN = "+493023125000"
WASHINGTON = "+12025550123"
EXAMPLES = [
    (region, kind, number)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in PhoneNumberType.values()
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
]


def example(region: str, kind: int = PhoneNumberType.MOBILE) -> str:
    number = phonenumbers.example_number_for_type(region, kind)
    assert number is not None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        pytest.param("+44 20 7946 0123", None, LONDON, id="international form needs no region"),
        pytest.param("020 7946 0123", "GB", LONDON, id="national form is read by the region"),
        pytest.param("020 7946 0123", "gb", LONDON, id="the case of the region does not matter"),
        pytest.param("442079460123", "GB", LONDON, id="country code without its plus"),
        pytest.param("+44 (0)20 7946 0123", None, LONDON, id="zero in brackets after a country code"),
        pytest.param("0044 (0)20 7946 0123", None, LONDON, id="zero in brackets after 00"),
        pytest.param("0044 20 7946 0123", None, LONDON, id="00 is a plus without a region"),
        pytest.param("0044 20 7946 0123", "US", LONDON, id="00 is a plus even where it is not dialled"),
        pytest.param("011 44 20 7946 0123", "US", LONDON, id="011 is a plus in the North American plan"),
        pytest.param("011 44 20 7946 0123", "CA", LONDON, id="011 is a plus in Canada"),
        pytest.param("(+44) 20 7946 0123", None, LONDON, id="country code in brackets"),
        pytest.param("tel:+44-20-7946-0123", None, LONDON, id="RFC 3966 URI"),
        pytest.param("Tel: +44 20 7946 0123", None, LONDON, id="the word Tel before it"),
        pytest.param("'+442079460123", None, LONDON, id="spreadsheet's apostrophe"),
        pytest.param("\u2019+442079460123", None, LONDON, id="apostrophe made typographic"),
        pytest.param("020.7946.0123", "GB", LONDON, id="dots"),
        pytest.param("020-7946/0123", "GB", LONDON, id="dash and slash"),
        pytest.param("030/23125000", "DE", BERLIN, id="a German slash parts the area code"),
        pytest.param("(202) 555-0123", "US", WASHINGTON, id="North American form"),
        pytest.param(" +44 20 7946 0123\t", None, LONDON, id="blanks round it"),
        pytest.param("+44 20\n7946 0123", None, LONDON, id="a line break within one number"),
    ],
)
def test_a_number_is_read_in_the_forms_people_write(text: str, region: str | None, e164: str) -> None:
    assert parse(text, region=region).e164 == e164


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\uff10\uff12\uff10 \uff17\uff19\uff14\uff16 \uff10\uff11\uff12\uff13", id="full-width"),
        pytest.param("\u0660\u0662\u0660 \u0667\u0669\u0664\u0666 \u0660\u0661\u0662\u0663", id="Arabic-Indic"),
        pytest.param("\u06f0\u06f2\u06f0 \u06f7\u06f9\u06f4\u06f6 \u06f0\u06f1\u06f2\u06f3", id="Persian"),
        pytest.param("\uff0b44 20 7946 0123", id="full-width plus"),
        pytest.param("020\u20077946\u20070123", id="figure space, on which the library fails"),
        pytest.param("020\u00a07946\u202f0123", id="no-break spaces"),
        pytest.param("\u202a+44 20 7946 0123\u202c", id="bidirectional marks"),
        pytest.param("\ufeff020\u200b7946\u200d0123", id="byte-order mark and zero-width marks"),
        pytest.param("020\u20137946\u22120123", id="en dash and minus sign"),
    ],
)
def test_other_scripts_and_invisible_marks_are_read(text: str) -> None:
    assert parse(text, region="GB").e164 == LONDON


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("020 7946 0123 x12", "12"),
        ("020 7946 0123 ext 12", "12"),
        ("020 7946 0123, ext. 012", "012"),
        ("020 7946 0123 extension 12", "12"),
        ("020 7946 0123#12", "12"),
        ("020 7946 0123 DW 12", "12"),
        ("020 7946 0123 Durchwahl 12", "12"),
        ("tel:+44-20-7946-0123;ext=12", "12"),
        ("020 7946 0123", ""),
    ],
)
def test_an_extension_is_kept_apart_and_not_lost_in_e164(text: str, extension: str) -> None:
    parsed = parse(text, region="GB")
    assert (parsed.e164, parsed.extension) == (LONDON, extension)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param(" '\u200b ", "empty", id="nothing that can be seen"),
        pytest.param("call me", "letters", id="words, which import-export stored"),
        pytest.param("O20 7946 0123", "letters", id="the letter O, which the library takes for a zero"),
        pytest.param("+1-800-FLOWERS", "letters", id="vanity letters"),
        pytest.param("020 7946 0123 x", "letters", id="an extension without digits"),
        pytest.param("020 7946 0123\u00b2", "letters", id="a footnote mark is no digit"),
        pytest.param("020 7946 012\u2462", "letters", id="a circled digit is no digit"),
        pytest.param("442079460123.0", "float", id="spreadsheet float"),
        pytest.param("442,079,460,123", "float", id="thousands separators"),
        pytest.param("4.42079E+11", "scientific", id="spreadsheet's scientific notation"),
        pytest.param("4,42079E+11", "scientific", id="scientific notation with a comma"),
        pytest.param("https://wa.me/442079460123", "link", id="link, which the library reads as a number"),
        pytest.param("wa.me/442079460123", "link", id="link without a scheme"),
        pytest.param("sip:442079460123", "link", id="another URI scheme"),
        pytest.param("442079460123@example.org", "link", id="address"),
        pytest.param('=HYPERLINK("tel:+442079460123")', "formula", id="formula, which the library accepts"),
        pytest.param("=442079460123", "formula", id="formula of digits"),
        pytest.param("@SUM(442079460123)", "formula", id="old formula"),
        pytest.param("+SUM(442079460123)", "formula", id="formula that starts with a plus"),
        pytest.param("-442079460123", "formula", id="negative amount"),
        pytest.param("2024-03-01", "date", id="ISO date"),
        pytest.param("2024-03-01 00:00:00", "date", id="spreadsheet's date and time"),
        pytest.param("3/4/2024", "date", id="date with slashes"),
        pytest.param("01.03.2024", "date", id="date with dots"),
        pytest.param("020 7946 0123 / 020 7946 0124", "several", id="two with a slash"),
        pytest.param("020 7946 0123; 020 7946 0124", "several", id="two with a semicolon"),
        pytest.param("020 7946 0123\n020 7946 0124", "several", id="two lines in a cell"),
        pytest.param("020 7946 0123 ::: 020 7946 0124", "several", id="Google Contacts' several values"),
        pytest.param("020 7946 0123 or 020 7946 0124", "several", id="two with a word"),
        pytest.param("+442079460123+442079460124", "several", id="two plus signs"),
        pytest.param("020 7946 0123/24", "several", id="a range of two"),
        pytest.param("020 7946 0123   020 7946 0124", "several", id="two with a wide gap"),
        pytest.param("++44 20 7946 0123", "signs", id="plus twice, which the library accepts"),
        pytest.param("020*7946*0123", "signs", id="star"),
        pytest.param("12", "too_short", id="two digits"),
        pytest.param("7946 0123", "too_short", id="without its area code"),
        pytest.param("+44 20 7946 01234567", "too_long", id="too many digits"),
        pytest.param("+999 2079460123", "not_possible", id="no such country code"),
        pytest.param("+44 7700 900123", "not_valid", id="reserved by Ofcom, and in no range"),
    ],
)
def test_what_is_not_one_valid_number_is_refused_with_its_code(text: str, code: str) -> None:
    with pytest.raises(NotANumber) as refused:
        parse(text, region="GB")
    assert refused.value.code == code


@pytest.mark.parametrize("region", [None, "UK", "001"])
def test_a_national_number_without_a_known_region_is_refused(region: str | None) -> None:
    with pytest.raises(NotANumber) as refused:
        parse("020 7946 0123", region=region)
    assert refused.value.code == "no_region"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("030 23125000/01", "several", id="a range, which is valid as one longer number"),
        pytest.param("+49 30 23125000 12345", "too_long", id="E.164 section 6: at most 15 digits"),
    ],
)
def test_a_german_number_of_any_length_does_not_swallow_what_follows(text: str, code: str) -> None:
    joined = phonenumbers.parse(re.sub(r"[^\d+]", "", text), "DE")
    assert phonenumbers.is_valid_number(joined), "the library would take it"
    with pytest.raises(NotANumber) as refused:
        parse(text, region="DE")
    assert refused.value.code == code


def test_the_zero_in_brackets_stays_where_it_is_part_of_the_number() -> None:
    landline = example("IT", PhoneNumberType.FIXED_LINE)
    assert landline.startswith("+390")
    assert parse(f"+39 (0){landline.removeprefix('+390')}").e164 == landline


def test_a_zero_in_brackets_that_makes_two_valid_numbers_is_refused() -> None:
    mobile = example("IT").removeprefix("+39")
    assert phonenumbers.is_valid_number(phonenumbers.parse(f"+390{mobile}"))
    with pytest.raises(NotANumber) as refused:
        parse(f"+39 (0){mobile}")
    assert refused.value.code == "ambiguous"


@given(st.text(alphabet="+0123456789 ().-/,;:x#=@eEO\n'\u200e\u0663\uff11", max_size=30))
def test_whatever_is_written_it_is_read_as_a_valid_number_or_refused(text: str) -> None:
    try:
        parsed = parse(text, region="GB")
    except NotANumber as error:
        refused = error
    else:
        assert phonenumbers.is_valid_number(phonenumbers.parse(parsed.e164))
        assert re.fullmatch(r"\+[1-9][0-9]{4,14}", parsed.e164)
        return
    assert not re.search(r"\d", str(refused)), "the sentence never holds the text"
    assert refused.__context__ is None or refused.__suppress_context__, "nor is the library's error shown"


def test_a_refusal_survives_pickling_with_its_code_and_sentence() -> None:
    refusal = NotANumber("letters")
    copy = pickle.loads(pickle.dumps(refusal))
    assert (copy.code, str(copy)) == ("letters", str(refusal))


@pytest.mark.parametrize("style", [0, 1, 3], ids=["E.164", "international", "RFC 3966"])
def test_every_regions_examples_come_back_from_their_formats(style: int) -> None:
    for region, kind, number in EXAMPLES:
        parsed = parse(phonenumbers.format_number(number, style))
        assert parsed.e164 == phonenumbers.format_number(number, PhoneNumberFormat.E164), (region, kind)
        assert parsed.region == phonenumbers.region_code_for_number(number)
        assert parsed.line_type == PhoneNumberType.to_string(phonenumbers.number_type(number)).lower()


def test_every_regions_examples_come_back_from_their_national_format() -> None:
    for region, kind, number in EXAMPLES:
        text = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        parsed = parse(text, region=region)
        assert parsed.e164 == phonenumbers.format_number(number, PhoneNumberFormat.E164), (region, kind)


def test_a_number_of_no_country_has_region_001() -> None:
    number = phonenumbers.example_number_for_non_geo_entity(800)
    assert number is not None
    parsed = parse(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    assert (parsed.region, parsed.line_type) == ("001", LineType.TOLL_FREE)


def test_every_line_type_of_the_library_has_its_slug() -> None:
    assert {PhoneNumberType.to_string(kind).lower() for kind in PhoneNumberType.values()} == set(LineType)


def test_the_representation_of_a_parsed_number_is_masked() -> None:
    parsed = parse("020 7946 0123 x12", region="GB")
    assert repr(parsed) == str(parsed) == "Parsed(+44 •••• ••0123, region='GB', line_type='fixed_line')"


def test_the_package_has_the_pattern_cache_that_the_lite_one_lacks() -> None:
    assert callable(phonenumbers.enable_pattern_cache)


def test_argentine_mobiles_have_one_canonical_form_with_and_without_the_nine() -> None:
    mobile = example("AR")
    assert mobile.startswith("+549")
    other = "+54" + mobile.removeprefix("+549")
    assert phones.canonical(mobile) == phones.canonical(other) == other
    assert phones.fingerprint(mobile, key=b"k") == phones.fingerprint(other, key=b"k")


def test_old_mexican_mobiles_have_the_canonical_form_of_the_new_ones() -> None:
    mobile = example("MX")
    old = "+521" + mobile.removeprefix("+52")
    assert not phonenumbers.is_valid_number(phonenumbers.parse(old)), "today's metadata refuses the old form"
    assert phones.canonical(old) == phones.canonical(mobile) == mobile
    assert parse(old).e164 == mobile


def test_no_other_examples_share_a_canonical_form() -> None:
    written = {phonenumbers.format_number(number, PhoneNumberFormat.E164) for _, _, number in EXAMPLES}
    rewritten = {e164 for e164 in written if phones.canonical(e164) != e164}
    assert {e164[:4] for e164 in rewritten} == {"+549"}
    assert all(phones.canonical(phones.canonical(e164)) == phones.canonical(e164) for e164 in written)


@pytest.mark.parametrize("text", ["442079460123", "+44 20 7946 0123", "020 7946 0123", "", "+44207946012\u0663"])
def test_a_fingerprint_of_anything_but_e164_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not an E\.164 number$"):
        phones.fingerprint(text, key=b"k")


def test_a_fingerprint_is_the_keyed_hmac_of_rfc_2104_and_changes_with_key_and_number() -> None:
    value = phones.fingerprint(LONDON, key=b"key")
    # printf %s +442079460123 | openssl dgst -sha256 -hmac key
    assert value == "5988e2366f4087321369ff6ddd0bb5839df56b7286a84a0219a1f4f52fcd6edf"
    assert value != phones.fingerprint(LONDON, key=b"other key")
    assert value != phones.fingerprint("+442079460124", key=b"key")


def test_a_fingerprint_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        phones.fingerprint(LONDON, key=b"")


@pytest.mark.parametrize(
    ("e164", "shown"),
    [(LONDON, "+44 •••• ••0123"), (WASHINGTON, "+1 •••• ••0123"), (BERLIN, "+49 •••• ••5000")],
)
def test_a_mask_shows_the_country_and_the_last_four_digits(e164: str, shown: str) -> None:
    assert phones.mask(e164) == shown


def test_a_mask_hides_at_least_four_digits_of_every_regions_numbers() -> None:
    for region, kind, number in EXAMPLES:
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        code, *rest = phones.mask(e164).split(" ")
        tail = re.sub(r"\D", "", "".join(rest))
        assert code == f"+{number.country_code}", (region, kind)
        assert e164.endswith(tail)
        assert len(tail) <= min(4, len(e164) - len(code) - 4)


@given(st.from_regex(r"\+[1-9][0-9]{4,14}", fullmatch=True))
def test_a_mask_has_one_shape_and_never_more_than_four_trailing_digits(e164: str) -> None:
    assert re.fullmatch(r"\+(\d{1,3}|•) •••• [•]{2,6}\d{0,4}", phones.mask(e164))
    assert len(phones.mask(e164).split(" ")[-1]) == 6


@given(st.text(max_size=20))
def test_a_mask_of_any_text_never_raises(text: str) -> None:
    assert len(re.findall(r"\d", phones.mask(text).split(" ")[-1])) <= 4


@pytest.mark.parametrize(
    ("e164", "reserved"),
    [
        pytest.param("+12025550100", True, id="NANPA 555-0100"),
        pytest.param("+18005550199", True, id="NANPA 555-0199, toll-free"),
        pytest.param("+12025550200", False, id="after NANPA's range"),
        pytest.param("+442079460000", True, id="Ofcom London first"),
        pytest.param("+442079460999", True, id="Ofcom London last"),
        pytest.param("+442079461000", False, id="after Ofcom's London range"),
        pytest.param("+448081570000", True, id="Ofcom freephone"),
        pytest.param("+448081571000", False, id="after Ofcom's freephone range"),
        pytest.param("+447700900123", True, id="Ofcom mobile, not valid to the library"),
        pytest.param("+493023125000", True, id="Bundesnetzagentur Berlin"),
        pytest.param("+493023124999", False, id="before the Berlin range"),
        pytest.param("+46701740604", False, id="before PTS's range"),
        pytest.param("+46701740605", True, id="PTS first"),
        pytest.param("+46701740699", True, id="PTS last"),
        pytest.param("+46701740700", False, id="after PTS's range"),
        pytest.param("+33639980000", True, id="Arcep, not valid to the library"),
    ],
)
def test_reserved_numbers_are_known(e164: str, reserved: bool) -> None:
    assert phones.is_reserved(e164) is reserved


def test_time_zones_are_those_of_the_range() -> None:
    assert phones.time_zones(LONDON) == ("Europe/London",)
    assert "America/New_York" in phones.time_zones("+18005550199")
    assert len(phones.time_zones("+18005550199")) > 10, "a toll-free number may ring anywhere in the plan"


@pytest.mark.parametrize("e164", ["+80012345678", "+9991234567", ""])
def test_an_unknown_time_zone_is_an_empty_tuple(e164: str) -> None:
    assert phones.time_zones(e164) == ()
    assert all("Etc/Unknown" not in names for names in TIMEZONE_DATA.values())


@pytest.mark.parametrize(
    "spelling",
    [
        "+442079460123",
        "442079460123",
        "020 7946 0123",
        "02079460123",
        "2079460123",
        "+44 20 7946 0123",
        "tel:+44-20-7946-0123",
        "020.7946.0123",
        "020-7946-0123",
        "+44.20.7946.0123",
        "+44-20-7946-0123",
    ],
)
def test_a_trace_search_knows_this_spelling(spelling: str) -> None:
    assert spelling in phones.spellings(LONDON)


def test_spellings_are_distinct_long_enough_and_start_with_e164() -> None:
    for _, _, number in EXAMPLES:
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        found = phones.spellings(e164)
        assert found[0] == e164
        assert len(set(found)) == len(found)
        assert all(len(re.findall(r"\d", spelling)) >= 7 for spelling in found[1:])


def test_a_trace_search_also_looks_for_the_other_form_of_the_line() -> None:
    mobile = example("AR")
    assert phones.canonical(mobile) in phones.spellings(mobile)


def test_a_number_that_the_metadata_no_longer_knows_is_still_searched_for() -> None:
    assert phones.spellings("+9991234567") == ("+9991234567", "9991234567")


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("Jane +44 20 7946 0123", None),
        ("ring 0044 20 7946 0123 after six", None),
        ("020 7946 0123 (Jane)", "GB"),
        ("020 7946 0123 (Jane)", "gb"),
        ("see https://wa.me/442079460123", None),
        ("\u0660\u0662\u0660 \u0667\u0669\u0664\u0666 \u0660\u0661\u0662\u0663", "GB"),
        ("born 2024-03-01, +44 20 7946 0123", None),
        ("+45 2024-03-01", None),
    ],
)
def test_a_number_in_free_text_is_noticed(text: str, region: str | None) -> None:
    assert phones.mentions_number(text, region=region)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        pytest.param("Jane Doe", "GB", id="no digits"),
        pytest.param("room 123456", "GB", id="six digits"),
        pytest.param("born 2024-03-01", "DK", id="an ISO date, valid in Denmark as eight digits"),
        pytest.param("born 20.12.2024, Leeds", "DK", id="a date with dots"),
        pytest.param("seen 2024-03-01 12:30:00", "DK", id="a date with its time"),
        pytest.param("0af733fe-9243-4582-b2cc-0d9d8addbf37", "DK", id="a UUID with a Danish number in it"),
        pytest.param("card 4111 1111 1111 1111", "GB", id="a card number"),
        pytest.param("020 7946 0123", None, id="a national number without a region"),
    ],
)
def test_dates_and_identifiers_in_free_text_are_left_alone(text: str, region: str | None) -> None:
    assert not phones.mentions_number(text, region=region)


def test_a_parsed_number_is_a_value() -> None:
    assert parse("+44 20 7946 0123") == Parsed(LONDON, "", "GB", LineType.FIXED_LINE)
