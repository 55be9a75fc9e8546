"""Merging two contacts that are one person: the strictest no of either holds, and no yes is copied.

Where both are reachable at one line, one contact point of it stays. It is the one with more that permits, so that as
little as can be is lost; and whatever either of them had refused or taken back at the line is recorded on it, as an
entry of its own, when they are merged. So a yes of one never outlives a no of the other, and the ledger says why.
What is restricted stays so, and holds, requests and disclosures are the survivor's from then on.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from consent import ledger
from consent.models import (
    Challenge,
    Consent,
    Disclosure,
    LegalHold,
    Method,
    PreferenceToken,
    Purpose,
    SubjectRequest,
)
from consent.retention.purging import lock_holds
from consent.rules.lines import Channel
from consent.rules.states import Act, Status
from consent.rules.times import require_aware
from crm import merging
from crm.merging import Locked, NotMergeable
from crm.models import Actor, Contact, ContactPoint, ContactTag, Origin, attributed_to

__all__ = ["NotMergeable", "Plan", "merge", "plan"]

# Every no of a person or of ours, the strongest first; what lapsed or never counted is none.
_NOES = {Status.WITHDRAWN: Act.WITHDRAWN, Status.REVOKED: Act.REVOKED, Status.REFUSED: Act.REFUSED}
_TRIES = 5


class No(NamedTuple):
    """A no that is carried over: to which point, of what, and from which point."""

    point: ContactPoint
    purpose: Purpose
    channel: Channel
    act: Act
    from_point_id: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge does, in numbers and names of fields; kept: by the id of a point that ends, that of its like.

    lost: permissions that end with a point at which the survivor has another. restricts: whether the survivor comes to
    be restricted by it.
    """

    kept: Mapping[int, int]
    noes: Sequence[No] = field(repr=False)
    points: int
    lost: int
    fields: Sequence[str]
    tags: int
    requests: int
    disclosures: int
    holds: int
    restricts: bool


def plan(survivor: Contact, other: Contact, *, take: Collection[str] = ()) -> Plan:
    """Return what merging `other` into `survivor` would do just now; take: as for `merge`."""
    return _plan(merging.look(survivor, other), take)


