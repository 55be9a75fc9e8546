"""Moments as staff read them: in the time zone of their own browser, and in UTC where they point at one.

The browser says which zone that is (`crm/static/crm/zone.js`), in a cookie that goes to the admin alone. Without it
the service's own zone holds.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

COOKIE = "zone"


def moment(at: datetime | None) -> str:
    """Return a moment (aware) as staff read it, in the current time zone; a dash for none."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else "—"


def timed(at: datetime | None) -> SafeString:
    """Return the same as HTML, with the moment in UTC to be seen by whoever points at it."""
    if at is None:
        return SafeString("—")
    return _marked(at, moment(at))


def timed_day(at: datetime | None) -> SafeString:
    """Return the day of a moment (aware) in the current time zone as HTML, with the moment in UTC on hover."""
    if at is None:
        return SafeString("—")
    return _marked(at, formats.date_format(timezone.localtime(at), "DATE_FORMAT"))


def _marked(at: datetime, said: str) -> SafeString:
    utc = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', utc.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S} UTC", said
    )


class UsersTimeZone:
    """Middleware: within the admin, times are those of the user's browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request in its user's time zone; a zone that nobody knows is left alone."""
        zone = request.COOKIES.get(COOKIE, "")
        if zone not in _zones():
            return self.get_response(request)
        with timezone.override(ZoneInfo(zone)):
            return self.get_response(request)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
