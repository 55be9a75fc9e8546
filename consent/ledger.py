"""The ledger's verbs. `record` is the only insert of a ConsentEvent, and the only writer of a Consent.

An entry and its projection are written in one transaction, under the lock of the line that the point is at:
the same lock that an erasure takes, so neither can slip in between the other's reading and writing.
"""

import hashlib
import heapq
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.utils import timezone

from consent.models import Consent, ConsentEvent, Evidence, Method, Notice, Purpose
from consent.rules.lines import Channel
from consent.rules.states import Act, Entry, State, Status, fold
from consent.rules.times import require_aware
from crm.models import Actor, ContactPoint, ImportBatch, Origin, PhoneNumber, Source, attributed_to


@dataclass(frozen=True, slots=True)
class Proof:
    """The evidence for an act, as it is captured. Its repr shows nothing of it."""

    ip: str | None = field(default=None, repr=False)
    user_agent: str = field(default="", repr=False)
    shown: str = field(default="", repr=False)
    message: str = field(default="", repr=False)

    def digest(self, salt: str) -> str:
        """Return the commitment: hex SHA-256 over the salt and the canonical JSON of what was captured."""
        content = {"ip": self.ip, "message": self.message, "shown": self.shown, "user_agent": self.user_agent}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


class Refused(ValueError):
    """An entry that cannot be: the text says why, and nothing was written."""


class PointErased(Refused):
    """The contact point was erased: nothing more can be said of it."""


class AlreadyWithdrawn(Refused):
    """The consent was withdrawn before, and nothing was given since."""


def record(
    *,
    point: ContactPoint,
    purpose: Purpose,
    channel: Channel,
    act: Act,
    occurred_at: datetime,
    method: Method,
    actor: Actor,
    notice: Notice | None = None,
    evidence: Proof | None = None,
    source: Source | None = None,
    batch: ImportBatch | None = None,
) -> ConsentEvent:
    """Append an entry to the ledger, bring the consent up to date, and return the entry.

    occurred_at: when it happened (aware, not in the future); entries may be recorded in any order.
    notice: the published wording, which every asking, giving, confirming and renewing needs.
    batch: the import that brought it.
    Raises Refused (PointErased, AlreadyWithdrawn) or NaiveTimestamp; then nothing was written.
    """
    occurred_at = require_aware(occurred_at, name="occurred_at")
    _require_sense(purpose, channel, act, occurred_at, notice)
    with transaction.atomic():
        _lock(point)
        if point.erased_at is not None:
            raise PointErased(f"contact point {point.pk} was erased")
        consent = Consent.objects.filter(point=point, purpose=purpose, channel=channel).first()
        if act is Act.WITHDRAWN and consent and consent.status == Status.WITHDRAWN and occurred_at >= consent.since:
            raise AlreadyWithdrawn(f"consent {consent.pk} was withdrawn before")
        salt = secrets.token_hex(32)
        entry = ConsentEvent.objects.create(
            point=point,
            purpose=purpose,
            channel=channel,
            act=act,
            occurred_at=occurred_at,
            notice=notice,
            source=source,
            batch=batch,
            method=method,
            actor_name=actor.name,
            actor_user_id=actor.user_id,
            evidence_digest=evidence.digest(salt) if evidence else "",
        )
        if evidence:
            Evidence.objects.create(
                entry=entry,
                salt=salt,
                ip=evidence.ip,
                user_agent=evidence.user_agent,
                shown=evidence.shown,
                message=evidence.message,
            )
        _project(entry, purpose, consent, actor=actor, batch=batch)
    return entry


