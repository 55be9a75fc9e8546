"""Text messages that come in: each once, in whatever order and however often it is delivered.

The principle: the message is stored, and what it asks for is done, in one transaction under the lock of the line. Who
dies before that has told the provider nothing, and it comes again; who dies after it has done everything. A doubt goes
against us: what looks like an opt-out is one until a person has read it.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from consent import capture, journal, messages, optin, places, suppression, texts, withdrawal
from consent.ledger import Proof
from consent.models import CollectionPoint, Consent, InboundMessage, Keyword, Method, OutgoingMessage, Suppression
from consent.reopening import opt_back_in
from consent.rules.keywords import Meaning, Word, classify, normalise
from consent.rules.lines import Channel
from consent.rules.opting_out import Scope, read_schedule, scope_of_stop
from consent.rules.times import require_aware
from crm import logs
from crm.models import PERSON, Actor, PhoneNumber

_Kind, _State = OutgoingMessage.Kind, InboundMessage.State
_CODE_DIGITS = 6
# What is a no: what says so, and what somebody has read and found to be one.
_NO = Q(meaning=Meaning.OPT_OUT.value) | Q(finding=InboundMessage.Finding.OPT_OUT.value)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a message. `new` is false for one that was delivered before: nothing was done again.

    message_ids: what is to be sent. reply: what the provider is to send in its own answer, because we do not hold the
    number and cannot.
    """

    message: InboundMessage
    new: bool
    message_ids: tuple[int, ...] = ()
    reply: str = field(default="", repr=False)


def receive(
    *,
    provider: str,
    message_id: str,
    number: str,
    body: str,
    at: datetime,
    occurred_at: datetime | None = None,
    taken_for: Meaning | None = None,
    answered: bool = False,
) -> Received:
    """Take in a text message from `number` (E.164), delivered at `at` (aware), and do what it asks for.

    occurred_at: when it was sent, as the provider says. taken_for: what the provider takes it for, where it says so.
    answered: the provider has answered by itself, so that we stay silent. Raises ValueError for what is no E.164, and
    journal.DatabaseBehind, for the provider to deliver it again.
    """
    journal.require_current()
    at = require_aware(at, name="at")
    # What no database stores: nobody has meant it.
    body = body.replace("\x00", "").encode(errors="replace").decode()
    sent_at = min(require_aware(occurred_at, name="occurred_at"), at) if occurred_at else at
    with transaction.atomic():
        line = PhoneNumber.objects.for_numbers([number]).locked().first()
        meaning = _meaning(body, taken_for)
        if line is None and meaning in (Meaning.OPT_OUT, Meaning.NEEDS_REVIEW):
            # A no is remembered of everybody; of whoever says anything else, and is nobody of ours, not even that.
            line = suppression.line_for(number)
        masked = logs.mask_text(body)
        message, new = InboundMessage.objects.get_or_create(
            provider=provider,
            provider_message_id=message_id,
            defaults={
                "line": line,
                "received_at": at,
                "occurred_at": sent_at,
                "body": masked,
                "meaning": meaning.value,
                "state": _State.DONE,
            },
        )
        if not new:
            return Received(message, new=False)
        handling = _Handling(message, number, body, Proof(message=masked), at=at)
        handling.act(meaning)
        _forget(message)
        return handling.received(answered=answered)


class AlreadyReviewed(ValueError):
    """The message waits for nobody (any more)."""


def review(
    message: InboundMessage, *, finding: InboundMessage.Finding, actor: Actor, user_id: int | None, at: datetime
) -> None:
    """Say at `at` (aware) what an unclear message was: an opt-out, or none. Raises AlreadyReviewed.

    An opt-out counts from when it was sent. Otherwise the suppression that it placed is lifted, and no other.
    """
    at = require_aware(at, name="at")
    with transaction.atomic():
        line = PhoneNumber.objects.locked_in_force(message.line_id) if message.line_id else None
        message.refresh_from_db()
        if message.state != _State.REVIEW or line is None:
            raise AlreadyReviewed(f"inbound message {message.pk}")
        if finding == InboundMessage.Finding.OPT_OUT:
            _withdraw(line, None, at=message.occurred_at, actor=actor, evidence=Proof(message=message.body))
        elif (no := message.suppression) and _is_to_be_lifted(no, message):
            suppression.lift(no, reason="read, and found to be no opt-out", authority=suppression.Authority.READ, at=at)
        message.state, message.finding = _State.REVIEWED, finding
        message.reviewed_at, message.reviewed_by_id = at, user_id
        message.save(update_fields=["state", "finding", "reviewed_at", "reviewed_by"])
        _forget(message)


