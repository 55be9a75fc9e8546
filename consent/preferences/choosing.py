"""What people do on their own page: take consent back, give it, stop everything, ask for what is theirs.

The principle: taking back always works, by an expired link too, after an erasure, twice; and what is taken back stays
so whatever becomes of the rest. Giving has every condition of the ledger, and lifts of the line's noes just as much as
was said yes to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from consent import ledger, optin, requests, suppression, withdrawal
from consent.links import Opened
from consent.models import Method, Notice, Purpose, SubjectRequest, Suppression
from consent.preferences.showing import newest_notices
from consent.preferences.standing import Obstacle, standing
from consent.rules.bases import LawfulBasis
from consent.rules.lines import Channel
from consent.rules.states import Act
from consent.rules.times import require_aware
from crm.models import PERSON, Actor, PhoneNumber

CAME_BY = "preference centre"
ONE_CLICK = "one-click unsubscribe"
Key = tuple[int, Channel]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came of a choice: the new entries, and for what waits for a code its challenge and messages to be sent."""

    withdrawn: tuple[int, ...]
    given: tuple[int, ...]
    challenge: str = field(default="", repr=False)
    message_ids: tuple[int, ...] = ()


class NotOffered(ValueError):
    """Something cannot be switched on, by purpose id and channel: why not, or None where other words count by now."""

    def __init__(self, refused: Mapping[Key, Obstacle | None]) -> None:
        super().__init__(f"not offered: {sorted(refused)}")
        self.refused = refused


def choose(
    opened: Opened,
    *,
    choices: Mapping[Key, bool],
    notices: Mapping[int, int],
    language: str,
    at: datetime,
    evidence: ledger.Proof,
    actor: Actor = PERSON,
) -> Chosen:
    """Switch on (True) and off (False), by purpose id and channel, what a person has changed on their page.

    Off: everyone's consent at the line is withdrawn in this scope, and the line suppressed; what did not rest on
    consent is objected to. On: it is given in the words of notices[purpose id], and where the purpose needs it a code
    is asked for through the number. Raises NotOffered where anything cannot be switched on; then nothing was, and what
    was switched off is off all the same. Raises NaiveTimestamp and ledger.Refused for a time in the future.
    """
    at = require_aware(at, name="at")
    purposes = Purpose.objects.prefetch_related("permitted_sources").in_bulk([purpose_id for purpose_id, _ in choices])
    off = [(key, purposes[key[0]]) for key, wanted in sorted(choices.items()) if not wanted and key[0] in purposes]
    on = [key for key, wanted in sorted(choices.items()) if wanted]
    with transaction.atomic():
        list(PhoneNumber.objects.filter(pk=opened.line.pk).locked())
        refused = _refused(opened, on, purposes, notices, at=at)
        withdrawn: list[int] = []
        for (_purpose_id, channel), purpose in off:
            done = withdrawal.withdraw_line(
                opened.line,
                at=at,
                reason=CAME_BY if purpose.basis == LawfulBasis.CONSENT else suppression.OBJECTION,
                method=Method.WEB_FORM,
                actor=actor,
                purpose=purpose,
                channel=channel,
                evidence=evidence,
            )
            withdrawn += done.entries
        given: list[int] = []
        for purpose_id, channel in () if refused else on:
            _lift(opened.line, purposes[purpose_id], channel, at=at)
            entry = ledger.record(
                point=opened.point,
                purpose=purposes[purpose_id],
                channel=channel,
                act=Act.GIVEN,
                occurred_at=at,
                method=Method.WEB_FORM,
                actor=actor,
                notice=Notice.objects.get(pk=notices[purpose_id]),
                evidence=evidence,
            )
            given.append(entry.pk)
        # The link may have come by e-mail, which proves nothing of the number (BGH I ZR 164/09).
        unconfirmed = [pk for pk, key in zip(given, on, strict=False) if purposes[key[0]].needs_confirmation]
        asked = None
        if unconfirmed:
            asked = optin.ask(point=opened.point, entries=unconfirmed, place=None, language=language, at=at)
    if refused:
        raise NotOffered(refused)
    if asked:
        return Chosen(tuple(withdrawn), tuple(given), asked.token, asked.message_ids)
    return Chosen(tuple(withdrawn), tuple(given))


def stop_everything(
    opened: Opened, *, at: datetime, evidence: ledger.Proof, reason: str = CAME_BY
) -> withdrawal.Withdrawn:
    """Withdraw at `at` (aware) everything at the link's line, and suppress it: expired, erased, twice, it works."""
    return withdrawal.withdraw_line(
        opened.line, at=at, reason=reason, method=Method.WEB_FORM, actor=PERSON, evidence=evidence
    )


def one_click(opened: Opened, *, at: datetime, evidence: ledger.Proof) -> withdrawal.Withdrawn:
    """Do the same for a click in a mail program (RFC 8058)."""
    return stop_everything(opened, at=at, evidence=evidence, reason=ONE_CLICK)


def ask(opened: Opened, kind: SubjectRequest.Kind, *, at: datetime) -> SubjectRequest:
    """Open a request of the link's person at `at` (aware), or return the one that is open. Raises PointErased."""
    if opened.point.erased_at is not None:
        raise ledger.PointErased(f"contact point {opened.point.pk} was erased")
    return requests.open_request(contact=opened.point.contact, kind=kind, at=at, came_by=CAME_BY)


def _refused(
    opened: Opened, on: list[Key], purposes: Mapping[int, Purpose], notices: Mapping[int, int], *, at: datetime
) -> dict[Key, Obstacle | None]:
    """Return what of `on` cannot be switched on, and why. Must be called under the lock of the line."""
    if not on:
        return {}
    opened.point.refresh_from_db()
    stands, current = standing(opened, at=at), {notice.pk: notice.purpose_id for notice in newest_notices()}
    refused: dict[Key, Obstacle | None] = {}
    for purpose_id, channel in on:
        purpose = purposes.get(purpose_id)
        obstacle = stands.obstacle(purpose, channel) if purpose else Obstacle.NOT_ASKED
        if obstacle or current.get(notices.get(purpose_id, 0)) != purpose_id:
            refused[purpose_id, channel] = obstacle
    return refused


def _lift(line: PhoneNumber, purpose: Purpose, channel: Channel, *, at: datetime) -> None:
    """Lift the noes that stop a purpose over a channel, and let them stand for everything else they stopped.

    Must be called under the lock of the line, for noes of the person's own.
    """
    # What was said while the page was on its way stands.
    noes = Suppression.objects.filter(
        line=line, extent=Suppression.Extent.CONTACT, lifted_at=None, channel__in=["", channel], since__lte=at
    )
    for no in noes.select_related("purpose").order_by("pk"):
        if no.purpose_id not in (None, purpose.pk):
            continue
        suppression.lift(no, reason=suppression.NARROWED, authority=suppression.Authority.PERSON, at=at)
        # Purposes and channels that are not in use too: they may be tomorrow. Purposes to come: `carry_over`.
        rest: list[tuple[Purpose, Channel | None]] = []
        if no.purpose_id is None:
            kept = Channel(no.channel) if no.channel else None
            rest += [(other, kept) for other in Purpose.objects.exclude(pk=purpose.pk)]
        if no.channel == "":
            rest += [(purpose, other) for other in Channel if other is not channel]
        for other_purpose, other_channel in rest:
            suppression.suppress(
                line,
                purpose=other_purpose,
                channel=other_channel,
                since=no.since,
                reason=no.reason,
                actor=Actor(no.actor_name, no.actor_user_id),
            )
