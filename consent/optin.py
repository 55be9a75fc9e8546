"""Double opt-in: a person is asked through the number itself whether it was they who agreed.

Whoever asks learns nothing: the answer, and the token that goes with it, look the same for a number that is known,
unknown, suppressed, or has been asked too often. Until somebody confirms, the consent is only requested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from consent import ledger, messages, permission, tokens
from consent.challenges import code_of, digest_of, is_right
from consent.models import Challenge, CollectionPoint, ConsentEvent, Method, OutgoingMessage
from consent.rules.lines import Channel
from consent.rules.states import Act
from consent.rules.times import require_aware
from crm.models import PERSON, ContactPoint, PhoneNumber, Source

VALID = timedelta(minutes=10)
TRIES = 5
_ASKING = (OutgoingMessage.Kind.CODE, OutgoingMessage.Kind.VERIFY, OutgoingMessage.Kind.WORDING)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_Outcome = Challenge.Outcome


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: the token of the page on which the code is entered, and the messages to be sent."""

    token: str
    message_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a person has confirmed: at which point, by which entries, and the messages to be sent."""

    point_id: int
    entries: tuple[int, ...]
    message_ids: tuple[int, ...] = ()


class WrongCode(ValueError):
    """The code is not right, or too late, or tried too often, or there is no such challenge: nobody is told which."""


def ask(
    *,
    point: ContactPoint,
    entries: Sequence[int],
    place: CollectionPoint | None,
    language: str,
    at: datetime,
    kind: OutgoingMessage.Kind = OutgoingMessage.Kind.CODE,
) -> Asked:
    """Ask through the point's number, at `at` (aware), for a yes to the ledger entries.

    An older challenge of the point is replaced. Where nobody may be asked, or has been asked often enough, the answer
    is the same, and nothing is sent. kind: CODE, WORDING where the reply alone counts, or VERIFY where there are no
    entries, and it is the number alone that is confirmed.
    """
    at, token = require_aware(at, name="at"), tokens.new()
    with transaction.atomic():
        line = PhoneNumber.objects.filter(points=point).locked().first()
        by_person = place is None or place.source.kind != Source.Kind.THIRD_PARTY
        if line is None or permission.may_ask_by_text(line, asked_by_person=by_person, at=at):
            return Asked(token)
        if not _may_ask_again(line, place, at=at):
            return Asked(token)
        Challenge.objects.filter(point=point, closed_at=None).update(closed_at=at, outcome=_Outcome.REPLACED)
        challenge = Challenge(
            point=point,
            collection_point=place,
            language=language,
            token_digest=tokens.digest(token),
            created_at=at,
            expires_at=at + VALID,
            tries_left=TRIES,
        )
        challenge.code_digest = digest_of(challenge, code_of(challenge))
        challenge.save()
        challenge.entries.set(entries)
        return Asked(token, (_send(challenge, line, kind, at=at),))


def resend(*, token: str, at: datetime) -> tuple[int, ...]:
    """Send the code of a live challenge again, at `at` (aware), and return the messages to be sent: none if it may not.

    Its end does not move, and the limits are those of asking.
    """
    at = require_aware(at, name="at")
    with transaction.atomic():
        challenge = _locked(token)
        if challenge is None or not _is_live(challenge, at=at):
            return ()
        line = challenge.point.line
        if line is None or not _may_ask_again(line, challenge.collection_point, at=at):
            return ()
        return (_send(challenge, line, OutgoingMessage.Kind.CODE, at=at),)


def answer(*, token: str, code: str, at: datetime, evidence: ledger.Proof) -> Confirmed:
    """Confirm at `at` (aware) what the challenge of a token asked about, with its code. Raises WrongCode.

    Every wrong code counts, and after five no code is right.
    """
    at = require_aware(at, name="at")
    with transaction.atomic():
        confirmed = None
        if challenge := _locked(token):
            confirmed = _try(challenge, code, at=at, evidence=evidence, method=_entered_by(challenge))
    # After the transaction: that a try was used up must stay.
    if confirmed is None:
        raise WrongCode("wrong or expired")
    return confirmed


def answer_read_out(*, point: ContactPoint, code: str, at: datetime, evidence: ledger.Proof) -> Confirmed:
    """Confirm at `at` (aware) what a point was asked last, with the code that its owner tells us. Raises WrongCode."""
    at = require_aware(at, name="at")
    with transaction.atomic():
        list(PhoneNumber.objects.filter(points=point).locked())
        challenges = Challenge.objects.select_for_update(of=("self",)).select_related("point__line", "collection_point")
        challenge = challenges.filter(point=point, closed_at=None).first()
        confirmed = challenge and _try(challenge, code, at=at, evidence=evidence, method=Method.STAFF)
    if not confirmed:
        raise WrongCode("wrong or expired")
    return confirmed


def answer_by_reply(
    *, line: PhoneNumber, at: datetime, evidence: ledger.Proof, code: str | None = None
) -> Confirmed | None:
    """Confirm what was asked last through a line, by a reply at `at` (aware) that says yes, or the code.

    Returns None where nothing waits for it. Must be called under the lock of the line.
    """
    waiting = Challenge.objects.filter(
        point__line=line, point__erased_at=None, closed_at=None, created_at__lte=at, expires_at__gt=at
    )
    challenge = waiting.select_related("point__line", "collection_point").order_by("-created_at", "-pk").first()
    if challenge is None:
        return None
    if code is None:
        return _confirm(challenge, at=at, method=Method.SMS, evidence=evidence)
    return _try(challenge, code, at=at, evidence=evidence, method=Method.SMS)


def _locked(token: str) -> Challenge | None:
    """Return the challenge of a token, with its line and then itself locked."""
    found = Challenge.objects.filter(token_digest=tokens.digest(token)).values_list("pk", "point__line").first()
    if found is None:
        return None
    pk, line_id = found
    list(PhoneNumber.objects.filter(pk=line_id).locked())
    challenges = Challenge.objects.select_for_update(of=("self",)).select_related("point__line", "collection_point")
    return challenges.get(pk=pk)


def _is_live(challenge: Challenge, *, at: datetime) -> bool:
    return challenge.closed_at is None and at < challenge.expires_at


def _try(challenge: Challenge, code: str, *, at: datetime, evidence: ledger.Proof, method: Method) -> Confirmed | None:
    right = is_right(challenge, code.strip().replace(" ", ""))
    if challenge.closed_at is not None:
        return None
    if at >= challenge.expires_at:
        _close(challenge, _Outcome.EXPIRED, at=at)
        return None
    if right:
        return _confirm(challenge, at=at, method=method, evidence=evidence)
    challenge.tries_left -= 1
    challenge.save(update_fields=["tries_left"])
    if challenge.tries_left == 0:
        _close(challenge, _Outcome.EXHAUSTED, at=at)
    return None


def _confirm(challenge: Challenge, *, at: datetime, method: Method, evidence: ledger.Proof) -> Confirmed | None:
    point, line = challenge.point, challenge.point.line
    if line is None or point.erased_at is not None:
        return None
    _close(challenge, _Outcome.CONFIRMED, at=at)
    asked = list(ConsentEvent.objects.filter(challenges=challenge).select_related("purpose").order_by("pk"))
    said = [
        ledger.Said(
            point.pk, entry.purpose, Channel(entry.channel), Act.CONFIRMED, at, method, entry.notice_id, evidence
        )
        for entry in asked
    ]
    source = challenge.collection_point.source if challenge.collection_point else None
    PhoneNumber.objects.filter(pk=line.pk).update(verified_at=at)
    if not said:
        return Confirmed(point.pk, ())
    ids = ledger.append(said, actor=PERSON, source=source, batch=None)
    done = messages.queue(
        line=line,
        kind=OutgoingMessage.Kind.CONFIRMED,
        language=challenge.language,
        at=at,
        collection_point=challenge.collection_point,
        challenge=challenge,
    )
    return Confirmed(point.pk, tuple(ids), (done.pk,))


def _entered_by(challenge: Challenge) -> Method:
    """How a code is captured that is typed: by what asked for it, and without a place on a page of our own."""
    return Method(challenge.collection_point.kind) if challenge.collection_point else Method.WEB_FORM


def _close(challenge: Challenge, outcome: Challenge.Outcome, *, at: datetime) -> None:
    challenge.closed_at, challenge.outcome = max(at, challenge.created_at), outcome
    challenge.save(update_fields=["closed_at", "outcome"])


def _may_ask_again(line: PhoneNumber, place: CollectionPoint | None, *, at: datetime) -> bool:
    """Whether the line, and the place, have not been asked too often: a flood of made-up numbers ends here."""
    texts = OutgoingMessage.objects.filter(kind__in=_ASKING)
    of_line = texts.filter(line=line)
    if of_line.filter(created_at__gt=at - _HOUR).count() >= settings.CHALLENGES_PER_LINE_HOUR:
        return False
    if of_line.filter(created_at__gt=at - _DAY).count() >= settings.CHALLENGES_PER_LINE_DAY:
        return False
    if place is None:
        return True
    most: int = settings.CHALLENGES_PER_PLACE_HOUR
    return texts.filter(collection_point=place, created_at__gt=at - _HOUR).count() < most


def _send(challenge: Challenge, line: PhoneNumber, kind: OutgoingMessage.Kind, *, at: datetime) -> int:
    message = messages.queue(
        line=line,
        kind=kind,
        language=challenge.language,
        at=at,
        not_after=challenge.expires_at,
        collection_point=challenge.collection_point,
        challenge=challenge,
    )
    return message.pk