class _Handling:
    """One new message, under the lock of its line: what it does, and what is answered."""

    def __init__(self, message: InboundMessage, number: str, body: str, proof: Proof, *, at: datetime) -> None:
        self.message, self.number, self.body, self.proof = message, number, body, proof
        self.line: PhoneNumber | None = message.line
        self.at, self.sent_at = at, message.occurred_at
        self.answer: OutgoingMessage.Kind | None = None
        self.message_ids: tuple[int, ...] = ()

    def act(self, meaning: Meaning) -> None:
        line = self.line
        match meaning:
            case Meaning.OPT_OUT if line:
                self._opt_out(line)
            case Meaning.NEEDS_REVIEW if line:
                self._suppress_until_read(line)
            case Meaning.HELP:
                self.answer = _Kind.HELP
            case Meaning.OPT_IN if line and not _later(line, self.sent_at, _NO).exists():
                if opt_back_in(line, at=self.sent_at, evidence=self.proof):
                    self.answer = _Kind.OPTED_IN
                # Some providers take every yes for a START.
                if classify(self.body) is Meaning.CONFIRM:
                    self._confirm(code=None)
            case Meaning.CONFIRM:
                self._confirm(code=None)
            case _:
                self._join_or_code()

    def received(self, *, answered: bool) -> Received:
        if self.answer and not answered:
            language = _language(self.line)
            if self.line is None or self.line.number is None:
                return Received(self.message, new=True, reply=texts.body(self.answer, language=language))
            reply = messages.queue(
                line=self.line, kind=self.answer, language=language, at=self.at, in_reply_to=self.message
            )
            self.message_ids += (reply.pk,)
        return Received(self.message, new=True, message_ids=self.message_ids)

    def _opt_out(self, line: PhoneNumber) -> None:
        schedule = read_schedule(settings.STOP_SCOPES)
        channel = None if scope_of_stop(self.sent_at, schedule=schedule) is Scope.ALL else Channel.SMS
        # One confirmation, not one for each STOP (47 CFR 64.1200(a)(12)).
        if not suppression.of_all_purposes(line, channel=channel).exclude(reason=suppression.UNCLEAR).exists():
            self.answer = _Kind.OPTED_OUT
        if _withdraw(line, channel, at=self.sent_at, actor=PERSON, evidence=self.proof):
            self.answer = None

    def _suppress_until_read(self, line: PhoneNumber) -> None:
        self.message.state = _State.REVIEW
        if not suppression.of_all_purposes(line, channel=None).exclude(reason=suppression.UNCLEAR).exists():
            self.message.suppression = suppression.suppress(
                line, since=self.sent_at, reason=suppression.UNCLEAR, actor=PERSON
            )
        self.message.save(update_fields=["state", "suppression"])

    def _confirm(self, *, code: str | None) -> None:
        if self.line is None:
            return
        confirmed = optin.answer_by_reply(line=self.line, at=self.sent_at, evidence=self.proof, code=code)
        self.message_ids += confirmed.message_ids if confirmed else ()

    def _join_or_code(self) -> None:
        said = normalise(self.body)
        if len(said) == _CODE_DIGITS and said.isdecimal():
            self._confirm(code=said)
            return
        place = CollectionPoint.objects.filter(active=True, join_keyword=said).select_related("source").first()
        languages = places.languages(place) if place else []
        if place and languages:
            self.message_ids += capture.join(
                place=place,
                number=self.number,
                language=languages[0],
                at=self.at,
                occurred_at=self.sent_at,
                evidence=self.proof,
            )
            # Whoever joins is held from now on.
            self.message.line = PhoneNumber.objects.for_numbers([self.number]).first()
            self.message.save(update_fields=["line"])


def _withdraw(line: PhoneNumber, channel: Channel | None, *, at: datetime, actor: Actor, evidence: Proof) -> bool:
    """Do what a STOP of `at` asks for; return whether a START that was sent later, and delivered before, undid it."""
    withdrawal.withdraw_line(
        line, at=at, reason=suppression.TEXT_OPT_OUT, method=Method.SMS, actor=actor, channel=channel, evidence=evidence
    )
    start = _later(line, at, Q(meaning=Meaning.OPT_IN.value)).order_by("-occurred_at").first()
    if start is None or _later(line, start.occurred_at, _NO).exists():
        return False
    return opt_back_in(line, at=start.occurred_at, evidence=Proof(message=start.body))


def _is_to_be_lifted(no: Suppression, message: InboundMessage) -> bool:
    """Whether a suppression rests on nothing but this unclear message: on no clear no, and on no other unclear one."""
    if no.lifted_at is not None or no.reason != suppression.UNCLEAR:
        return False
    return not InboundMessage.objects.filter(suppression=no, state=_State.REVIEW).exclude(pk=message.pk).exists()


def _later(line: PhoneNumber, at: datetime, which: Q) -> "QuerySet[InboundMessage]":
    """Return the messages of a line that were sent after `at`, whenever they were delivered."""
    return InboundMessage.objects.filter(which, line=line, occurred_at__gt=at)


def _meaning(body: str, taken_for: Meaning | None) -> Meaning:
    """Return what a message is taken for: a provider adds what it understands, and takes no doubt of ours away."""
    ours = classify(body, extra=_words())
    if taken_for is None or (ours in (Meaning.OPT_OUT, Meaning.NEEDS_REVIEW) and taken_for is not Meaning.OPT_OUT):
        return ours
    return taken_for


def _words() -> list[Word]:
    return [Word(word, Meaning(meaning)) for word, meaning in Keyword.objects.values_list("word", "meaning")]


def _language(line: PhoneNumber | None) -> str:
    """Return the language in which somebody at the line last agreed to something, else that of their profile."""
    consents = Consent.objects.filter(point__line=line, notice__isnull=False).order_by("-since")
    language = consents.values_list("notice__language", flat=True).first()
    known = [code for code, _name in settings.LANGUAGES]
    return language if language in known else settings.LANGUAGE_CODE


def _forget(message: InboundMessage) -> None:
    """Keep the words of people whom we do not hold no longer than somebody has to read them."""
    held = PhoneNumber.objects.filter(inbound=message, number__isnull=False).exists()
    if message.state != _State.REVIEW and not held:
        InboundMessage.objects.filter(pk=message.pk).update(**InboundMessage.privacy.personal)
        message.body = ""
