"""Opting back in through the line itself: what a START gives back, and what it leaves alone."""

from datetime import datetime

from consent import ledger, suppression
from consent.ledger import Proof
from consent.models import Consent, Method, Suppression
from consent.projection import Key, entries_at
from consent.rules.lines import Channel
from consent.rules.states import Act, Status, fold
from crm.models import PERSON, PhoneNumber


def opt_back_in(line: PhoneNumber, *, at: datetime, evidence: Proof) -> bool:
    """Take back at `at` (aware) what the line's own opt-outs by text had stopped, for text messages alone.

    START opts back in to what STOP had ended (CTIA Messaging Principles): calls stay stopped, and so does whatever was
    withdrawn otherwise, objected to, or said later. Returns whether anything was given back. Must be called under the
    lock of the line.
    """
    stopped = Suppression.objects.filter(
        line=line,
        extent=Suppression.Extent.CONTACT,
        reason=suppression.TEXT_OPT_OUT,
        lifted_at=None,
        since__lte=at,
        channel__in=["", Channel.SMS.value],
    )
    found = list(stopped.select_related("purpose"))
    for no in found:
        suppression.lift(
            no,
            reason="the person opted in again by text message",
            authority=suppression.Authority.PERSON,
            at=at,
        )
        if no.channel == "":
            suppression.suppress(
                line, purpose=no.purpose, channel=Channel.CALL, since=no.since, reason=no.reason, actor=PERSON
            )
    if found and (said := _given_again(line, at=at, evidence=evidence)):
        ledger.append(said, actor=PERSON, source=None, batch=None)
    return bool(found)


def _given_again(line: PhoneNumber, *, at: datetime, evidence: Proof) -> list[ledger.Said]:
    """Return the entries by which consents to texts that a text had ended are given again, in the same words.

    Only what had stood is given again: not what was merely asked for, nor what was agreed to by whoever had the line
    before.
    """
    ended = Consent.objects.filter(
        point__line=line,
        point__erased_at=None,
        point__until=None,
        channel=Channel.SMS.value,
        status=Status.WITHDRAWN.value,
        since__lte=at,
        notice__isnull=False,
        last_entry__method=Method.SMS.value,
    )
    if line.reassigned_at:
        ended = ended.filter(since__gte=line.reassigned_at)
    consents = list(ended.select_related("purpose").order_by("pk"))
    known = entries_at({consent.point_id for consent in consents})
    said = []
    for consent in consents:
        entries = known[Key(consent.point_id, consent.purpose_id, consent.channel)]
        before = (entry for entry in entries if entry.occurred_at < consent.since)
        needs_confirmation = consent.purpose.needs_confirmation
        if not fold(before, needs_confirmation=needs_confirmation).status.permits:
            continue
        for act in (Act.GIVEN, Act.CONFIRMED) if needs_confirmation else (Act.GIVEN,):
            said.append(
                ledger.Said(
                    consent.point_id, consent.purpose, Channel.SMS, act, at, Method.SMS, consent.notice_id, evidence
                )
            )
    return said
