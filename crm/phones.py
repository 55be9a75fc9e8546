"""Phone numbers as values: read them, mask them, fingerprint them.

A number that is read wrongly belongs to somebody else. So the raw text is checked here before libphonenumber
sees it, because that library repairs what it should refuse: it turns the letter O into a zero, finds digits
in links and in formulas, and makes a longer number out of a spreadsheet's decimal point.

Sources: ITU-T E.164 (at most 15 digits), RFC 3966 (tel URIs), libphonenumber's metadata for what is valid.
"""

import enum
import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)
from phonenumbers import timezone as phone_timezone

_SENTENCES = {
    "empty": "There is no phone number here.",
    "formula": "This starts like a spreadsheet formula, not like a phone number.",
    "scientific": "A spreadsheet has rounded this number (scientific notation); its digits are lost.",
    "float": "A spreadsheet has stored this as an amount, not as a phone number.",
    "date": "This is a date, not a phone number.",
    "link": "This is a link or an address, not a phone number.",
    "several": "There is more than one phone number here.",
    "letters": "There are letters or other characters where digits belong.",
    "signs": "There are signs here that are no part of a phone number.",
    "no_region": "This number has no country code, and no known country was given to read it by.",
    "too_short": "This is too short to be a phone number.",
    "too_long": "This is too long to be a phone number.",
    "not_possible": "No phone number of this country has this form.",
    "not_valid": "This number lies outside the ranges that are assigned in its country.",
    "ambiguous": "The zero in brackets lets this be read as two different numbers.",
}

_DATE = (
    r"(?:(?:19|20)\d\d([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])([-./])(?:0?[1-9]|[12]\d|3[01])\2(?:19|20)\d\d"
    r"|\d{1,2}/\d{1,2}/\d\d)(?:[T ]+\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?Z?)?"
)

# The order matters: a formula may hold a link, and a spreadsheet's number may look like two.
_REFUSED = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("empty", r"^$"),
        ("formula", r"^(?:[=@-]|\+\s*[a-z])"),
        ("scientific", r"^\+?\d+(?:[.,]\d+)?\s*e\s*[+-]?\d+$"),
        ("float", r"^\+?(?:\d{6,}[.,](?:0+|\d{1,2})|\d{1,3}(?:,\d{3})+(?:\.\d+)?)$"),
        ("date", rf"^{_DATE}$"),
        ("link", r"://|@|^www\.|^(?!tel:)[a-z]+:\S|[a-z]\.[a-z]{2}"),
    )
)
_EXTENSION = re.compile(r"(?:;ext=|[\s,.]*(?:extension|ext|durchwahl|dw|x|#)[\s.:]*)(\d{1,7})$", re.IGNORECASE)
_PIECES = re.compile(r"[^\d()./ +-]+|(?=\+)")
_ONE_NUMBER = re.compile(r"\(?\+?[\d()./ -]+")
_E164 = re.compile(r"\+[1-9][0-9]{4,14}")
_OTHER_FORM = re.compile(r"^\+(?:(54)9|(52)1)(?=\d{10}$)")
_RESERVED = re.compile(
    r"\+1[2-9]\d\d55501\d\d"  # NANPA: 555-0100 to 555-0199 of every area code
    r"|\+442079460\d{3}|\+448081570\d{3}|\+447700900\d{3}"  # Ofcom: numbers for drama use
    r"|\+493023125\d{3}"  # Bundesnetzagentur: Drama Numbers, Berlin
    r"|\+46701740(?:60[5-9]|6[1-9]\d)"  # PTS: 070-174 06 05 to 06 99
    r"|\+3363998\d{4}"  # Arcep: 06 39 98
)
_NOT_IN_PROSE = re.compile(
    rf"(?<![\d+])(?<!\d[ ./-]){_DATE}(?![ ./-]?\d)|\b[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}\b",
    re.IGNORECASE,
)
_PARSE_CODES = {
    NumberParseException.NOT_A_NUMBER: "too_short",  # nothing but digits arrives there
    NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    NumberParseException.TOO_SHORT_NSN: "too_short",
    NumberParseException.TOO_LONG: "too_long",
}
_LENGTH_CODES = {
    ValidationResult.IS_POSSIBLE: "not_valid",
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too_short",
    ValidationResult.TOO_LONG: "too_long",
}


