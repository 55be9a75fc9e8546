"""Taking consent back, for a number: every consent in scope at once, and a suppression on the line.

It works whether we hold the number or not, as often as it is asked, and whatever today's validity rules say.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from consent import ledger, suppression
from consent.models import Challenge, Consent, Method, Purpose
from consent.projection import Key, entries_at
from consent.rules.lines import Channel
from consent.rules.states import Act, Entry, Status, fold
from consent.rules.times import require_aware
from crm import bulk
from crm.models import Actor, ImportBatch, PhoneNumber, Source

# What a withdrawal ends: everything that permits, or waits for a yes that would permit.
OPEN = frozenset({Status.GIVEN, Status.RENEWED, Status.REQUESTED, Status.DEFERRED})


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did: the line, its new entries, the suppression; `held` says whether we hold the number."""

    line_id: int
    held: bool
    entries: tuple[int, ...]
    suppression_id: int


def withdraw(
    e164: str,
    *,
    at: datetime,
    reason: str,
    method: Method,
    actor: Actor,
    purpose: Purpose | None = None,
    channel: Channel | None = None,
    evidence: ledger.Proof | None = None,
) -> Withdrawn:
    """Withdraw at `at` (aware) what everyone reachable at the line has given, for a purpose and channel or for all.

    The line is suppressed in the same scope, so that another person's consent does not reach who said stop. reason:
    a stable code or a few words; suppression.OBJECTION outranks every lawful basis (GDPR 21(3)).
    Done twice, it says the same and adds no entry. Raises Refused for a future date, or NaiveTimestamp.
    """
    with transaction.atomic():
        return withdraw_line(
            suppression.line_for(e164),
            at=at,
            reason=reason,
            method=method,
            actor=actor,
            purpose=purpose,
            channel=channel,
            evidence=evidence,
        )


def withdraw_line(
    line: PhoneNumber,
    *,
    at: datetime,
    reason: str,
    method: Method,
    actor: Actor,
    purpose: Purpose | None = None,
    channel: Channel | None = None,
    evidence: ledger.Proof | None = None,
) -> Withdrawn:
    """Do the same as `withdraw` for a line, whether its number is held, was erased or was never known.

    Of a line of the past it is the one that speaks for the number now.
    """
    at = require_aware(at, name="at")
    if at > timezone.now():
        raise ledger.Refused("a withdrawal cannot have occurred in the future")
    with transaction.atomic():
        line = PhoneNumber.objects.locked_in_force(line.pk)
        consents = Consent.objects.filter(point__line=line, point__erased_at=None)
        consents = consents.select_related("point", "purpose").order_by("pk")
        if purpose:
            consents = consents.filter(purpose=purpose)
        if channel:
            consents = consents.filter(channel=channel)
        known = entries_at({consent.point_id for consent in consents})
        entries = [
            ledger.record(
                point=consent.point,
                purpose=consent.purpose,
                channel=Channel(consent.channel),
                act=Act.WITHDRAWN,
                occurred_at=at,
                method=method,
                actor=actor,
                evidence=evidence,
            )
            for consent in consents
            if _was_open(consent, known, at=at)
        ]
        if purpose is None and channel in (None, Channel.SMS):
            end_challenges([line.pk], at=at)
        no = suppression.suppress(line, purpose=purpose, channel=channel, since=at, reason=reason[:60], actor=actor)
    return Withdrawn(line.pk, line.number is not None, tuple(entry.pk for entry in entries), no.pk)


def end_challenges(line_ids: Collection[int], *, at: datetime) -> None:
    """Close at `at` (aware) what is asked through these lines right now: a withdrawal is the answer to it."""
    Challenge.objects.filter(bulk.one_of("point__line", line_ids, text=False), closed_at=None).update(
        closed_at=Greatest(F("created_at"), Value(at)), outcome=Challenge.Outcome.ENDED
    )


def end_all(
    since: Mapping[tuple[int, str], datetime],
    *,
    method: Method,
    actor: Actor,
    source: Source | None,
    batch: ImportBatch | None,
    purpose: Purpose | None = None,
    evidence: ledger.Proof | None = None,
) -> None:
    """Withdraw what everyone at these lines had given: since (aware), by line id and channel ("" for all).

    purpose: only for this one. Must be called under the locks of the lines, which the caller also suppresses.
    """
    if not since:
        return
    lines = {line_id for line_id, _channel in since}
    consents = Consent.objects.filter(
        bulk.one_of("point__line", lines, text=False), point__erased_at=None, status__in=OPEN
    )
    consents = consents.select_related("point", "purpose").order_by("pk")
    if purpose:
        consents = consents.filter(purpose=purpose)
    known = entries_at({consent.point_id for consent in consents})
    said = []
    for consent in consents:
        line_id = consent.point.line_id or 0
        times = sorted(since[key] for key in ((line_id, ""), (line_id, consent.channel)) if key in since)
        # A no to everything, of last year, does not say less than one to calls, of today.
        at = next((at for at in times if _was_open(consent, known, at=at)), None)
        if at:
            channel = Channel(consent.channel)
            said.append(
                ledger.Said(consent.point_id, consent.purpose, channel, Act.WITHDRAWN, at, method, evidence=evidence)
            )
    if said:
        ledger.append(said, actor=actor, source=source, batch=batch)


def _was_open(consent: Consent, known: Mapping[Key, Collection[Entry]], *, at: datetime) -> bool:
    """Whether there was something to withdraw at `at`: what was given or ended later says nothing about that."""
    entries = known.get(Key(consent.point_id, consent.purpose_id, consent.channel), ())
    state = fold(
        (entry for entry in entries if entry.occurred_at <= at), needs_confirmation=consent.purpose.needs_confirmation
    )
    return state.status in OPEN
