"""Exporting: people are written to a file, and who took them is on record before anybody has it.

An export for a purpose takes only the numbers whose owners may be contacted for it. One without a purpose is for the
office, to give access or to move house: it takes everybody, and says nothing of whom one may call.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, Any

from consent import access, permission
from consent.models import AccessRecord, Purpose
from consent.rules.lines import Channel
from consent.rules.permission import Verdict
from crm import exports
from crm.models import Actor, Source


@dataclass(frozen=True, slots=True)
class Use:
    """What the numbers of a file are for: it is asked of each whether its owner may be contacted so."""

    purpose: Purpose
    channel: Channel


def export(
    *,
    to: IO[bytes],
    format: str,
    masked: bool,
    actor: Actor,
    at: datetime,
    reason: str,
    contact_ids: Sequence[int] | None = None,
    source: Source | None = None,
    use: Use | None = None,
    recipient: str = "",
) -> AccessRecord:
    """Write people to `to`, an open file that nobody else can read yet, and return the record of it, committed.

    Only after that may the file be handed over. format: a name of `crm.exports.FORMATS`. masked: with masked numbers.
    contact_ids: these contacts, else all. source: only what it stands behind. use: only what may be used so at `at`
    (aware); the hours of the day are for when it is used. recipient: who gets the file, if not the office; it is
    written down for each contact in it (GDPR 15(1)(c)). Raises NoReason, NumberInReason, NumberInRecipient,
    NaiveTimestamp, TooMany.
    """
    reason = access.check_reason(reason)
    # Before anybody is read; the record checks it again.
    recipient = access.check_recipient(recipient) if recipient.strip() else ""
    tally = exports.write(
        exports.Selection(contact_ids, source),
        to=to,
        format=exports.FORMATS[format],
        masked=masked,
        refused=partial(_refused, use=use, at=at) if use else None,
    )
    scope: dict[str, Any] = {} if contact_ids is None else {"contacts": sorted(set(contact_ids))}
    scope |= {"source": source.pk} if source else {}
    scope |= {"purpose": use.purpose.pk, "channel": use.channel.value} if use else {}
    return access.record(
        kind=AccessRecord.Kind.EXPORT,
        actor=actor,
        at=at,
        reason=reason,
        masked=masked,
        contacts=tally.contacts,
        points=tally.points,
        format=format,
        scope=scope,
        left_out=tally.left_out,
        handover=access.Handover(recipient, use.purpose if use else None, tally.contact_ids) if recipient else None,
    )


def _refused(point_ids: Collection[int], *, use: Use, at: datetime) -> Mapping[int, str]:
    decisions = permission.may_be_taken(point_ids, purpose=use.purpose, channel=use.channel, at=at)
    return {pk: decision.reason.value for pk, decision in decisions.items() if decision.verdict is not Verdict.ALLOW}
