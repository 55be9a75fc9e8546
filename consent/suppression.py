"""Suppression's verbs: a no that stands on the line itself, for everyone who is reachable there."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from consent.models import Purpose, Suppression
from consent.rules.facts import OBJECTION as OBJECTION
from consent.rules.facts import UNCLEAR as UNCLEAR
from consent.rules.lines import Channel
from crm import bulk
from crm.models import Actor, PhoneNumber, current_fingerprint

Authority = Suppression.Authority
# By text message, and so for the same line to take back by text message.
TEXT_OPT_OUT = "text opt-out"
# Why a number may be held again that might not.
OWN_GRANT = "the person's own new grant"
# Why a no to everything was lifted that holds on for all purposes but those which the person has said yes to since.
NARROWED = "the person's own new consent"
_SAME_OF_ALL = ("extent", "reason", "actor_name", "actor_user_id", "recorded_at", "lifted_reason")


def line_for(e164: str) -> PhoneNumber:
    """Return the locked line of a number, held or not; of one we never held, only the fingerprint is kept.

    Must be called within a transaction.
    """
    lines = PhoneNumber.objects.for_numbers([e164]).locked()
    line = lines.first()
    if line is None:
        key_id, key = current_fingerprint(e164)
        try:
            with transaction.atomic():
                line = PhoneNumber.objects.create(number=None, number_key=key, key_id=key_id)
        except IntegrityError:
            line = lines.get()
    return line


def suppress(
    line: PhoneNumber,
    *,
    extent: Suppression.Extent = Suppression.Extent.CONTACT,
    purpose: Purpose | None = None,
    channel: Channel | None = None,
    since: datetime,
    reason: str,
    actor: Actor,
) -> Suppression:
    """Suppress a line from `since` (aware), for a purpose and channel or for all, and return the suppression.

    One that already says the same is returned as it stands, but that what says more takes the place of what says less:
    a no by text that of an unclear one, another no that of either, an objection that of all. Must be called under the
    lock of the line.
    """
    suppression, created = Suppression.objects.get_or_create(
        line=line,
        extent=extent,
        purpose=purpose,
        channel=channel or "",
        lifted_at=None,
        defaults={
            "since": since,
            "reason": reason,
            "actor_name": actor.name,
            "actor_user_id": actor.user_id,
        },
    )
    if not created and _weight(reason) > _weight(suppression.reason):
        suppression.reason = reason
        suppression.save(update_fields=["reason"])
    return suppression


def _weight(reason: str) -> int:
    """How much a reason says: what nobody understood yet; a no by text, which a START takes back; any other no; a no
    that outranks every lawful basis."""
    return {UNCLEAR: 0, TEXT_OPT_OUT: 1, OBJECTION: 3}.get(reason, 2)


def suppress_all(
    since: Mapping[tuple[int, str], datetime], *, reason: str, actor: Actor, purpose: Purpose | None = None
) -> None:
    """Suppress lines from contact, for a purpose or for all: since (aware), by line id and channel ("" for all).

    Must be called under the locks of the lines, for what is not suppressed so yet.
    """
    if not since:
        return
    now = timezone.now()
    bulk.insert(
        Suppression,
        ("line_id", "channel", "since", "purpose_id", *_SAME_OF_ALL),
        [
            (
                *key,
                at,
                purpose and purpose.pk,
                Suppression.Extent.CONTACT.value,
                reason,
                actor.name,
                actor.user_id,
                now,
                "",
            )
            for key, at in since.items()
        ],
    )


def bar(lines: Collection[int], *, since: datetime, reason: str, actor: Actor) -> None:
    """Suppress lines (ids) from being held since then (aware). Must be called under their locks.

    A line that may not be held already stays so, for the reason that says more.
    """
    standing = Suppression.objects.filter(
        bulk.one_of("line", lines, text=False), extent=Suppression.Extent.HOLD, lifted_at=None
    ).order_by()
    barred = set(standing.values_list("line", flat=True))
    if barred:
        strengthen(standing, reason=reason)
    bulk.insert_for_each(
        Suppression,
        "line_id",
        set(lines) - barred,
        extent=Suppression.Extent.HOLD,
        channel="",
        since=since,
        reason=reason,
        actor_name=actor.name,
        actor_user_id=actor.user_id,
        recorded_at=timezone.now(),
        lifted_reason="",
    )


def strengthen(suppressions: QuerySet[Suppression], *, reason: str) -> None:
    """Let a reason take the place of those that say less. Must be called under the locks of the lines."""
    said = set(suppressions.order_by().values_list("reason", flat=True).distinct())
    weaker = [each for each in said if _weight(each) < _weight(reason)]
    if weaker:
        suppressions.filter(reason__in=weaker).update(reason=reason)


def of_all_purposes(line: PhoneNumber, *, channel: Channel | None) -> "QuerySet[Suppression]":
    """Return the noes to all purposes that already hold on the channel, or (None) on every channel at once."""
    channels = ["", channel.value] if channel else [""]
    return Suppression.objects.filter(
        line=line, extent=Suppression.Extent.CONTACT, purpose=None, channel__in=channels, lifted_at=None
    )


def carry_over(purpose: Purpose) -> int:
    """Stop a new purpose where somebody had stopped everything, and then said yes to other purposes alone.

    Returns how many noes that makes. What a START, or staff, have opened again since stays open.
    """
    opened = Suppression.objects.filter(line=OuterRef("line"), lifted_at__gt=OuterRef("lifted_at"))
    narrowed = Suppression.objects.filter(
        ~Exists(opened.exclude(lifted_reason=NARROWED)),
        extent=Suppression.Extent.CONTACT,
        purpose=None,
        lifted_reason=NARROWED,
    )
    with transaction.atomic():
        list(PhoneNumber.objects.filter(pk__in=narrowed.values("line")).locked())
        noes = list(narrowed.select_related("line").order_by("pk"))
        for no in noes:
            suppress(
                no.line,
                purpose=purpose,
                channel=Channel(no.channel) if no.channel else None,
                since=no.since,
                reason=no.reason,
                actor=Actor(no.actor_name, no.actor_user_id),
            )
    return len(noes)


def move(lines: Collection[int], to: PhoneNumber) -> None:
    """Let what was said of contact over lines of the past (ids) hold for the one that was opened in their place.

    A no outlives what we held: it keeps its date, reason and author. That the number must not be held stays where it
    is. Must be called under the locks of the lines.
    """
    for line_id in sorted(lines):
        standing = Suppression.objects.filter(line=to, lifted_at=None)
        for no in Suppression.objects.filter(line=line_id, extent=Suppression.Extent.CONTACT):
            same = standing.filter(extent=no.extent, purpose=no.purpose_id, channel=no.channel)
            if no.lifted_at is not None or not same.exists():
                no.line = to
                no.save(update_fields=["line"])


def lift_holds(lines: Collection[int], *, entry_id: int, at: datetime) -> None:
    """Lift at `at` (aware) that the numbers of these lines (ids) must not be held: the ledger's entry says why.

    Must be called under the locks of the lines.
    """
    Suppression.objects.filter(line__in=lines, extent=Suppression.Extent.HOLD, lifted_at=None).update(
        lifted_at=at, lifted_reason=OWN_GRANT, lifted_authority=Authority.PERSON, lifted_by=entry_id
    )


class NotLifted(ValueError):
    """The suppression cannot be lifted: the text says why."""


def lift(suppression: Suppression, *, reason: str, authority: Suppression.Authority, at: datetime) -> None:
    """Lift a must-not-contact suppression at `at` (aware), saying why and on whose authority. Raises NotLifted.

    That a line must not be held is never lifted here: only the person's own new grant brings a number back.
    """
    with transaction.atomic():
        list(PhoneNumber.objects.filter(pk=suppression.line_id).locked())
        suppression.refresh_from_db()
        if suppression.extent == Suppression.Extent.HOLD:
            raise NotLifted("a number that may not be held comes back only by its owner's own new consent")
        if suppression.lifted_at is not None:
            raise NotLifted(f"suppression {suppression.pk} was lifted before")
        if not reason.strip():
            raise NotLifted("say why it is lifted")
        if authority == Authority.NOT_SAID:
            raise NotLifted("say on whose authority it is lifted")
        suppression.lifted_at, suppression.lifted_reason, suppression.lifted_authority = at, reason, authority
        suppression.save(update_fields=["lifted_at", "lifted_reason", "lifted_authority"])