class NotANumber(ValueError):
    """The text is not one valid phone number.

    `code` is a stable slug, a key of the table above; `str()` is an English sentence without the text itself.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return _SENTENCES[self.code]


class LineType(enum.StrEnum):
    """What libphonenumber says about the range a number lies in; it says nothing about the person."""

    FIXED_LINE = "fixed_line"
    MOBILE = "mobile"
    FIXED_LINE_OR_MOBILE = "fixed_line_or_mobile"
    TOLL_FREE = "toll_free"
    PREMIUM_RATE = "premium_rate"
    SHARED_COST = "shared_cost"
    VOIP = "voip"
    PERSONAL_NUMBER = "personal_number"
    PAGER = "pager"
    UAN = "uan"
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, repr=False)
class Parsed:
    """One valid number.

    `e164` with its plus; `extension` as digits, or ""; `region` in ISO 3166 alpha-2, or "001" for a number of
    no country. The representation is masked, as it ends in logs.
    """

    e164: str
    extension: str
    region: str
    line_type: LineType

    def __repr__(self) -> str:
        return f"Parsed({mask(self.e164)}, region={self.region!r}, line_type={self.line_type.value!r})"


def parse(text: str, *, region: str | None = None) -> Parsed:
    """Read the one phone number that a person or a file has written.

    `region` (ISO 3166 alpha-2) is the country by which a number without country code is read. A leading "00"
    means "+" everywhere, "011" does in the North American plan. Only a valid number passes: of an assigned
    range, and of at most 15 digits (E.164, section 6). A Mexican number in its old form (+52 1) comes back in
    the new one. Raises NotANumber.
    """
    # A footnote mark or a circled digit would become a digit of the number under NFKC.
    if any(char.isnumeric() and not char.isdecimal() for char in text):
        raise NotANumber("letters")
    raw = re.sub(r"^['\u2019]\s*", "", _plain(text).strip())
    for code, shape in _REFUSED:
        if shape.search(raw):
            raise NotANumber(code)
    raw = re.sub(r"^tel:\s*", "", raw, flags=re.IGNORECASE)
    found = _EXTENSION.search(raw)
    body = raw[: found.start()] if found else raw
    _refuse_other_signs(body)
    return _only_reading(body, region.upper() if region else None, found.group(1) if found else "")


def canonical(e164: str) -> str:
    """The one form of a line that may be written in two: +54 9 X is +54 X, +52 1 X is +52 X; E.164 both.

    Raises ValueError for text that is not E.164: its fingerprint would match nothing, and say nothing.
    """
    if not _E164.fullmatch(e164):
        raise ValueError("not an E.164 number")
    return _OTHER_FORM.sub(r"+\1\2", e164)


def fingerprint(e164: str, *, key: bytes) -> str:
    """HMAC-SHA256 of the canonical form, as 64 hex digits; this is still personal data.

    Raises ValueError for text that is not E.164, and for an empty key: all numbers are soon tried.
    """
    if not key:
        raise ValueError("a fingerprint needs a key")
    return hmac.new(key, canonical(e164).encode("ascii"), hashlib.sha256).hexdigest()


def mask(e164: str) -> str:
    """A number for those who need not read it: "+44 •••• ••0123". Never raises; the shape is always the same.

    At most the last four digits are shown, and four stay hidden: a few countries' numbers have only four.
    """
    digits = e164.removeprefix("+")
    for size in (1, 2, 3):
        if digits[:size].isdecimal() and int(digits[:size]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            national = digits[size:]
            shown = national[max(4, len(national) - 4) :]
            return f"+{digits[:size]} •••• {shown.rjust(6, '•')}"
    return "+• •••• ••••••"


def is_reserved(e164: str) -> bool:
    """Whether a regulator keeps this number (E.164) free for demonstrations: it must never be sent to."""
    return _RESERVED.fullmatch(e164) is not None


def time_zones(e164: str) -> tuple[str, ...]:
    """The IANA time zones in which this range (E.164) may ring, of the range and not the person; or empty."""
    number = _stored(e164)
    names = phone_timezone.time_zones_for_number(number) if number else ()
    return tuple(name for name in names if name != phone_timezone.UNKNOWN_TIMEZONE)


def spellings(e164: str) -> tuple[str, ...]:
    """The ways in which a line (E.164) may stand in files and logs, for a search that must leave no trace.

    E.164 comes first; each other one has at least seven digits, so that a short number does not find half the
    database. People group digits as they like: a search of prose compares the digits alone.
    """
    found = [e164.removeprefix("+")]
    for number in filter(None, map(_stored, dict.fromkeys((e164, _OTHER_FORM.sub(r"+\1\2", e164))))):
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        found += [phonenumbers.format_number(number, PhoneNumberFormat.E164), national, international]
        found += [phonenumbers.format_number(number, PhoneNumberFormat.RFC3966)]
        found += [re.sub(r"\D", "", national), phonenumbers.national_significant_number(number)]
        groups = re.findall(r"\d+", international)
        for separator in " .-":
            found += [separator.join(re.findall(r"\d+", national)), separator.join(groups[1:])]
            found += [separator.join(groups), "+" + separator.join(groups)]
    long_enough = (spelling for spelling in found if sum(map(str.isdecimal, spelling)) >= 7)
    return tuple(dict.fromkeys([e164, *long_enough]))


def mentions_number(text: str, *, region: str | None = None) -> bool:
    """Whether free text, such as a name or a note, holds a valid number, as libphonenumber's matcher sees it.

    Without a region only numbers with a country code are seen. Dates and UUIDs are left out; any other long
    numeral that is a valid number of the region counts as one.
    """
    if sum(map(str.isdecimal, text)) < 7:
        return False
    prose = _NOT_IN_PROSE.sub(" ; ", _plain(text))
    prose = re.sub(r"\bwa\.me/\+?(?=\d)|(?<![\d+])00(?=[1-9]\d)", " +", prose)
    return bool(phonenumbers.PhoneNumberMatcher(prose, region.upper() if region else None).has_next())


def _plain(text: str) -> str:
    """NFKC, with every script's digits, dashes and blanks as ASCII, and without marks that nobody can see."""
    if text.isascii():
        return text
    chars = []
    for char in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(char)
        if category == "Nd":
            chars.append(str(unicodedata.decimal(char)))
        elif category == "Pd" or char == "\N{MINUS SIGN}":
            chars.append("-")
        elif category != "Cf":
            chars.append(" " if category == "Zs" else char)
    return "".join(chars)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _refuse_other_signs(body: str) -> None:
    several = len([piece for piece in _PIECES.split(body) if len(_digits(piece)) >= 7]) > 1
    for gap in re.finditer(r"/|\s{2,}", body):
        before, later = _digits(body[: gap.start()]), _digits(body[gap.end() :])
        # "23125000/01" names two lines, and a German number of any length would pass for valid.
        tail = gap.group() == "/" and len(later) <= 3
        several |= len(before) >= 7 and (tail or len(before + later) > len("00") + 15)
    if several:
        raise NotANumber("several")
    if any(char.isalpha() for char in body):
        raise NotANumber("letters")
    if not _ONE_NUMBER.fullmatch(re.sub(r"\s+", " ", body).strip()):
        raise NotANumber("signs")


