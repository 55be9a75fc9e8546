"""What is at stake before somebody ends a consent: how many people, and how many of their consents, in numbers."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext, ngettext

from consent.models import Consent
from consent.rules.states import Status
from crm.models import PhoneNumber

_PERMITTING = [status.value for status in Status if status.permits]
# So many numbers are named one by one.
MOST_NAMED = 10


def stakes(lines: Iterable[int]) -> list[str]:
    """Return a sentence for each of these lines (ids): who is reachable there, and what they have agreed to."""
    ids = list(lines)
    living = Q(points__erased_at=None, points__until=None)
    found = PhoneNumber.objects.filter(pk__in=ids[:MOST_NAMED], number__isnull=False).annotate(
        people=Count("points__contact", filter=living, distinct=True)
    )
    standing = dict(
        Consent.objects.filter(point__line__in=ids[:MOST_NAMED], point__erased_at=None, status__in=_PERMITTING)
        .order_by()
        .values_list("point__line")
        .annotate(consents=Count("pk"))
    )
    rows: list[Any] = list(found.order_by("pk"))
    said = [_said(row.masked, row.people, standing.get(row.pk, 0)) for row in rows]
    if len(ids) > MOST_NAMED:
        said.append(gettext("And of %(count)d more numbers.") % {"count": len(ids) - MOST_NAMED})
    return said


def _said(number: str, people: int, consents: int) -> str:
    reachable = ngettext("%(people)d person is reachable", "%(people)d people are reachable", people)
    agreed = ngettext("%(consents)d consent stands", "%(consents)d consents stand", consents)
    return f"{number}: {reachable}, {agreed}." % {"people": people, "consents": consents}
