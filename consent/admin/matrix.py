"""What the contact page shows of consent: for each number, purpose and channel how it stands, and what may be done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent import permission
from consent.admin import words
from consent.models import CHANNELS, Consent, Purpose
from consent.rules.lines import Channel
from consent.rules.states import Status
from consent.rules.times import notice_due_at
from crm.models import Contact, ContactPoint, Provenance


@dataclass(frozen=True, slots=True)
class Cell:
    """One purpose over one channel at one number."""

    purpose: Purpose
    first: bool
    channel: Any
    basis: Any
    status: Any
    colour: str
    consent: Consent | None
    verdict: Any
    verdict_colour: str
    reason: Any
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Panel:
    """The cells of one number."""

    point: ContactPoint
    cells: list[Cell]


def matrix(contact: Contact, *, at: datetime) -> list[Panel]:
    """Return a panel for each number at which the contact is reachable at `at` (aware)."""
    points = contact.points.filter(erased_at=None, until=None).select_related("line")
    consents = {
        (consent.point_id, consent.purpose_id, consent.channel): consent
        for consent in Consent.objects.filter(point__in=points).select_related("notice__purpose", "source")
    }
    purposes = list(Purpose.objects.all())
    return [Panel(point, list(_cells(point, purposes, consents, at=at))) for point in points]


def _cells(
    point: ContactPoint, purposes: list[Purpose], consents: dict[tuple[int, int, str], Consent], *, at: datetime
) -> Iterator[Cell]:
    for purpose in purposes:
        first = True
        for channel, label in CHANNELS:
            consent = consents.get((point.pk, purpose.pk, channel))
            if consent is None and (not purpose.active or channel not in purpose.channels):
                continue
            status = Status(consent.status) if consent else Status.UNKNOWN
            number = point.line.e164 if point.line else ""
            decision = permission.may_contact(number, purpose=purpose, channel=Channel(channel), at=at)
            yield Cell(
                purpose=purpose,
                first=first,
                channel=label,
                basis=words.BASES[purpose.basis],
                status=words.STATUSES[status],
                colour=words.COLOURS[status],
                consent=consent,
                verdict=words.VERDICTS[decision.verdict],
                verdict_colour=words.VERDICT_COLOURS[decision.verdict],
                reason=words.REASONS[decision.reason],
                until=decision.until,
            )
            first = False


@dataclass(frozen=True, slots=True)
class Trace:
    """One source behind one number. `notice_due` is None where GDPR 14 asks for no notice any more, or never did."""

    provenance: Provenance
    notice_due: datetime | None
    overdue: bool


def traces(contact: Contact, *, at: datetime) -> list[Trace]:
    """Return what stands behind the contact's numbers, the oldest first."""
    found = []
    rows = Provenance.objects.filter(point__contact=contact, point__erased_at=None)
    for each in rows.select_related("point__line", "source", "batch"):
        open_duty = each.source.is_third_party and not each.notice_sent_at and not each.notice_exempt
        due = notice_due_at(each.obtained_at) if open_duty else None
        found.append(Trace(each, due, bool(due and due < at)))
    return found
