"""Links to the preference centre: a random id that names nobody, of which only a digest is kept.

Whoever has the link is taken for the person at the line. Expired, it takes consent back and never gives any.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from consent import tokens
from consent.ledger import PointErased
from consent.models import PreferenceToken
from consent.rules.times import require_aware
from crm.models import ContactPoint, PhoneNumber


class Unknown(LookupError):
    """No such link was ever issued."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that was found: the person at the number whom it is of, who may be erased, and the number's line today."""

    token: PreferenceToken
    point: ContactPoint
    line: PhoneNumber
    expired: bool


def issue(*, point: ContactPoint, at: datetime) -> str:
    """Return the random id of a new link for a point, made at `at` (aware); it cannot be shown again.

    It gives consent for settings.PREFERENCE_LINK_DAYS days, and takes it back for good. Raises PointErased,
    NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    if point.line is None:
        raise PointErased(f"contact point {point.pk} was erased")
    text = tokens.new()
    PreferenceToken.objects.create(
        digest=tokens.digest(text),
        point=point,
        line=point.line,
        created_at=at,
        expires_at=at + timedelta(days=settings.PREFERENCE_LINK_DAYS),
    )
    return text


def find(token: str, *, at: datetime) -> Opened:
    """Return what the random id of a link opens at `at` (aware). Raises Unknown, NaiveTimestamp.

    It is looked up by its digest: how long that takes says nothing of how nearly it was right.
    """
    at = require_aware(at, name="at")
    rows = PreferenceToken.objects.select_related("point__contact", "line")
    row = rows.filter(digest=tokens.digest(token)).first()
    if row is None:
        raise Unknown
    line = row.line
    while line.reopened_as is not None:
        line = line.reopened_as
    return Opened(row, row.point, line, expired=row.expires_at <= at)


def address(token: str) -> str:
    """Return the whole address of the page that a link opens."""
    return f"{settings.PUBLIC_URL}{reverse('consent:preferences', args=[token])}"


def email_headers(token: str) -> dict[str, str]:
    """Return the headers by which an e-mail offers to unsubscribe in one click (RFC 8058)."""
    one_click = settings.PUBLIC_URL + reverse("consent:one_click", args=[token])
    return {"List-Unsubscribe": f"<{one_click}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
