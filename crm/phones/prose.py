"""Numbers in free text, where none may stand."""

import re

import phonenumbers

from crm.phones.text import DATE, plain

_NOT_IN_PROSE = re.compile(
    rf"(?<![\d+])(?<!\d[ ./-]){DATE}(?![ ./-]?\d)|\b[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}\b",
    re.IGNORECASE,
)


def mentions_number(text: str, *, region: str | None = None) -> bool:
    """Whether free text, such as a name or a note, holds a valid number, as libphonenumber's matcher sees it.

    Without a region only numbers with a country code are seen. Dates and UUIDs are left out; any other long
    numeral that is a valid number of the region counts as one.
    """
    if sum(map(str.isdecimal, text)) < 7:
        return False
    prose = _NOT_IN_PROSE.sub(" ; ", plain(text))
    prose = re.sub(r"\bwa\.me/\+?(?=\d)|(?<![\d+])00(?=[1-9]\d)", " +", prose)
    return bool(phonenumbers.PhoneNumberMatcher(prose, region.upper() if region else None).has_next())
