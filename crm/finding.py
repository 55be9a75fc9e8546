"""Finding lines by a number, or by the end of one, as somebody types it; and keeping what was found for that account.

The number goes in by the body of a request and is forgotten with it. What was found is kept as ids, under a token
that means nothing to anybody else, for as long as a day.
"""

import logging
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import CharField, F
from django.db.models.functions import Cast

from crm import phones
from crm.models import NumberSearch, PhoneNumber
from crm.models.phone_number import LastFour

# Fewer digits are the end of too many numbers; more lines than this nobody reads through.
LEAST_DIGITS, MOST_LINES = 4, 500
# Of fewer digits the last four alone are looked for: all else of a number is masked, and search after search would tell
# one digit more of it.
_NEARLY_WHOLE = 9
# More digits than every list shows of a number: a text with as many in it is not put in an address.
_TELLING = 5
KEPT = timedelta(days=1)

_logger = logging.getLogger(__name__)


class TooMany(Exception):
    """The account has searched for numbers so often within an hour that it may be guessing them."""


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of lines that were found. more: whether there are others; erased: whether we held the number once."""

    line_ids: list[int]
    more: bool = False
    erased: bool = False


def is_number(text: str) -> bool:
    """Whether somebody typed a number, or the end of one, in whatever spelling."""
    signs_only = _count(text) >= LEAST_DIGITS and not re.search(r"[^\W\d_]|@", text)
    return signs_only or phones.mentions_number(text)


def may_be_an_address(text: str, *, regions: Iterable[str]) -> bool:
    """Whether the text, which is not a number, holds none either: not even one of these countries."""
    if "@" not in text and _count(text) >= _TELLING:
        return False
    return not any(phones.mentions_number(text, region=region) for region in regions)


def lines(text: str, *, regions: Iterable[str]) -> Found:
    """Return the lines whose number the text is, read by each of these countries in turn, or whose number ends so.

    By its end a number is found by the last four digits, or by nearly all of it.
    """
    numbers = {number for each in (text, f"+{_digits(text)}") for number in _read(each, ["", *regions])}
    known = list(PhoneNumber.objects.for_numbers(numbers).order_by("-pk").values_list("pk", "erased_at"))
    held = [pk for pk, erased_at in known if erased_at is None]
    if held or text.strip().startswith("+"):
        return Found(held, erased=bool(known and not held))
    ending = _ending(_digits(text)) or _ending(_digits(text).lstrip("0"))
    return Found(ending[:MOST_LINES], more=len(ending) > MOST_LINES, erased=bool(known and not ending))


def require_few(*, user: User, at: datetime) -> None:
    """Raise TooMany, and log the account, if it searched SEARCHES_PER_HOUR times in the hour before `at` (aware).

    A number of which all but a few digits are masked could else be had by trying each.
    """
    lately = NumberSearch.objects.filter(user=user, made_at__gt=at - timedelta(hours=1))
    if lately.count() >= settings.SEARCHES_PER_HOUR:
        _logger.warning("searching for numbers: account %s reached the limit of an hour", user.pk)
        raise TooMany


def remember(line_ids: Collection[int], *, user: User, at: datetime) -> str:
    """Keep what was found for an account, at `at` (aware), and return the token."""
    return NumberSearch.objects.create(user=user, lines=list(line_ids), made_at=at).token


def recall(token: str, *, user: User, at: datetime) -> list[int] | None:
    """Return the ids of the lines that were found; None where the token is another account's, or too old at `at`."""
    kept = NumberSearch.objects.filter(token=token, user=user, made_at__gt=at - KEPT).first()
    return kept.lines if kept else None


def forget(*, at: datetime) -> int:
    """Remove what was found more than a day before `at` (aware), and return how many searches that were."""
    return NumberSearch.objects.filter(made_at__lte=at - KEPT).delete()[0]


def _count(text: str) -> int:
    return sum(map(str.isdecimal, text))


def _digits(text: str) -> str:
    """Return the digits of a text, of whatever script, as ASCII."""
    return "".join(str(int(each)) for each in text if each.isdecimal())


def _read(text: str, regions: Iterable[str]) -> Iterable[str]:
    for region in regions:
        try:
            yield phones.parse(text, region=region or None).e164
        except phones.NotANumber:
            continue


def _ending(digits: str) -> list[int]:
    """Return the lines whose number ends so (see `lines`), the newest first, and one more than are wanted."""
    if len(digits) < LEAST_DIGITS:
        return []
    found = PhoneNumber.objects.alias(four=LastFour("number"), text=Cast("number", CharField()))
    found = found.filter(number__isnull=False, four=digits[-4:])
    if len(digits) >= _NEARLY_WHOLE:
        found = found.filter(text__endswith=digits)
    # Not by the bare id: the database, which has no statistics of the numbers, would walk over all from the newest on.
    return list(found.order_by((F("pk") + 0).desc()).values_list("pk", flat=True)[: MOST_LINES + 1])
