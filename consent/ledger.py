"""The ledger's verbs. `record` is the only insert of a ConsentEvent, and the only writer of a Consent.

An entry and its projection are written in one transaction, under the lock of the line that the point is at:
the same lock that an erasure takes, so neither can slip in between the other's reading and writing.
"""

import hashlib
import heapq
import json
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from consent.models import Consent, ConsentEvent, Evidence, Method, Notice, Purpose
from consent.projection import Key, columns_of, project, state_of
from consent.rules.lines import Channel
from consent.rules.states import Act, Entry, Status
from consent.rules.times import require_aware
from crm import bulk
from crm.models import Actor, ContactPoint, ImportBatch, Origin, PhoneNumber, Source, attributed_to

_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


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
        return hashlib.sha256(f"{salt}\n{_CANONICAL.encode(content)}".encode()).hexdigest()


# What is an entry's own; the rest is the same of all that are appended together.
_ENTRY = (
    *("id", "uid", "point_id", "purpose_id", "channel", "act", "occurred_at", "notice_id", "method"),
    "evidence_digest",
)


_NOES = frozenset({Act.REFUSED, Act.WITHDRAWN, Act.REVOKED})


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
    A no at a point that ended when its contact was merged is recorded at the one that stayed in its place.
    Raises Refused (PointErased, AlreadyWithdrawn) or NaiveTimestamp; then nothing was written.
    """
    occurred_at = require_aware(occurred_at, name="occurred_at")
    _require_sense(purpose, channel, act, occurred_at, notice)
    with transaction.atomic():
        _lock(point)
        if point.erased_at is not None:
            raise PointErased(f"contact point {point.pk} was erased")
        if act in _NOES:
            point = _in_its_place(point)
        consent = Consent.objects.filter(point=point, purpose=purpose, channel=channel).first()
        if act is Act.WITHDRAWN and consent and consent.status == Status.WITHDRAWN and occurred_at >= consent.since:
            raise AlreadyWithdrawn(f"consent {consent.pk} was withdrawn before")
        said = Said(point.pk, purpose, channel, act, occurred_at, method, notice.pk if notice else None, evidence)
        (pk,) = append([said], actor=actor, source=source, batch=batch)
    return ConsentEvent.objects.get(pk=pk)


class Said(NamedTuple):
    """An entry that is to be: what `record` takes, for one of many. occurred_at: aware, in UTC."""

    point_id: int
    purpose: Purpose
    channel: Channel
    act: Act
    occurred_at: datetime
    method: Method
    notice_id: int | None = None
    evidence: Proof | None = None


def append(
    said: Sequence[Said], *, actor: Actor, source: Source | None, batch: ImportBatch | None, new: Collection[int] = ()
) -> list[int]:
    """Append entries to the ledger, bring their consents up to date, and return the entries' ids, in order.

    Must be called under the locks of the points' lines, with points that are not erased, and with entries that
    make sense (see `record`). new: ids of points that this transaction has made, of which the ledger says nothing.
    """
    now = timezone.now()
    ids = bulk.new_ids(ConsentEvent, len(said))
    salts = [secrets.token_hex(32) if one.evidence else "" for one in said]
    source_id, batch_id = source and source.pk, batch and batch.pk
    bulk.insert(
        ConsentEvent,
        (*_ENTRY, "source_id", "batch_id", "actor_name", "actor_user_id", "recorded_at"),
        [
            (*_entry(pk, one, salt), source_id, batch_id, actor.name, actor.user_id, now)
            for pk, one, salt in zip(ids, said, salts, strict=True)
        ],
    )
    bulk.insert(
        Evidence,
        ("entry_id", "salt", "ip", "user_agent", "shown", "message", "created_at"),
        [
            (pk, salt, one.evidence.ip, one.evidence.user_agent, one.evidence.shown, one.evidence.message, now)
            for pk, one, salt in zip(ids, said, salts, strict=True)
            if one.evidence
        ],
    )
    _bring_up_to_date(dict(zip(ids, said, strict=True)), fresh=new, origin=Origin(actor, now, "", source, batch))
    return ids


@dataclass(frozen=True, slots=True)
class Difference:
    """A consent that does not say what its entries amount to; `consent_id` is None where it is missing."""

    consent_id: int | None
    point_id: int
    purpose: str
    channel: str
    held: str
    folded: str


_KEY = Key._fields


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
    expected = columns_of(state) if state.entry_ids else None
    if expected == (consent and {name: getattr(consent, name) for name in columns_of(state)}):
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
            consent = consent or Consent(**found)
            for name, value in columns_of(state).items():
                setattr(consent, name, value)
            consent.save()
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
    point.refresh_from_db(fields=["line", "erased_at", "superseded_by"])


def _in_its_place(point: ContactPoint) -> ContactPoint:
    """Return the point that stayed where two at one line were merged: a no to the one that ended is a no to it."""
    while point.superseded_by is not None and point.superseded_by.line_id == point.line_id:
        point = point.superseded_by
    return point


def _entry(pk: int, said: Said, salt: str) -> tuple[Any, ...]:
    """Return the values of an entry that are its own, in the order of _ENTRY."""
    digest = said.evidence.digest(salt) if said.evidence else ""
    return (
        pk,
        uuid4(),
        said.point_id,
        said.purpose.pk,
        said.channel.value,
        said.act.value,
        said.occurred_at,
        said.notice_id,
        said.method.value,
        digest,
    )


def _bring_up_to_date(said: Mapping[int, Said], *, fresh: Collection[int], origin: Origin) -> None:
    source_id = origin.source.pk if origin.source else None
    entries: dict[Key, list[Entry]] = {}
    because = {}
    for pk, one in said.items():
        key = Key(one.point_id, one.purpose.pk, one.channel.value)
        entries.setdefault(key, []).append(Entry(pk, one.act, one.occurred_at, one.notice_id, source_id))
        because[key] = (one.act, one.method)
    purposes = {one.purpose.pk: one.purpose for one in said.values()}
    project(entries, purposes, because=because, fresh=fresh, origin=origin)
