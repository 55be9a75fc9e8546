"""Reading the one number that a text holds, or saying why it holds none.

A number that is read wrongly belongs to somebody else. So the raw text is checked here before libphonenumber
sees it, because that library repairs what it should refuse: it turns the letter O into a zero, finds digits
in links and in formulas, and makes a longer number out of a spreadsheet's decimal point.

Sources: ITU-T E.164 (at most 15 digits), RFC 3966 (tel URIs), libphonenumber's metadata for what is valid.
"""

import enum
import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
    shortnumberinfo,
)

from crm.phones.lines import OTHER_FORM, mask
from crm.phones.text import DATE, digits, plain

SENTENCES = {
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
    "short_code": "This is an emergency number or a short code: nobody is reached at it.",
    "too_short": "This is too short to be a phone number.",
    "too_long": "This is too long to be a phone number.",
    "not_possible": "No phone number of this country has this form.",
    "not_valid": "This number lies outside the ranges that are assigned in its country.",
    "ambiguous": "The zero in brackets lets this be read as two different numbers.",
}

# The order matters: a formula may hold a link, and a spreadsheet's number may look like two.
_REFUSED = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("empty", r"^$"),
        ("formula", r"^(?:[=@-]|\+\s*[a-z])"),
        ("scientific", r"^\+?\d+(?:[.,]\d+)?\s*e\s*[+-]?\d+$"),
        ("float", r"^\+?(?:\d{6,}[.,](?:0+|\d{1,2})|\d{1,3}(?:,\d{3})+(?:\.\d+)?)$"),
        ("date", rf"^{DATE}$"),
        ("link", r"://|@|^www\.|^(?!tel:)[a-z]+:\S|[a-z]\.[a-z]{2}"),
    )
)
_EXTENSION = re.compile(r"(?:;ext=|[\s,.]*(?:extension|ext|durchwahl|dw|x|#)[\s.:]*)(\d{1,7})$", re.IGNORECASE)
_PIECES = re.compile(r"[^\d()./ +-]+|(?=\+)")
_ONE_NUMBER = re.compile(r"\(?\+?[\d()./ -]+")
# Short codes have up to six digits; on some islands whole numbers have no more.
_SHORT = 6
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
        return SENTENCES[self.code]


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
    raw = re.sub(r"^['\u2019]\s*", "", plain(text).strip())
    for code, shape in _REFUSED:
        if shape.search(raw):
            raise NotANumber(code)
    raw = re.sub(r"^tel:\s*", "", raw, flags=re.IGNORECASE)
    found = _EXTENSION.search(raw)
    body = raw[: found.start()] if found else raw
    _refuse_other_signs(body)
    return _only_reading(body, region.upper() if region else None, found.group(1) if found else "")


def parse_for_withdrawal(text: str, *, region: str | None = None) -> str:
    """Return the E.164 form of a number, also of one with country code that no longer lies in an assigned range.

    Validity drifts with each release of the metadata; whoever was a number once can still say stop. Raises NotANumber.
    """
    try:
        return parse(text, region=region).e164
    except NotANumber:
        bare = re.sub(r"[ ().-]", "", text)
        if re.fullmatch(r"\+[1-9][0-9]{6,14}", bare):
            return bare
        raise


def _refuse_other_signs(body: str) -> None:
    several = len([piece for piece in _PIECES.split(body) if len(digits(piece)) >= 7]) > 1
    for gap in re.finditer(r"/|\s{2,}", body):
        before, later = digits(body[: gap.start()]), digits(body[gap.end() :])
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
    if not dialled.startswith("+") and _is_short_code(dialled, number, region or ""):
        raise NotANumber("short_code")
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    # The library calls a number valid when, and only when, it finds a type for it.
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        if OTHER_FORM.match(e164):
            return _read(OTHER_FORM.sub(r"+\1\2", e164), region, extension)
        possible = phonenumbers.is_possible_number_with_reason(number)
        raise NotANumber(_LENGTH_CODES.get(possible, "not_possible"))
    if len(e164) > len("+") + 15:
        raise NotANumber("too_long")
    line_type = LineType(PhoneNumberType.to_string(kind).lower())
    return Parsed(e164, extension, phonenumbers.region_code_for_number(number) or "001", line_type)


def _is_short_code(dialled: str, number: PhoneNumber, region: str) -> bool:
    """Whether these few digits are what one dials for a service there: 112, 911, a text code."""
    return len(dialled) <= _SHORT and shortnumberinfo.is_valid_short_number_for_region(number, region)
