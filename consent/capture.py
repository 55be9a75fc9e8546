"""Capture: what a person agrees to at a collection point, from the form, the app, the text, the till or the partner.

The conditions of consent hold by construction (GDPR 4(11), 7): only what the place asks for can be given, only with
the published words that were shown, and only what is said counts; who says nothing, or no, has given nothing, and then
nothing is stored. Whoever types a number learns nothing of whether we know it. What a person agrees to anew is also
the only way back for a number that was erased: as a new record, which an entry of the ledger opens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from consent import journal, ledger, optin, suppression, tokens
from consent.models import CollectionPoint, Method, Notice, OutgoingMessage, Purpose
from consent.places import asked_by_text
from consent.rules.bases import LawfulBasis
from consent.rules.lines import Channel
from consent.rules.states import Act
from consent.rules.times import require_aware
from crm import intake
from crm.intake import Number, Rejected, Row
from crm.models import PERSON, Actor, ContactPoint, Outcome
from crm.rows import read


@dataclass(frozen=True, slots=True)
class Choice:
    """One box as a person left it: a purpose over a channel, in the words that were shown."""

    purpose: Purpose
    channel: Channel
    notice: Notice
    given: bool


@dataclass(frozen=True, slots=True)
class Captured:
    """What came of it. `pending` and `token` say the same of every number, whether it was stored or not.

    stored: whether anything was; that is for us, and never for whoever typed the number. pending: whether a code has
    to be entered on the page of `token`. message_ids: what is to be sent.
    """

    pending: bool
    token: str = field(repr=False)
    stored: bool = False
    point_id: int | None = None
    entries: tuple[int, ...] = ()
    message_ids: tuple[int, ...] = ()


class NotAsked(ValueError):
    """The collection point does not ask for this, or not in these words.

    `choice` is what was offered, `part` which part of it is wrong ("purpose", "channel", "notice" or "language"), and
    `fault` why.
    """

    def __init__(self, choice: Choice, part: str, fault: str) -> None:
        super().__init__(fault)
        self.choice, self.part, self.fault = choice, part, fault


class NoAge(ValueError):
    """The collection point asks whether people are old enough to agree, and nobody said so (GDPR 8)."""


def capture(
    *,
    place: CollectionPoint,
    number: str,
    region: str,
    choices: Sequence[Choice],
    language: str,
    at: datetime,
    actor: Actor,
    evidence: ledger.Proof,
    profile: Mapping[str, str] | None = None,
    occurred_at: datetime | None = None,
    age_confirmed: bool = False,
) -> Captured:
    """Record at `at` (aware) what a person has chosen at a collection point, and ask through the number where it must.

    number: as the person wrote it, read as of `region` where it has no country code. occurred_at: when it was said,
    where that was before. Raises Rejected (column "phone" or of the profile), NotAsked, NoAge, ledger.Refused for a
    time in the future, NaiveTimestamp, journal.DatabaseBehind; then nothing was written.
    """
    journal.require_current()
    at = require_aware(at, name="at")
    occurred_at = require_aware(occurred_at, name="occurred_at") if occurred_at else at
    if occurred_at > at:
        raise ledger.Refused("what was agreed to cannot have been agreed to in the future")
    purposes = set(place.purposes.values_list("pk", flat=True))
    for choice in choices:
        _require_asked(choice, place, purposes, language)
    given = [choice for choice in choices if choice.given]
    row = Row(profile=profile or {}, numbers=[Number(number)], collected_at=occurred_at)
    # A number that is none is refused also where nothing was agreed to.
    read(row, region=region or place.source.default_region)
    pending = any(choice.purpose.needs_confirmation for choice in given)
    nothing = Captured(pending, tokens.new())
    if not given:
        return nothing
    if place.asks_age and not age_confirmed:
        raise NoAge("nobody said that the person is old enough")
    try:
        with transaction.atomic():
            stored = _store(row, place, actor=actor, at=at, region=region)
            if stored is None:
                return nothing
            point, method = stored.point, Method(place.kind)
            said = [
                ledger.Said(point.pk, c.purpose, c.channel, Act.GIVEN, occurred_at, method, c.notice.pk, evidence)
                for c in given
            ]
            entries = ledger.append(said, actor=actor, source=place.source, batch=None)
            suppression.lift_holds(stored.reopened, entry_id=entries[0], at=at)
            unconfirmed = [pk for pk, c in zip(entries, given, strict=True) if c.purpose.needs_confirmation]
            if not unconfirmed:
                return Captured(pending, nothing.token, True, point.pk, tuple(entries))
            asked = optin.ask(point=point, entries=unconfirmed, place=place, language=language, at=at)
            if stored.reopened and len(unconfirmed) == len(entries) and not asked.message_ids:
                raise _NobodyAsked
    except _NobodyAsked:
        return nothing
    return Captured(pending, asked.token, True, point.pk, tuple(entries), asked.message_ids)


def join(
    *, place: CollectionPoint, number: str, language: str, at: datetime, occurred_at: datetime, evidence: ledger.Proof
) -> tuple[int, ...]:
    """Answer somebody who texted a place's keyword: note what is asked, and ask in its words for a YES.

    number: E.164. Returns the messages to be sent: none where there is nothing to ask for, or nobody may be asked.
    Raises journal.DatabaseBehind.
    """
    journal.require_current()
    wanted = asked_by_text(place, language=language)
    if not wanted:
        return ()
    row = Row(profile={}, numbers=[Number(number)], collected_at=occurred_at)
    try:
        with transaction.atomic():
            stored = _store(row, place, actor=PERSON, at=at)
            if stored is None:
                return ()
            pk, sms = stored.point.pk, Channel.SMS
            said = [
                ledger.Said(pk, each.purpose, sms, Act.REQUESTED, occurred_at, Method.SMS, each.notice.pk, evidence)
                for each in wanted
            ]
            entries = ledger.append(said, actor=PERSON, source=place.source, batch=None)
            suppression.lift_holds(stored.reopened, entry_id=entries[0], at=at)
            kind = OutgoingMessage.Kind.WORDING
            asked = optin.ask(point=stored.point, entries=entries, place=place, language=language, at=at, kind=kind)
            if stored.reopened and not asked.message_ids:
                raise _NobodyAsked
    except _NobodyAsked:
        return ()
    return asked.message_ids


class _NobodyAsked(Exception):
    """A number would come back for the sake of a question that nobody may be asked: it does not come back."""


class _Stored(NamedTuple):
    """The person's point, and the ids of the lines of the past in whose place its line has come."""

    point: ContactPoint
    reopened: tuple[int, ...]


