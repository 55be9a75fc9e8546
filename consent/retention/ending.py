"""The second stage: what is left of an erased number goes too, when its proof has been kept long enough.

The principle: after the erasure there are bare ids, sealed entries and a fingerprint. PROOF_MONTHS after their last
use they are of no use to anybody, and go, by the only path on which the ledger lets an entry go: that its proof has
ended is written down for good, of a sealed entry of an erased point, and the leaf of the entry stays under its seal,
so that the seals still verify. An entry that is not sealed waits for its seal. A legal hold keeps all of it.

Nothing of this is written in the journal of erasures: it names nobody, and after a restore the next night ends it
again. The journal's own records, which have fingerprints, go when they are as old.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from consent import journal
from consent.models import (
    Challenge,
    Consent,
    ConsentEvent,
    Disclosure,
    EndedProof,
    Evidence,
    InboundMessage,
    LegalHold,
    OutgoingMessage,
    PreferenceToken,
    Receipt,
    SealedEntry,
    SubjectRequest,
    Suppression,
)
from consent.retention.candidates import subtract
from consent.retention.purging import lock_holds
from consent.retention.selection import standing_holds
from consent.rules.ending import proof_ends_at
from consent.rules.times import require_aware
from crm.models import Actor, Contact, ContactPoint, ContactTag, DistinctPeople, Lease, PhoneNumber, Provenance

M = TypeVar("M", bound=models.Model)


def end_proofs(*, as_of: datetime, actor: Actor, lease: Lease) -> "Counter[str]":
    """Let go of everything whose proof period has ended by `as_of` (aware), and return how many of each, where any.

    "proofs_ended": contact points with their entries, "contacts_ended", "tombstones_ended", "journal_records_ended";
    "proofs_unsealed": points that wait for a seal. A period that ends in the future by the clock ends in its own night,
    however far ahead `as_of` is. In chunks, each whole or never begun; `lease` is renewed with each. Raises
    NaiveTimestamp, LeaseLost, JournalNotWritten.
    """
    as_of = min(require_aware(as_of, name="as_of"), timezone.now())
    counts: Counter[str] = Counter()
    cutoff = subtract(as_of, months=settings.PROOF_MONTHS)
    if cutoff is None:
        return counts
    ending = _Ending(as_of, actor)
    for candidates, end in (
        (PhoneNumber.objects.filter(number=None, erased_at__lte=cutoff), ending.end_lines),
        (ContactPoint.objects.filter(erased_at__lte=cutoff), ending.end_points),
        (Contact.objects.filter(status=Contact.Status.ERASED, erased_at__lte=cutoff), ending.end_contacts),
    ):
        for ids in _chunks(candidates):
            with transaction.atomic():
                lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
                lock_holds()
                counts.update(end(ids))
    counts["journal_records_ended"] = journal.shorten(as_of=as_of, months=settings.PROOF_MONTHS)
    return +counts


def _chunks(candidates: "QuerySet[Any]") -> Iterator[list[int]]:
    after = 0
    while True:
        ids = list(
            candidates.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[: settings.PURGE_CHUNK_POINTS]
        )
        if not ids:
            return
        yield ids
        after = ids[-1]


@dataclass(slots=True)
class _Uses:
    """When each of some things was used, by id."""

    by_id: dict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def add(self, rows: "QuerySet[Any, tuple[int | None, datetime | None]]") -> None:
        for pk, at in rows:
            if pk is not None and at is not None:
                self.by_id[pk].append(at)

    def ended(self, *, as_of: datetime) -> dict[int, datetime]:
        """Return those whose proof period has ended, and when each was last used."""
        return {
            pk: max(uses)
            for pk, uses in self.by_id.items()
            if proof_ends_at(uses, months=settings.PROOF_MONTHS) <= as_of
        }


@dataclass(frozen=True, slots=True)
class _Ending:
    """What ends, as of when, and by whom."""

    as_of: datetime
    actor: Actor

    def end_lines(self, ids: Sequence[int]) -> "Counter[str]":
        """End tombstones. A no of a person keeps the fingerprint for as long as it stands."""
        uses, said = _Uses(), Suppression.objects.filter(line__in=ids)
        uses.add(PhoneNumber.objects.filter(pk__in=ids, number=None).locked().values_list("pk", "erased_at"))
        for moment in ("since", "lifted_at"):
            uses.add(said.values_list("line").annotate(Max(moment)))
        uses.add(OutgoingMessage.objects.filter(line__in=ids).values_list("line").annotate(Max("created_at")))
        uses.add(InboundMessage.objects.filter(line__in=ids).values_list("line").annotate(Max("received_at")))
        going = uses.ended(as_of=self.as_of)
        noes = said.filter(extent=Suppression.Extent.CONTACT, lifted_at=None)
        for kept in (noes.values_list("line"), ContactPoint.objects.filter(line__in=ids).values_list("line")):
            for (pk,) in kept:
                going.pop(pk or 0, None)
        # A line of before that stays leads to it: its links still reach the number.
        links = dict(PhoneNumber.objects.filter(reopened_as__in=ids).values_list("pk", "reopened_as"))
        while named := {to for pk, to in links.items() if pk not in going and to in going}:
            going = {pk: last for pk, last in going.items() if pk not in named}
        inbound = InboundMessage.objects.filter(line__in=going)
        _delete(OutgoingMessage.objects.filter(Q(line__in=going) | Q(in_reply_to__in=inbound)))
        _delete(inbound)
        _delete(PreferenceToken.objects.filter(line__in=going))
        _delete(Suppression.objects.filter(line__in=going))
        return Counter(tombstones_ended=_delete(PhoneNumber.objects.filter(pk__in=going)))

    def end_points(self, ids: Sequence[int]) -> "Counter[str]":
        """End erased points and the entries of the ledger about them.

        Of what was used no message has to be asked for but those of challenges: none goes to an erased number.
        """
        points = list(ContactPoint.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk"))
        entries = ConsentEvent.objects.filter(point__in=ids)
        uses = _Uses()
        for point in points:
            uses.by_id[point.pk] += filter(None, [point.erased_at])
        for moment in ("occurred_at", "recorded_at"):
            uses.add(entries.values_list("point").annotate(Max(moment)))
        sent = OutgoingMessage.objects.filter(challenge__point__in=ids)
        uses.add(sent.values_list("challenge__point").annotate(Max("sent_at")))
        given = Disclosure.objects.filter(contact__in={point.contact_id for point in points})
        last_given = dict(given.values_list("contact").annotate(Max("at")))
        for point in points:
            uses.by_id[point.pk] += filter(None, [last_given.get(point.contact_id)])
        ended, held = uses.ended(as_of=self.as_of), self._held(points)
        sealed = SealedEntry.objects.filter(entry_id=OuterRef("pk"))
        unsealed = set(entries.filter(~Exists(sealed), point__in=ended).values_list("point", flat=True))
        going = [pk for pk in ended if pk not in held and pk not in unsealed]
        self._write_down(going, ended)
        _delete_entries(going)
        _delete_points(going)
        return Counter(proofs_ended=len(going), proofs_unsealed=len(unsealed - held))

    def end_contacts(self, ids: Sequence[int]) -> "Counter[str]":
        """End erased contacts of whom no point is left, with what they asked of us, and who was given their data."""
        uses = _Uses()
        left = Contact.objects.filter(pk__in=ids, points=None, status=Contact.Status.ERASED)
        uses.add(left.select_for_update(of=("self",)).order_by("pk").values_list("pk", "erased_at"))
        known = list(uses.by_id)
        requests = SubjectRequest.objects.filter(contact__in=known)
        for rows, moment in ((requests, "received_at"), (requests, "closed_at")):
            uses.add(rows.values_list("contact").annotate(Max(moment)))
        uses.add(Disclosure.objects.filter(contact__in=known).values_list("contact").annotate(Max("at")))
        going = uses.ended(as_of=self.as_of)
        standing = standing_holds(as_of=self.as_of).filter(contact__in=ids)
        open_ = requests.filter(state=SubjectRequest.State.OPEN)
        for kept in (standing.values_list("contact"), open_.values_list("contact")):
            for (pk,) in kept:
                going.pop(pk or 0, None)
        _delete(Disclosure.objects.filter(contact__in=going))
        _delete(SubjectRequest.objects.filter(contact__in=going))
        _delete(Receipt.objects.filter(point=None, contact_ref__in=going))
        _delete_with_history(LegalHold, contact__in=going)
        _delete_with_history(ContactTag, contact__in=going)
        _delete(DistinctPeople.objects.filter(Q(first__in=going) | Q(second__in=going)))
        Contact.objects.filter(merged_into__in=going).update(merged_into=None)
        return Counter(contacts_ended=_delete_with_history(Contact, pk__in=going))

    def _write_down(self, point_ids: Sequence[int], last_used: "dict[int, datetime]") -> None:
        """Write down that the proofs of these points have ended, which is the leave to delete their entries."""
        rows = ConsentEvent.objects.filter(point__in=point_ids).order_by("pk").values_list("pk", "point")
        EndedProof.objects.bulk_create(
            [
                EndedProof(
                    entry_id=entry_id, last_used_at=last_used[point], ended_at=self.as_of, actor_name=self.actor.name
                )
                for entry_id, point in rows
            ],
            batch_size=1000,
        )

    def _held(self, points: Sequence[ContactPoint]) -> set[int]:
        """Return the ids of points on which a hold stands, or on their contact, or on a source that is still known."""
        holds = list(standing_holds(as_of=self.as_of).values_list("point", "contact", "source"))
        sources = {source for _point, _contact, source in holds if source}
        from_them = Provenance.objects.filter(point__in=points, source__in=sources).values_list("point", flat=True)
        held = {point for point, _contact, _source in holds} | set(from_them)
        contacts = {contact for _point, contact, _source in holds}
        return {point.pk for point in points if point.pk in held or point.contact_id in contacts}


def _delete_entries(point_ids: Sequence[int]) -> None:
    """Delete the entries of ended points, and what names them."""
    entries = ConsentEvent.objects.filter(point__in=point_ids)
    # What such a grant once lifted was lifted long ago; it names the entry that goes.
    lifted = Suppression.objects.filter(lifted_by__in=entries)
    InboundMessage.objects.filter(suppression__in=lifted).update(suppression=None)
    _delete(lifted)
    challenges = Challenge.objects.filter(point__in=point_ids)
    _delete(OutgoingMessage.objects.filter(challenge__in=challenges))
    _delete(Challenge.entries.through.objects.filter(challenge__in=challenges))
    _delete(Challenge.entries.through.objects.filter(consentevent__in=entries))
    _delete(challenges)
    _delete_with_history(Consent, point__in=point_ids)
    _delete(Evidence.objects.filter(entry__in=entries))
    _delete(entries)


def _delete_points(ids: Sequence[int]) -> None:
    """Delete bare points, and what else names them."""
    _delete(Receipt.objects.filter(point__in=ids))
    _delete(PreferenceToken.objects.filter(point__in=ids))
    _delete(Provenance.objects.filter(point__in=ids))
    _delete_with_history(LegalHold, point__in=ids)
    _delete_with_history(ContactPoint, pk__in=ids)


def _delete_with_history(model: type[models.Model], **which: Any) -> int:
    manager: Any = model._default_manager
    history: Any = model.history  # type: ignore[attr-defined]
    rows = manager.filter(**which)
    history.filter(id__in=list(rows.values_list("pk", flat=True))).delete()
    return _delete(rows)


def _delete(rows: "QuerySet[M]") -> int:
    """Delete rows without a history row of it, and return how many; what names them must have gone before."""
    return rows.order_by()._raw_delete(rows.db) or 0
