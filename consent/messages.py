"""Text messages of ours: queued as rows, sent once.

The principle: a message is claimed by one short statement that is committed before anybody is asked to send it. Who
dies after that leaves a row that says "being sent" and is never sent again: a message too few is a nuisance, a message
too many to somebody who said stop is a fine. What the broker loses, the sweep finds in the rows.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from consent import gateways, journal, links, permission, suppression, texts, withdrawal
from consent.challenges import code_of
from consent.models import Challenge, CollectionPoint, InboundMessage, Method, OutgoingMessage
from consent.rules.lines import Channel
from consent.rules.times import require_aware
from crm.models import Actor, PhoneNumber, Source

log = logging.getLogger(__name__)

Kind, State = OutgoingMessage.Kind, OutgoingMessage.State
GATEWAY = Actor("gateway")
# Answers that go also to who has said stop (47 CFR 64.1200(a)(12); CTIA: HELP is always answered).
ANSWERS = frozenset({Kind.OPTED_OUT, Kind.HELP})
# Within five minutes a confirmation of an opt-out counts as part of the conversation (47 CFR 64.1200(a)(12)).
ANSWER_WITHIN = timedelta(minutes=5)
# A worker that has not come back from its gateway after this long is dead.
LOST_AFTER = timedelta(minutes=2)


def queue(
    *,
    line: PhoneNumber,
    kind: OutgoingMessage.Kind,
    language: str,
    at: datetime,
    not_after: datetime | None = None,
    collection_point: CollectionPoint | None = None,
    challenge: Challenge | None = None,
    in_reply_to: InboundMessage | None = None,
) -> OutgoingMessage:
    """Queue a message to a line at `at` (aware); it is dropped when it was not sent by `not_after` (5 minutes)."""
    at = require_aware(at, name="at")
    return OutgoingMessage.objects.create(
        line=line,
        kind=kind,
        language=language,
        collection_point=collection_point,
        challenge=challenge,
        in_reply_to=in_reply_to,
        created_at=at,
        not_after=not_after or at + ANSWER_WITHIN,
    )


def send(message_id: int, *, at: datetime) -> OutgoingMessage.State:
    """Send a message that waits, at `at` (aware), and return how it stands; one that is taken is left alone.

    Whether it may be sent is asked now, not when it was queued; after a restore, until the erasures were replayed, it
    waits. Raises OutgoingMessage.DoesNotExist.
    """
    at = require_aware(at, name="at")
    if journal.is_behind():
        # Somebody who was erased may stand in a restored database again.
        log.warning("text message %s waits: the database is older than the journal of erasures", message_id)
        return State(OutgoingMessage.objects.values_list("state", flat=True).get(pk=message_id))
    claimed = OutgoingMessage.objects.filter(pk=message_id, state=State.PENDING).update(
        state=State.SENDING, claimed_at=at
    )
    message = OutgoingMessage.objects.select_related("line", "challenge__point__line", "collection_point__source").get(
        pk=message_id
    )
    if not claimed:
        return State(message.state)
    gateway = gateways.current()
    message.gateway = gateway.name
    if message.not_after < at:
        return _finish(message, State.EXPIRED)
    if refusal := _refusal(message, gateway, at=at):
        return _finish(message, State.REFUSED, refusal)
    try:
        message.provider_id = gateway.send(to=message.line.e164, body=_body(message, at=at))
    except gateways.NotSent as error:
        return _not_sent(message, error, at=at)
    except gateways.Unsure as error:
        return _finish(message, State.UNKNOWN, error.code)
    except Exception as error:
        # Whatever it says may hold the number: its kind is all that is kept, and nobody knows how far it had come.
        log.error("text message %s: the gateway %s failed: %s", message.pk, gateway.name, type(error).__name__)
        return _finish(message, State.UNKNOWN, type(error).__name__)
    message.sent_at = at
    return _finish(message, State.SENT)


def left(*, at: datetime) -> Iterator[int]:
    """Yield the ids of messages that still wait at `at` (aware); what a dead worker had becomes "unknown"."""
    OutgoingMessage.objects.filter(state=State.SENDING, claimed_at__lt=at - LOST_AFTER).update(
        state=State.UNKNOWN, reason="worker_lost"
    )
    yield from OutgoingMessage.objects.filter(state=State.PENDING).order_by("pk").values_list("pk", flat=True)


def _refusal(message: OutgoingMessage, gateway: gateways.Gateway, *, at: datetime) -> str:
    """Return why the message must not be sent, or ""."""
    if message.line.number is None:
        return "erased"
    if gateway.delivers and message.line.is_reserved:
        return "reserved_number"
    if message.kind in ANSWERS:
        return ""
    if message.kind in (Kind.CODE, Kind.VERIFY) and (
        message.challenge is None or message.challenge.closed_at is not None
    ):
        return "challenge_closed"
    reason = permission.may_ask_by_text(message.line, asked_by_person=_asked_by_person(message), at=at)
    return reason.value if reason else ""


def _asked_by_person(message: OutgoingMessage) -> bool:
    place = message.collection_point
    return place is None or place.source.kind != Source.Kind.THIRD_PARTY


def _body(message: OutgoingMessage, *, at: datetime) -> str:
    challenge = message.challenge
    code = code_of(challenge) if challenge else ""
    link = ""
    if challenge and message.kind == Kind.CONFIRMED:
        # Who has just answered through the number gets the page on which all of it can be changed.
        link = links.address(links.issue(point=challenge.point, at=at))
    return texts.body(message.kind, language=message.language, code=code, place=message.collection_point, link=link)


def _not_sent(message: OutgoingMessage, error: gateways.NotSent, *, at: datetime) -> OutgoingMessage.State:
    if error.again:
        return _finish(message, State.PENDING, error.code)
    with transaction.atomic():
        noes = suppression.of_all_purposes(message.line, channel=Channel.SMS).exclude(reason=suppression.UNCLEAR)
        if isinstance(error, gateways.OptedOut) and not noes.exists():
            # Somebody said stop where we did not hear it.
            withdrawal.withdraw_line(
                message.line,
                at=at,
                reason=suppression.TEXT_OPT_OUT,
                method=Method.SMS,
                actor=GATEWAY,
                channel=Channel.SMS,
            )
        return _finish(message, State.FAILED, error.code)


def _finish(message: OutgoingMessage, state: OutgoingMessage.State, reason: str = "") -> OutgoingMessage.State:
    message.state, message.reason = state, reason[:60]
    message.save(update_fields=["state", "reason", "gateway", "provider_id", "sent_at"])
    log.info("text message %s (%s): %s %s", message.pk, message.kind, state.value, message.reason)
    return state
