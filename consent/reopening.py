"""Opting back in through the line itself: what a START gives back, and what it leaves alone."""

from datetime import datetime

from django.db.models import Q

from consent import ledger, suppression
from consent.ledger import Proof
from consent.models import Consent, Method, Suppression
from consent.rules.lines import Channel
from consent.rules.states import Act, Status
from crm.models import PERSON, PhoneNumber


def opt_back_in(line: PhoneNumber, *, at: datetime, reason: str, evidence: Proof) -> bool:
    """Take back at `at` (aware) what the line's own opt-outs by text had stopped, for text messages alone.

    reason: the code of those opt-outs. START opts back in to what STOP had ended (CTIA Messaging Principles): calls
    stay stopped, and so does whatever was withdrawn otherwise, objected to, or said later. Returns whether anything
    was given back. Must be called under the lock of the line.
    """
    stopped = Suppression.objects.filter(
        line=line, extent=Suppression.Extent.CONTACT, reason=reason, lifted_at=None, since__lte=at
    ).filter(Q(channel="") | Q(channel=Channel.SMS.value))
    found = list(stopped.select_related("purpose"))
    for no in found:
        suppression.lift(no, reason="the person opted in again by text message", at=at)
        if no.channel == "":
            suppression.suppress(
                line, purpose=no.purpose, channel=Channel.CALL, since=no.since, reason=reason, actor=PERSON
            )
    said = _given_again(line, at=at, evidence=evidence)
    if said:
        ledger.append(said, actor=PERSON, source=None, batch=None)
    return bool(found or said)


def _given_again(line: PhoneNumber, *, at: datetime, evidence: Proof) -> list[ledger.Said]:
    """Return the entries by which consents to texts that a text had ended are given again, in the same words."""
    ended = Consent.objects.filter(
        point__line=line,
        point__erased_at=None,
        channel=Channel.SMS.value,
        status=Status.WITHDRAWN.value,
        since__lte=at,
        given_at__isnull=False,
        notice__isnull=False,
        last_entry__method=Method.SMS.value,
    )
    said = []
    for consent in ended.select_related("purpose").order_by("pk"):
        acts = (Act.GIVEN, Act.CONFIRMED) if consent.purpose.needs_confirmation else (Act.GIVEN,)
        for act in acts:
            said.append(
                ledger.Said(
                    consent.point_id, consent.purpose, Channel.SMS, act, at, Method.SMS, consent.notice_id, evidence
                )
            )
    return said
