"""May we call or text this number for this purpose, at a time, and why: the facts are read, the rules decide."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import CharField, Q
from django.db.models.functions import Cast

from consent.models import ConsentEvent, Purpose, Suppression
from consent.projection import state_of
from consent.rules.bases import LawfulBasis
from consent.rules.lines import Channel
from consent.rules.permission import (
    Decision,
    LineFacts,
    PointFacts,
    PurposeFacts,
    Reason,
    SourceFacts,
    SuppressionFacts,
    Verdict,
    decide,
    decide_at_any_hour,
)
from consent.rules.times import require_aware
from crm import phones
from crm.models import Contact, ContactPoint, PhoneNumber, Provenance, Source, all_fingerprints


def may_contact(
    number: str, *, purpose: Purpose, channel: Channel, at: datetime, known_at: datetime | None = None
) -> Decision:
    """Return whether `number` (E.164) may be contacted for the purpose over the channel at `at` (aware).

    known_at: answer as we would have answered then: what was recorded later is left out. Default: all we know.
    An erased line is denied for every time, also before: who was reachable there is known no more. The terms of
    purposes and sources are those of today. Raises NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    known_at = require_aware(known_at, name="known_at") if known_at else None
    lines = _lines_of([number])
    facts = _line_facts(lines, purpose=purpose, channel=channel, at=at, known_at=known_at)[number]
    held = next((line for line in lines[number] if line.number is not None), None)
    facts = replace(facts, zones=phones.time_zones(held.e164) if held else ())
    return decide(facts, purpose=facts_of(purpose), channel=channel, at=at)


