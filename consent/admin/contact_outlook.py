"""What the contact's page says of retention: which policies count, when each number goes, and what protects it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import retention
from consent.models import LegalHold, RetentionPolicy
from consent.models.retention import ACTIONS, TRIGGERS
from consent.retention import Outlook
from consent.rules.retention import Due, Ground
from crm.models import Contact, ContactPoint, Provenance
from crm.theme import timed

GROUNDS: dict[str, Any] = {
    Ground.LEGAL_HOLD: _("A legal hold stands (GDPR 17(3)(e))."),
    Ground.RESTRICTED: _("The contact is restricted: its data is only kept (GDPR 18)."),
    Ground.CONSENT: _("A consent that still holds carries it."),
    Ground.SOURCE_PURPOSE: _("A source carries it, for a purpose that needs no consent."),
    Ground.NOT_YET: _("The period of no policy is over yet."),
    Ground.NO_POLICY: _("No policy counts for it: nothing will erase it."),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A policy that counts for the number: from when, and when its time comes."""

    policy: RetentionPolicy
    trigger: Any
    action: Any
    since: datetime
    due_at: datetime
    over: bool


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A number: what is decided of it now, when it goes, and by which policies."""

    number: str
    point: ContactPoint
    due: bool
    verdict: str
    going: str
    periods: list[Period]


def foreseen(contact: Contact, *, at: datetime) -> list[Foreseen]:
    """Return the outlook of each number of the contact at `at` (aware)."""
    policies = {policy.pk: policy for policy in RetentionPolicy.objects.all()}
    points = {point.pk: point for point in contact.points.filter(erased_at=None).select_related("line")}
    return [
        _foreseen(each, points[each.point_id], policies, at=at)
        for each in retention.outlook(contact, as_of=at)
        if each.point_id in points
    ]


def _foreseen(each: Outlook, point: ContactPoint, policies: dict[int, RetentionPolicy], *, at: datetime) -> Foreseen:
    is_due = isinstance(each.now, Due)
    if isinstance(each.now, Due):
        policy = policies[each.now.policy.id]
        due_since = gettext("Due since {moment}, under {policy}.")
        verdict: str = format_html(due_since, moment=timed(each.now.due_at), policy=policy)
    else:
        verdict = str(GROUNDS[each.now.ground])
    if each.going:
        night, due = each.going
        goes = gettext("As the facts stand now, it goes in the nightly job of {moment}, under {policy}.")
        going: str = format_html(goes, moment=timed(night), policy=policies[due.policy.id])
    else:
        going = gettext("As the facts stand now, it does not go within ten years.")
    periods = [
        Period(
            policies[due.policy.id],
            dict(TRIGGERS)[due.policy.trigger.value],
            dict(ACTIONS)[due.policy.action.value],
            due.counted_from,
            due.due_at,
            due.due_at <= at,
        )
        for due in each.periods
    ]
    return Foreseen(point.line.masked if point.line else "—", point, is_due, verdict, going, periods)


def holds(contact: Contact, *, at: datetime) -> list[LegalHold]:
    """Return the holds that protect the contact at `at` (aware): on it, on a number, or on a source of one."""
    standing = retention.standing_holds(as_of=at).filter(placed_at__lte=at)
    points = contact.points.filter(erased_at=None)
    sources = Provenance.objects.filter(point__in=points).values("source")
    on_it = Q(contact=contact) | Q(point__in=points) | Q(source__in=sources)
    return list(standing.filter(on_it).select_related("author", "source", "point__line"))
