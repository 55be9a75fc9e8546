"""Access records: the only insert of one. What is handed over is written down before, or it is not handed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from consent.models import AccessRecord, Disclosure, Purpose
from consent.rules.times import require_aware
from crm import bulk, phones
from crm.models import Actor, PhoneNumber

# How many disclosures are written at once; of a file of everybody they are as many as there are people.
CHUNK = 5000
# How many full numbers somebody has looked at is counted over this long.
LATELY = timedelta(hours=1)


class NoReason(ValueError):
    """Nobody takes people's data out without saying why."""


class NumberInReason(ValueError):
    """The reason holds a phone number; access records stay for good, and no erasure reaches them."""


class NoRecipient(ValueError):
    """A disclosure is to somebody."""


class NumberInRecipient(ValueError):
    """The recipient's name holds a phone number, and disclosures name it for good."""


class TooManyReveals(Exception):
    """The account has looked at as many full numbers of late as one may."""


class NumberGone(Exception):
    """The line's number was erased: there is nothing to look at."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """A number that somebody may look at now, on record; `of_late`: how many that makes within the last hour."""

    record: AccessRecord
    number: str = field(repr=False)
    of_late: int


@dataclass(frozen=True, slots=True)
class Handover:
    """To whom a file goes, for which purpose of ours, and the ids of the contacts that are in it."""

    recipient: str
    purpose: Purpose | None
    contact_ids: Sequence[int]


def check_recipient(recipient: str) -> str:
    """Return the name of a recipient as it is kept. Raises NoRecipient, NumberInRecipient."""
    if not (recipient := recipient.strip()):
        raise NoRecipient
    if phones.mentions_number(recipient):
        raise NumberInRecipient
    return recipient


def check_reason(reason: str) -> str:
    """Return a reason as it is kept. Raises NoReason, NumberInReason."""
    if not (reason := reason.strip()):
        raise NoReason
    if phones.mentions_number(reason):
        raise NumberInReason
    return reason


def record(
    *,
    kind: AccessRecord.Kind,
    actor: Actor,
    at: datetime,
    reason: str,
    masked: bool,
    contacts: int,
    points: int,
    format: str = "",
    scope: Mapping[str, Any],
    left_out: Mapping[str, int],
    handover: Handover | None = None,
) -> AccessRecord:
    """Write down an access that `actor` is granted at `at` (aware), and return the record once it is committed.

    scope, left_out: see AccessRecord. handover: who gets it, if not the office: a disclosure is written for each
    contact, with the record or not at all (GDPR 15(1)(c)). Raises NoReason, NumberInReason, NoRecipient,
    NumberInRecipient, NaiveTimestamp; RuntimeError within another transaction, which could take the record back after
    the data is gone.
    """
    at, reason = require_aware(at, name="at"), check_reason(reason)
    recipient = check_recipient(handover.recipient) if handover else ""
    with transaction.atomic(durable=True):
        made = AccessRecord.objects.create(
            kind=kind,
            at=at,
            actor_name=actor.name,
            actor_user_id=actor.user_id,
            reason=reason,
            format=format,
            masked=masked,
            contacts=contacts,
            points=points,
            scope=dict(scope),
            left_out=dict(left_out),
        )
        if handover:
            _disclose(handover, recipient, made)
    return made


def reveal(line_id: int, *, contact_ids: Sequence[int], user: User, at: datetime, reason: str) -> Revealed:
    """Write down that `user` looks at a line's full number at `at` (aware), and return it once that is committed.

    contact_ids: the contacts whose number it is. Raises NoReason, NumberInReason, TooManyReveals, NumberGone,
    NaiveTimestamp; RuntimeError within another transaction, which could take the record back after the number is seen.
    """
    at, reason = require_aware(at, name="at"), check_reason(reason)
    with transaction.atomic(durable=True):
        # Whoever sends many requests at once waits here for each, and is counted.
        User.objects.select_for_update().get(pk=user.pk)
        before = reveals(since=at - LATELY).filter(actor_user=user).count()
        if before >= settings.REVEALS_PER_HOUR:
            raise TooManyReveals
        line = PhoneNumber.objects.get(pk=line_id)
        if not line.e164:
            raise NumberGone
        made = AccessRecord.objects.create(
            kind=AccessRecord.Kind.REVEAL,
            at=at,
            actor_name=Actor.staff(user).name,
            actor_user=user,
            reason=reason,
            masked=False,
            contacts=len(contact_ids),
            points=1,
            scope={"lines": [line_id], "contacts": list(contact_ids)},
        )
    return Revealed(made, line.e164, before + 1)


def reveals(*, since: datetime) -> QuerySet[AccessRecord]:
    """Return the looks at full numbers after `since` (aware)."""
    return AccessRecord.objects.filter(kind=AccessRecord.Kind.REVEAL, at__gt=since)


def _disclose(handover: Handover, recipient: str, made: AccessRecord) -> None:
    purpose_id = handover.purpose and handover.purpose.pk
    of_all = (recipient, purpose_id, made.at, "", made.actor_name, made.actor_user_id, made.pk)
    columns = ("contact_id", "recipient", "purpose_id", "at", "note", "actor_name", "actor_user_id", "access_record_id")
    for start in range(0, len(handover.contact_ids), CHUNK):
        ids = handover.contact_ids[start : start + CHUNK]
        bulk.insert(Disclosure, columns, [(pk, *of_all) for pk in ids])