def merge(
    survivor: Contact, other: Contact, *, take: Collection[str] = (), actor: Actor, at: datetime, reason: str
) -> Plan:
    """Merge `other` into `survivor` at `at` (aware), for good, and return what was done.

    take: the fields of the profile in which the other's value takes the place of the survivor's; what the survivor
    lacks is filled in any case. Raises NotMergeable for one that was erased or merged, and for the same contact twice;
    NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    for attempt in count(1):
        try:
            return _merge(survivor.pk, other.pk, take, actor=actor, at=at, reason=reason)
        except merging.Outrun:
            if attempt == _TRIES:
                raise
    raise AssertionError("the loop returns or raises")


def _merge(survivor_id: int, other_id: int, take: Collection[str], *, actor: Actor, at: datetime, reason: str) -> Plan:
    with transaction.atomic():
        # Holds move, and nobody who is being erased is merged.
        lock_holds(alone=True)
        locked = merging.lock(survivor_id, other_id)
        found = _plan(locked, take)
        origin = Origin(actor, at, _reason(reason, locked), channel="merge")
        for no in found.noes:
            ledger.record(
                point=no.point,
                purpose=no.purpose,
                channel=no.channel,
                act=no.act,
                occurred_at=at,
                method=Method.STAFF,
                actor=actor,
                evidence=ledger.Proof(
                    message=f"{no.act} at contact point {no.from_point_id}; contact {other_id} was merged into "
                    f"{survivor_id}"
                ),
            )
        _let_links_lead_on(found.kept, at=at)
        with attributed_to(origin):
            _move_what_they_ask(locked, actor=actor, at=at)
        merging.move(locked, take=take, kept=found.kept, origin=origin)
    return found


def _reason(reason: str, locked: Locked) -> str:
    """Return what the history says: why, and which two."""
    return f"{reason} (contact {locked.other.pk} merged into {locked.survivor.pk})"


def _plan(locked: Locked, take: Collection[str]) -> Plan:
    survivor, other = locked.survivor, locked.other
    consents: dict[int, list[Consent]] = defaultdict(list)
    rows = Consent.objects.filter(point__in=[point.pk for point in locked.points]).select_related("purpose")
    for consent in rows.order_by("pk"):
        consents[consent.point_id].append(consent)
    permitting = {pk: sum(Status(each.status).permits for each in of_point) for pk, of_point in consents.items()}
    kept = {}
    for own, theirs in locked.same():
        stays, ends = (own, theirs) if permitting.get(own.pk, 0) >= permitting.get(theirs.pk, 0) else (theirs, own)
        kept[ends.pk] = stays.pk
    return Plan(
        kept=kept,
        noes=_noes(locked, consents, kept),
        points=sum(point.contact_id == other.pk for point in locked.points),
        lost=sum(permitting.get(pk, 0) for pk in kept),
        fields=list(merging.filled(survivor, other, take=take)),
        tags=ContactTag.objects.filter(contact=other).exclude(tag__contacts__contact=survivor).count(),
        requests=SubjectRequest.objects.filter(contact=other).count(),
        disclosures=Disclosure.objects.filter(contact=other).count(),
        holds=LegalHold.objects.filter(contact=other).count(),
        restricts=other.status == Contact.Status.RESTRICTED and survivor.status != Contact.Status.RESTRICTED,
    )


def _noes(locked: Locked, consents: Mapping[int, Sequence[Consent]], kept: Mapping[int, int]) -> list[No]:
    """Return every no of one contact at a line that the other's point there does not say yet."""
    at_line: dict[int | None, list[ContactPoint]] = defaultdict(list)
    for point in locked.points:
        at_line[point.line_id].append(point)
    found = []
    for point in locked.points:
        if point.until is not None or point.pk in kept:
            continue
        says_no = {(each.purpose_id, each.channel) for each in consents.get(point.pk, ()) if each.status in _NOES}
        theirs = [
            consent
            for each in at_line[point.line_id]
            if each.contact_id != point.contact_id
            for consent in consents.get(each.pk, ())
            if consent.status in _NOES
        ]
        for consent in sorted(theirs, key=lambda each: list(_NOES).index(Status(each.status))):
            of = (consent.purpose_id, consent.channel)
            if of not in says_no:
                says_no.add(of)
                act = _NOES[Status(consent.status)]
                found.append(No(point, consent.purpose, Channel(consent.channel), act, consent.point_id))
    return found


def _let_links_lead_on(kept: Mapping[int, int], *, at: datetime) -> None:
    """Let a person's links lead to the point that stays; what is asked through one that ends is asked no more."""
    for ends, stays in kept.items():
        PreferenceToken.objects.filter(point=ends).update(point=stays)
    Challenge.objects.filter(point__in=kept, closed_at=None).update(
        closed_at=Greatest(F("created_at"), Value(at)), outcome=Challenge.Outcome.ENDED
    )


def _move_what_they_ask(locked: Locked, *, actor: Actor, at: datetime) -> None:
    """Give requests, disclosures and holds to the survivor; asked of us twice, it is one request, the earlier one."""
    survivor, other = locked.survivor, locked.other
    own = {each.kind: each for each in SubjectRequest.objects.filter(contact=survivor, state=SubjectRequest.State.OPEN)}
    for request in SubjectRequest.objects.filter(contact=other).order_by("pk"):
        same = own.get(request.kind) if request.state == SubjectRequest.State.OPEN else None
        if same:
            later, earlier = sorted((same, request), key=lambda each: each.received_at, reverse=True)
            later.state, later.closed_at, later.closed_by_id = SubjectRequest.State.DONE, at, actor.user_id
            later.answer = f"The same as request {earlier.pk}: two contacts were merged."
            later.save()
        request.contact = survivor
        request.save()
    Disclosure.objects.filter(contact=other).update(contact=survivor)
    for hold in LegalHold.objects.filter(contact=other).order_by("pk"):
        hold.contact = survivor
        hold.save(update_fields=["contact"])
