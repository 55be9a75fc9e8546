"""A line, by its E.164 number: its one form, its fingerprint, how it is shown, and how it may be spelled."""

import hmac
import re
from collections.abc import Iterable
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers import timezone as phone_timezone
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

_E164 = re.compile(r"\+[1-9][0-9]{4,14}")
OTHER_FORM = re.compile(r"^\+(?:(54)9|(52)1)(?=\d{10}$)")
_RESERVED = re.compile(
    r"\+1[2-9]\d\d55501\d\d"  # NANPA: 555-0100 to 555-0199 of every area code
    r"|\+442079460\d{3}|\+448081570\d{3}|\+447700900\d{3}"  # Ofcom: numbers for drama use
    r"|\+493023125\d{3}"  # Bundesnetzagentur: Drama Numbers, Berlin
    r"|\+46701740(?:60[5-9]|6[1-9]\d)"  # PTS: 070-174 06 05 to 06 99
    r"|\+3363998\d{4}"  # Arcep: 06 39 98
)


def canonical(e164: str) -> str:
    """The one form of a line that may be written in two: +54 9 X is +54 X, +52 1 X is +52 X; E.164 both.

    Raises ValueError for text that is not E.164: its fingerprint would match nothing, and say nothing.
    """
    if not _E164.fullmatch(e164):
        raise ValueError("not an E.164 number")
    return OTHER_FORM.sub(r"+\1\2", e164) if e164.startswith(("+54", "+52")) else e164


def fingerprint(e164: str, *, key: bytes) -> str:
    """HMAC-SHA256 of the canonical form, as 64 hex digits; this is still personal data.

    Raises ValueError for text that is not E.164, and for an empty key: all numbers are soon tried.
    """
    if not key:
        raise ValueError("a fingerprint needs a key")
    keyed = _keyed(key).copy()
    keyed.update(canonical(e164).encode("ascii"))
    return keyed.hexdigest()


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> hmac.HMAC:
    """The start of every fingerprint under a key: of a long list, half the time."""
    return hmac.new(key, digestmod="sha256")


def fingerprint_of_id(external_id: str, *, key: bytes) -> str:
    """HMAC-SHA256 of an id that somebody else has given a person, as 64 hex digits, with a key of its own.

    The key is made from that of the numbers: the two uses never share one. Raises ValueError for an empty key.
    """
    if not key:
        raise ValueError("a fingerprint needs a key")
    return hmac.digest(hmac.digest(key, b"external id", "sha256"), external_id.encode(), "sha256").hex()


def mask(e164: str) -> str:
    """A number for those who need not read it: "+44 •••• ••0123". Never raises; the shape is always the same.

    At most the last four digits are shown, and four stay hidden: a few countries' numbers have only four.
    """
    digits = e164.removeprefix("+")
    for size in (1, 2, 3):
        if _is_country_code(digits[:size]):
            national = digits[size:]
            shown = national[max(4, len(national) - 4) :]
            return f"+{digits[:size]} •••• {shown.rjust(6, '•')}"
    return "+• •••• ••••••"


def is_reserved(e164: str) -> bool:
    """Whether a regulator keeps this number (E.164) free for demonstrations: it must never be sent to."""
    return _RESERVED.fullmatch(e164) is not None


def time_zones(e164: str, *, line_type: str = "") -> tuple[str, ...]:
    """The IANA time zones in which this range (E.164) may ring, of the range and not the person; or empty.

    line_type: what kind of line the number is known to be (a value of `LineType`). It is worked out where it is not
    given, which takes twenty times as long.
    """
    if line_type:
        return _zones_of_range(e164[1 : 1 + TIMEZONE_LONGEST_PREFIX], line_type)
    number = _stored(e164)
    names = phone_timezone.time_zones_for_number(number) if number else ()
    return _known_zones(names)


@lru_cache(maxsize=65536)
def _zones_of_range(prefix: str, line_type: str) -> tuple[str, ...]:
    """What libphonenumber says of all numbers that begin so: it looks at no more digits than these."""
    code = next((int(prefix[:size]) for size in (1, 2, 3) if _is_country_code(prefix[:size])), 0)
    kind = getattr(PhoneNumberType, line_type.upper())
    if not code or kind == PhoneNumberType.UNKNOWN:
        return ()
    digits = prefix if phonenumbers.is_number_type_geographical(kind, code) else str(code)
    found = (TIMEZONE_DATA.get(digits[:size]) for size in range(len(digits), 0, -1))
    return _known_zones(next(filter(None, found), ()))


def _known_zones(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name != phone_timezone.UNKNOWN_TIMEZONE)


def _is_country_code(digits: str) -> bool:
    return digits.isdecimal() and int(digits) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE


def spellings(e164: str) -> tuple[str, ...]:
    """The ways in which a line (E.164) may stand in files and logs, for a search that must leave no trace.

    E.164 comes first; each other one has at least seven digits, so that a short number does not find half the
    database. People group digits as they like: a search of prose compares the digits alone.
    """
    found = [e164.removeprefix("+")]
    for number in filter(None, map(_stored, dict.fromkeys((e164, OTHER_FORM.sub(r"+\1\2", e164))))):
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


def _stored(e164: str) -> PhoneNumber | None:
    """A number that was valid once; None when today's metadata cannot read it at all."""
    try:
        return phonenumbers.parse(e164)
    except NumberParseException:
        return None