def _require_asked(choice: Choice, place: CollectionPoint, purposes: set[int], language: str) -> None:
    purpose, notice = choice.purpose, choice.notice
    if purpose.pk not in purposes or not purpose.active:
        raise NotAsked(choice, "purpose", "the collection point does not ask for this purpose")
    if purpose.basis != LawfulBasis.CONSENT:
        raise NotAsked(choice, "purpose", "this purpose does not rest on consent, and is not asked for")
    if choice.channel not in purpose.channels:
        raise NotAsked(choice, "channel", "the purpose does not cover this channel")
    if notice.purpose_id != purpose.pk or notice.published_at is None:
        raise NotAsked(choice, "notice", "this is no published wording of the purpose")
    if language not in place.languages or notice.language != language:
        raise NotAsked(choice, "language", "the wording is not in the language in which it was asked")


def _store(row: Row, place: CollectionPoint, *, actor: Actor, at: datetime, region: str = "") -> _Stored | None:
    """Store the person, under the lock of the line, and return the point; None where we may not hold, or not use, it.

    A number that was erased comes back by what its owner gives us, and not by what a third party says of them. Raises
    Rejected for what whoever typed it can mend.
    """
    reason, own = f"collection point {place.pk}", not place.source.is_third_party
    try:
        stored = intake.store(row, source=place.source, actor=actor, at=at, reason=reason, region=region, own_grant=own)
    except Rejected as rejected:
        # That somebody's data is restricted is not for whoever typed a number to know.
        if any(fault.column != "contact" for fault in rejected.faults):
            raise
        return None
    if stored.outcome is Outcome.SUPPRESSED:
        return None
    point = ContactPoint.objects.select_related("line").get(pk=stored.point_ids[0])
    if stored.reopened and point.line:
        suppression.move(stored.reopened, point.line)
    return _Stored(point, stored.reopened)