def may_be_taken(
    point_ids: Collection[int], *, purpose: Purpose, channel: Channel, at: datetime
) -> dict[int, Decision]:
    """Return by id, for living contact points, whether what their persons agreed to lets them be contacted.

    For lists that are used later: the hour of the day is not asked. A list is of persons, so it counts what this
    person said, and what anybody said who stops the whole line; not what others at the same number agreed to. A
    point that is erased meanwhile is denied. The queries are as many for a thousand points as for one. Raises
    NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    numbers = dict(
        ContactPoint.objects.filter(pk__in=point_ids, erased_at=None, line__number__isnull=False)
        .annotate(e164=Cast("line__number", CharField()))
        .values_list("pk", "e164")
    )
    lines = _lines_of(set(numbers.values()))
    facts = _line_facts(lines, purpose=purpose, channel=channel, at=at, known_at=None)
    terms, decisions = facts_of(purpose), dict.fromkeys(point_ids, Decision(Verdict.DENY, Reason.ERASED))
    for pk, number in numbers.items():
        own = replace(facts[number], points=[point for point in facts[number].points if point.id == pk])
        decisions[pk] = decide_at_any_hour(own, purpose=terms, channel=channel, at=at)
    return decisions


def may_ask_by_text(line: PhoneNumber, *, asked_by_person: bool, at: datetime) -> Reason | None:
    """Return why nobody may text this line to ask for a yes at `at` (aware), or None where one may."""
    if line.number is None:
        return Reason.UNKNOWN_NUMBER
    stopped = line.suppressions.filter(extent="contact", purpose=None, channel__in=["", "sms"], lifted_at=None)
    return Reason.SUPPRESSED if stopped.exists() else None


def facts_of(purpose: Purpose) -> PurposeFacts:
    """Return what the rules need to know of a purpose."""
    return PurposeFacts(
        id=purpose.pk,
        basis=LawfulBasis(purpose.basis),
        channels=tuple(purpose.channels),
        lapses_after_months=purpose.lapses_after_months,
        necessary=purpose.necessary,
        active=purpose.active,
    )


def _lines_of(numbers: Iterable[str]) -> dict[str, list[PhoneNumber]]:
    """Return by number (E.164) the rows that there are of it, tombstones included, whatever key they were made with."""
    asked: dict[str, list[str]] = defaultdict(list)
    lines: dict[str, list[PhoneNumber]] = {}
    for number in numbers:
        lines[number] = []
        for key in all_fingerprints(number):
            asked[key].append(number)
    for line in PhoneNumber.objects.filter(number_key__in=list(asked)):
        for number in asked[line.number_key]:
            lines[number].append(line)
    return lines


def _line_facts(
    lines: Mapping[str, Sequence[PhoneNumber]],
    *,
    purpose: Purpose,
    channel: Channel,
    at: datetime,
    known_at: datetime | None,
) -> dict[str, LineFacts]:
    """Return the facts of each number but for its time zones; the queries do not grow with the numbers."""
    every = [line for found in lines.values() for line in found]
    learned = Q(recorded_at__lte=known_at) if known_at else Q()
    existed = Q(created_at__lte=known_at) if known_at else Q()
    suppressions: dict[int, list[SuppressionFacts]] = defaultdict(list)
    for suppression in Suppression.objects.filter(
        learned,
        # Lifted later than we speak of, or than we then knew of, it was in force.
        Q(lifted_at__isnull=True) | Q(lifted_at__gt=min(at, known_at or at)),
        line__in=every,
        extent=Suppression.Extent.CONTACT,
        since__lte=at,
    ):
        suppressions[suppression.line_id].append(SuppressionFacts(suppression.purpose_id, suppression.channel))
    there = ContactPoint.objects.filter(existed, line__in=every, erased_at=None, since__lte=at).order_by("pk")
    points = _point_facts(list(there), purpose, channel, at=at, known_at=known_at)
    return {number: _facts_of_line(found, suppressions, points, known_at=known_at) for number, found in lines.items()}


def _facts_of_line(
    lines: Sequence[PhoneNumber],
    suppressions: Mapping[int, Sequence[SuppressionFacts]],
    points: Mapping[int, Sequence[PointFacts]],
    *,
    known_at: datetime | None,
) -> LineFacts:
    if not lines:
        return LineFacts(known=False)
    line = next((each for each in lines if each.number is not None), lines[0])
    return LineFacts(
        known=line.number is not None and (known_at is None or line.created_at <= known_at),
        erased=any(each.erased_at for each in lines),
        line_type=line.line_type,
        suppressions=[fact for each in lines for fact in suppressions.get(each.pk, ())],
        points=[fact for each in lines for fact in points.get(each.pk, ())],
    )


def _point_facts(
    points: list[ContactPoint], purpose: Purpose, channel: Channel, *, at: datetime, known_at: datetime | None
) -> dict[int, list[PointFacts]]:
    """Return the facts of the points, by line."""
    learned = Q(recorded_at__lte=known_at) if known_at else Q()
    entries: dict[int, list[ConsentEvent]] = defaultdict(list)
    for entry in ConsentEvent.objects.filter(
        learned, point__in=points, purpose=purpose, channel=channel, occurred_at__lte=at
    ).select_related("source"):
        entries[entry.point_id].append(entry)
    provenances: dict[int, list[Provenance]] = defaultdict(list)
    obtained_by = min(at, known_at) if known_at else at
    for provenance in Provenance.objects.filter(point__in=points, obtained_at__lte=obtained_by).select_related(
        "source"
    ):
        provenances[provenance.point_id].append(provenance)
    permitting = set(purpose.permitted_sources.values_list("pk", flat=True))
    restricted = _restricted({point.contact_id for point in points if point.contact_id}, at=obtained_by)
    facts: dict[int, list[PointFacts]] = defaultdict(list)
    for point in points:
        state = state_of(entries[point.pk], purpose)
        grants = {entry.source_id: entry.source for entry in entries[point.pk] if entry.source}
        source = grants.get(state.source_id)
        facts[point.line_id or 0].append(
            PointFacts(
                id=point.pk,
                state=state,
                restricted=point.contact_id in restricted,
                # An end that we did not know of yet would have held nobody back.
                until=point.until if known_at is None or (point.until and point.until <= known_at) else None,
                sources=[_source_facts(each.source, permitting, each, at=at) for each in provenances[point.pk]],
                grant_source=_source_facts(source, permitting) if source else None,
            )
        )
    return facts


def _source_facts(
    source: Source, permitting: set[int], provenance: Provenance | None = None, *, at: datetime | None = None
) -> SourceFacts:
    told = True
    if source.is_third_party and provenance and at:
        sent = provenance.notice_sent_at
        told = bool(provenance.notice_exempt) or (sent is not None and sent <= at)
    return SourceFacts(
        id=source.pk,
        third_party=source.is_third_party,
        names_us=source.names_us,
        permits=source.pk in permitting,
        licence_ended_at=source.licence_ended_at,
        told=told,
    )


def _restricted(contact_ids: Iterable[int], *, at: datetime) -> set[int]:
    """Return which contacts were restricted at `at`: of several history rows of one instant the last counts."""
    latest: dict[int, str] = {}
    rows = Contact.history.filter(id__in=list(contact_ids), history_date__lte=at)
    for contact_id, status in rows.order_by("history_date", "history_id").values_list("id", "status"):
        latest[contact_id] = status
    return {contact_id for contact_id, status in latest.items() if status == Contact.Status.RESTRICTED}