def state_of(entries: Iterable[ConsentEvent], purpose: Purpose) -> State:
    """Return the state that the entries of one consent amount to."""
    return fold(
        (
            Entry(
                id=entry.pk,
                act=Act(entry.act),
                occurred_at=entry.occurred_at,
                notice_id=entry.notice_id,
                source_id=entry.source_id,
            )
            for entry in entries
        ),
        needs_confirmation=purpose.needs_confirmation,
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A consent that does not say what its entries amount to; `consent_id` is None where it is missing."""

    consent_id: int | None
    point_id: int
    purpose: str
    channel: str
    held: str
    folded: str


_KEY = ("point_id", "purpose_id", "channel")


def differences() -> Iterator[Difference]:
    """Fold the whole ledger again and yield every consent that disagrees with it, or has no entry behind it."""
    purposes = Purpose.objects.in_bulk()
    key = attrgetter(*_KEY)
    entries = ConsentEvent.objects.order_by(*_KEY, "id").iterator(2000)
    consents = Consent.objects.order_by(*_KEY).iterator(2000)
    merged: Any = groupby(heapq.merge(entries, consents, key=key), key=key)
    # The streams are not of one instant: what seems to differ is looked at again, under its lock, when they are read.
    seeming = [of for of, rows in merged if _difference(of, rows, purposes[of[1]])]
    for point_id, purpose_id, channel in seeming:
        found = {"point_id": point_id, "purpose_id": purpose_id, "channel": channel}
        with transaction.atomic():
            _lock(ContactPoint.objects.get(pk=point_id))
            rows: list[Any] = [*ConsentEvent.objects.filter(**found), *Consent.objects.filter(**found)]
            difference = _difference((point_id, purpose_id, channel), rows, purposes[purpose_id])
        if difference:
            yield difference


def _difference(
    of: tuple[int, int, str], rows: Iterable[ConsentEvent | Consent], purpose: Purpose
) -> Difference | None:
    """Hold one consent against its entries; both come in `rows`, and either may be missing."""
    entries, consent = [], None
    for row in rows:
        if isinstance(row, Consent):
            consent = row
        else:
            entries.append(row)
    state = state_of(entries, purpose)
    expected = _columns(state) if state.entry_ids else None
    if expected == (consent and {name: getattr(consent, name) for name in _columns(state)}):
        return None
    point_id, _purpose_id, channel = of
    return Difference(
        consent.pk if consent else None,
        point_id,
        purpose.slug,
        channel,
        consent.status if consent else "missing",
        state.status.value if entries else "no entries",
    )


def broken_evidence() -> list[int]:
    """Return the ids of entries whose evidence is not what they were committed to, or was never committed."""
    return [
        evidence.entry_id
        for evidence in Evidence.objects.select_related("entry").iterator(2000)
        if evidence.entry.evidence_digest
        != Proof(evidence.ip, evidence.user_agent, evidence.shown, evidence.message).digest(evidence.salt)
    ]


def rebuild(difference: Difference, *, actor: Actor, at: datetime) -> None:
    """Write one consent anew from its entries; one without entries goes. Its history says who did it and why."""
    purpose = Purpose.objects.get(slug=difference.purpose)
    found = {"point_id": difference.point_id, "purpose": purpose, "channel": difference.channel}
    with transaction.atomic(), attributed_to(Origin(actor, at, "rebuilt from the ledger")):
        _lock(ContactPoint.objects.get(pk=difference.point_id))
        state = state_of(ConsentEvent.objects.filter(**found), purpose)
        consent = Consent.objects.filter(**found).first()
        if state.entry_ids:
            _save(consent or Consent(**found), state)
        elif consent:
            consent.delete()


def _require_sense(purpose: Purpose, channel: Channel, act: Act, occurred_at: datetime, notice: Notice | None) -> None:
    if occurred_at > timezone.now():
        raise Refused(f"{act} cannot have occurred in the future")
    if notice is None:
        if act in (Act.REQUESTED, Act.GIVEN, Act.CONFIRMED, Act.RENEWED):
            raise Refused(f"{act} needs the notice that was shown (GDPR 7(1))")
    elif notice.purpose_id != purpose.pk:
        raise Refused(f"the notice {notice} is of another purpose than {purpose.slug}")
    elif notice.published_at is None:
        raise Refused(f"the notice {notice} was never published")
    if act in (Act.GIVEN, Act.RENEWED) and channel not in purpose.channels:
        raise Refused(f"the purpose {purpose.slug} does not cover the channel {channel}")


def _lock(point: ContactPoint) -> None:
    """Lock the point's line, then read the point again: an erasure that came first has blanked it."""
    if point.line_id:
        list(PhoneNumber.objects.filter(pk=point.line_id).locked())
    point.refresh_from_db(fields=["line", "erased_at"])


def _project(
    entry: ConsentEvent, purpose: Purpose, consent: Consent | None, *, actor: Actor, batch: ImportBatch | None
) -> None:
    entries = ConsentEvent.objects.filter(point=entry.point_id, purpose=purpose, channel=entry.channel)
    state = state_of(entries, purpose)
    if not state.entry_ids:
        return  # such as a confirmation of nothing: it stands in the ledger, and amounts to nothing
    if consent is None:
        consent = Consent(point_id=entry.point_id, purpose=purpose, channel=entry.channel)
    origin = Origin(actor, entry.recorded_at, entry.act, source=entry.source, batch=batch, channel=entry.method)
    with attributed_to(origin):
        _save(consent, state)


def _save(consent: Consent, state: State) -> None:
    for name, value in _columns(state).items():
        setattr(consent, name, value)
    consent.save()


def _columns(state: State) -> dict[str, object]:
    """Return what a consent says of a state."""
    return {
        "status": state.status.value,
        "since": state.since,
        "given_at": state.given_at,
        "notice_id": state.notice_id,
        "source_id": state.source_id,
        "last_entry_id": state.entry_ids[-1] if state.entry_ids else None,
    }
