"""May we call or text this number for this purpose, at a time, and why: the facts are read, the rules decide."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from django.db.models import CharField, Q
from django.db.models.functions import Cast

from consent import facts
from consent.models import Purpose, Suppression
from consent.rules.facts import LineFacts
from consent.rules.lines import Channel
from consent.rules.opting_in import refusal_to_ask
from consent.rules.permission import Decision, Reason, Verdict, decide, decide_at_any_hour
from consent.rules.times import require_aware
from crm.models import ContactPoint, PhoneNumber


def may_contact(
    number: str, *, purpose: Purpose, channel: Channel, at: datetime, known_at: datetime | None = None
) -> Decision:
    """Return whether `number` (E.164) may be contacted for the purpose over the channel at `at` (aware).

    known_at: answer as we would have answered then: what was recorded later is left out. Default: all we know. That
    a line was given to somebody else has one date, and counts from then. An erased line is denied for every time,
    also before: who was reachable there is known no more. The terms of purposes and sources are those of today.
    Three queries at most. Raises NaiveTimestamp.
    """
    return may_contact_all([number], facts.question(purpose, channel, at=at, known_at=known_at))[number]


def may_contact_all(numbers: Collection[str], asked: facts.Question) -> dict[str, Decision]:
    """Return the same for many numbers (E.164), by number; the queries are as many as for one."""
    found = facts.of_numbers(numbers, asked)
    return {
        number: decide(line, purpose=asked.purpose, channel=asked.channel, at=asked.at)
        for number, line in found.items()
    }


def may_be_taken(
    point_ids: Collection[int], *, purpose: Purpose, channel: Channel, at: datetime
) -> dict[int, Decision]:
    """Return by id, for living contact points, whether what their persons agreed to lets them be contacted.

    For lists that are used later: the hour of the day is not asked. A list is of persons, so it counts what this
    person said, and what anybody said who stops the whole line; not what others at the same number agreed to. A
    point that is erased meanwhile is denied. The queries are as many for a thousand points as for one. Raises
    NaiveTimestamp.
    """
    asked = facts.question(purpose, channel, at=at)
    numbers = dict(
        ContactPoint.objects.filter(pk__in=point_ids, erased_at=None, line__number__isnull=False)
        .annotate(e164=Cast("line__number", CharField()))
        .values_list("pk", "e164")
    )
    lines = facts.of_numbers(set(numbers.values()), asked)
    decisions = dict.fromkeys(point_ids, Decision(Verdict.DENY, Reason.ERASED))
    for pk, number in numbers.items():
        own = replace(lines[number], points=[point for point in lines[number].points if point.id == pk])
        decisions[pk] = decide_at_any_hour(own, purpose=asked.purpose, channel=channel, at=asked.at)
    return decisions


def may_ask_by_text(line: PhoneNumber, *, asked_by_person: bool, at: datetime) -> Reason | None:
    """Return why a text that asks for consent may not go to the line at `at` (aware), or None where it may.

    asked_by_person: the person has just given us the number themselves, and not a third party. One query. Raises
    NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    standing = Suppression.objects.filter(
        Q(lifted_at__isnull=True) | Q(lifted_at__gt=at),
        line=line,
        extent=Suppression.Extent.CONTACT,
        since__lte=at,
        purpose=None,
    )
    said = [facts.suppression_facts(*row) for row in standing.values_list("purpose", "channel", "reason")]
    known = line.number is not None
    return refusal_to_ask(
        LineFacts(known, line.erased_at is not None, line.region, line.line_type, suppressions=said),
        asked_by_person=asked_by_person,
    )