def _only_reading(body: str, region: str | None, extension: str) -> Parsed:
    """The zero of "+44 (0)20" is not dialled from abroad; Italy's "+39 (0)6" is part of the number."""
    readings = set()
    refusal = NotANumber("not_valid")
    for spelling in dict.fromkeys((body, re.sub(r"\(\s*0\s*\)", "", body))):
        try:
            readings.add(_read(re.sub(r"[^\d+]", "", spelling), region, extension))
        except NotANumber as error:
            refusal = error
    if not readings:
        raise refusal
    if len(readings) > 1:
        raise NotANumber("ambiguous")
    return readings.pop()


def _read(dialled: str, region: str | None, extension: str) -> Parsed:
    dialled = re.sub(r"^00", "+", dialled)
    if not dialled.startswith("+") and region not in phonenumbers.SUPPORTED_REGIONS:
        raise NotANumber("no_region")
    try:
        number = phonenumbers.parse(dialled, region)
    except NumberParseException as error:
        # "from None": a report of chained errors would print the library's frames, which hold the text.
        raise NotANumber(_PARSE_CODES.get(error.error_type, "not_possible")) from None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    # The library calls a number valid when, and only when, it finds a type for it.
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        if _OTHER_FORM.match(e164):
            return _read(_OTHER_FORM.sub(r"+\1\2", e164), region, extension)
        possible = phonenumbers.is_possible_number_with_reason(number)
        raise NotANumber(_LENGTH_CODES.get(possible, "not_possible"))
    if len(e164) > len("+") + 15:
        raise NotANumber("too_long")
    line_type = LineType(PhoneNumberType.to_string(kind).lower())
    return Parsed(e164, extension, phonenumbers.region_code_for_number(number) or "001", line_type)


def _stored(e164: str) -> PhoneNumber | None:
    """A number that was valid once; None when today's metadata cannot read it at all."""
    try:
        return phonenumbers.parse(e164)
    except NumberParseException:
        return None
