"""What a contact's pages show of consent: for each number, purpose and channel how it stands, and what may be done."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent import facts, permission
from consent.admin import words
from consent.models import CHANNELS, Consent, ConsentEvent, Notice, Purpose
from consent.rules.lines import Channel
from consent.rules.permission import Decision
from consent.rules.states import Status
from consent.rules.times import notice_due_at
from crm.models import Contact, ContactPoint, Provenance

# A decision by contact point, purpose and channel.
Decisions = Mapping[tuple[int, int, str], Decision]


@dataclass(frozen=True, slots=True)
class Behind:
    """An entry of the ledger that a decision rests on."""

    pk: int
    act: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class Cell:
    """One purpose over one channel at one number.

    asks: the wording that a new consent would be to, where there is one. behind: the entries that the decision rests
    on, the oldest first.
    """

    purpose: Purpose
    first: bool
    code: str
    channel: Any
    basis: Any
    status: Any
    colour: str
    consent: Consent | None
    verdict: Any
    verdict_colour: str
    reason: Any
    until: datetime | None
    behind: Sequence[Behind]
    asks: int | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """The cells of one number."""

    point: ContactPoint
    cells: list[Cell]


def matrix(contact: Contact, *, at: datetime, known_at: datetime | None = None, past: bool = False) -> list[Panel]:
    """Return a panel for each number at which the contact is reachable, with what may be done there at `at` (aware).

    known_at: as it was known then; by default all that is known. past: also numbers that have ended since, but none
    that came later. As many queries for a hundred numbers as for one.
    """
    points = contact.points.filter(erased_at=None).select_related("line").order_by("-is_primary", "pk")
    points = points.filter(since__lte=at) if past else points.filter(until=None)
    held = [point for point in points if not (past and point.until and point.until <= at)]
    standing = Consent.objects.filter(point__in=held).select_related(
        "notice__purpose", "source", "last_entry__actor_user"
    )
    consents = {(each.point_id, each.purpose_id, each.channel): each for each in standing}
    purposes = list(Purpose.objects.all())
    shown = {(each.purpose_id, each.channel) for each in standing}
    shown |= {(purpose.pk, channel) for purpose in purposes if purpose.active for channel in purpose.channels}
    decisions = _decided(held, purposes, shown, at=at, known_at=known_at)
    latest, behind = _latest_wording(purposes), _behind(decisions)
    return [Panel(point, _cells(point, purposes, consents, decisions, latest, behind)) for point in held]


def _decided(
    points: Sequence[ContactPoint],
    purposes: Sequence[Purpose],
    shown: Collection[tuple[int, str]],
    *,
    at: datetime,
    known_at: datetime | None,
) -> Decisions:
    """Return what may be done at these points' numbers for those purposes and channels: three queries for each."""
    numbers = {point.pk: point.line.e164 if point.line else "" for point in points}
    found: dict[tuple[int, int, str], Decision] = {}
    for purpose, channel in ((purpose, channel) for purpose in purposes for channel in Channel):
        if not points or (purpose.pk, channel.value) not in shown:
            continue
        asked = facts.question(purpose, channel, at=at, known_at=known_at)
        by_number = permission.may_contact_all(set(numbers.values()), asked)
        found |= {(pk, purpose.pk, channel.value): by_number[number] for pk, number in numbers.items()}
    return found


def _latest_wording(purposes: Sequence[Purpose]) -> dict[int, int]:
    """Return the published notice that is asked now, by purpose: of several languages one."""
    published = Notice.objects.filter(published_at__isnull=False, purpose__in=purposes, purpose__active=True)
    return dict(published.order_by("version", "pk").values_list("purpose", "pk"))


def _behind(decisions: Decisions) -> dict[int, Behind]:
    """Return the ledger entries that the decisions rest on, by id."""
    ids = {pk for decision in decisions.values() for pk in decision.entries}
    rows = ConsentEvent.objects.filter(pk__in=ids).values_list("pk", "act", "occurred_at")
    return {pk: Behind(pk, words.ACTS[act], at) for pk, act, at in rows}


def _cells(
    point: ContactPoint,
    purposes: Sequence[Purpose],
    consents: Mapping[tuple[int, int, str], Consent],
    decisions: Decisions,
    latest: Mapping[int, int],
    behind: Mapping[int, Behind],
) -> list[Cell]:
    cells: list[Cell] = []
    for purpose in purposes:
        for code, label in CHANNELS:
            consent = consents.get((point.pk, purpose.pk, code))
            covered = code in purpose.channels
            if consent is None and (not purpose.active or not covered):
                continue
            status = Status(consent.status) if consent else Status.UNKNOWN
            decision = decisions[point.pk, purpose.pk, code]
            cells.append(
                Cell(
                    purpose=purpose,
                    first=not cells or cells[-1].purpose != purpose,
                    code=code,
                    channel=label,
                    basis=words.BASES[purpose.basis],
                    status=words.STATUSES[status],
                    colour=words.COLOURS[status],
                    consent=consent,
                    verdict=words.VERDICTS[decision.verdict],
                    verdict_colour=words.VERDICT_COLOURS[decision.verdict],
                    reason=words.REASONS[decision.reason],
                    until=decision.until,
                    behind=[behind[pk] for pk in decision.entries if pk in behind],
                    asks=latest.get(purpose.pk) if covered else None,
                )
            )
    return cells


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
