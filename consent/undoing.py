"""Undoing an import with its consents: crm takes back people and numbers, and here the ledger is told.

The ledger only grows. A grant that the import brought is ended by an entry that says it never was valid, as of the
very moment it claims; every no stays, with the number that it is about.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from consent import ledger
from consent.models import (
    Challenge,
    Consent,
    ConsentEvent,
    Disclosure,
    Evidence,
    InboundMessage,
    LegalHold,
    Method,
    OutgoingMessage,
    PreferenceToken,
    SubjectRequest,
    Suppression,
)
from consent.retention.purging import lock_holds
from consent.retention.selection import standing_holds
from consent.rules.lines import Channel
from consent.rules.states import Act
from consent.withdrawal import OPEN
from crm.imports import undo as crm_undo
from crm.imports.undo import Beyond, Undone
from crm.models import Actor, ContactPoint, ImportBatch


class WithConsents(Beyond):
    """What hangs on the points of a batch in this app: entries, consents, evidence, suppressions and holds."""

    def lock(self) -> None:
        """Let no hold be placed meanwhile."""
        lock_holds()

    def keeps(self, points: Sequence[ContactPoint]) -> Mapping[int, str]:
        """Keep what the ledger says more of, what somebody has said no to, and what is or was held."""
        ids = [point.pk for point in points]
        answered = set(self._entries_of_others(ids).values_list("point", flat=True))
        refused = set(
            Suppression.objects.filter(line__in=[point.line_id for point in points]).values_list("line", flat=True)
        )
        held = self._held_points(points)
        dealt_with = self._dealt_with({point.contact_id for point in points})
        in_touch = self._in_touch(points)
        reasons = {}
        for point in points:
            if point.pk in held:
                reasons[point.pk] = "held"
            elif point.line_id in refused:
                reasons[point.pk] = "suppressed"
            elif point.pk in answered:
                reasons[point.pk] = "consent_since"
            elif point.pk in in_touch or point.contact_id in dealt_with:
                reasons[point.pk] = "dealt_with"
        return reasons

    def keeps_contacts(self, contact_ids: Collection[int]) -> Mapping[int, str]:
        """Keep the contacts that a request, a disclosure or a hold names, also one that has ended: it stays."""
        holds = LegalHold.objects.filter(contact__in=contact_ids).values_list("contact", flat=True)
        reasons = dict.fromkeys(self._dealt_with(contact_ids), "dealt_with")
        return reasons | {pk: "held" for pk in holds if pk is not None}

    def end(self, points: Sequence[ContactPoint], reversed_: "Counter[str]", kept: "Counter[str]") -> None:
        """End each consent that rests on the batch alone; what the ledger has more to say of stays as it is."""
        ids = [point.pk for point in points]
        others = set(self._entries_of_others(ids).values_list("point", "purpose", "channel"))
        given: dict[tuple[int, int, str], datetime] = {}
        for entry in ConsentEvent.objects.filter(point__in=ids, batch=self.batch).order_by("occurred_at"):
            given[entry.point_id, entry.purpose_id, entry.channel] = entry.occurred_at
        consents = Consent.objects.filter(point__in=ids).select_related("point", "purpose").order_by("pk")
        for consent in consents:
            key = (consent.point_id, consent.purpose_id, consent.channel)
            if key not in given or consent.status not in OPEN:
                continue
            if key in others:
                kept["consent_since"] += 1
                continue
            ledger.record(
                point=consent.point,
                purpose=consent.purpose,
                channel=Channel(consent.channel),
                act=Act.INVALIDATED,
                occurred_at=given[key],
                method=Method.STAFF,
                actor=self.origin.actor,
                source=self.batch.source,
                batch=self.batch,
            )
            reversed_["consents"] += 1

    def named(self, points: Sequence[ContactPoint]) -> Collection[int]:
        """Return the points that the ledger names; their evidence goes with them, as the entries verify without."""
        named = set(ConsentEvent.objects.filter(point__in=points).values_list("point", flat=True))
        Evidence.objects.filter(entry__point__in=named).delete()
        return named

    def _dealt_with(self, contact_ids: Collection[int]) -> set[int]:
        """Return the contacts who have asked something of us, or whose data was given to somebody."""
        found = (model.objects.filter(contact__in=contact_ids) for model in (SubjectRequest, Disclosure))
        return {pk for rows in found for pk in rows.values_list("contact", flat=True)}

    def _entries_of_others(self, point_ids: Sequence[int]) -> QuerySet[ConsentEvent]:
        """Return the entries that neither this batch brought nor one that was undone before."""
        ours = Q(batch=self.batch) | Q(batch__stage=ImportBatch.Stage.UNDONE)
        return ConsentEvent.objects.filter(Q(batch=None) | ~ours, point__in=point_ids)

    def _in_touch(self, points: Sequence[ContactPoint]) -> set[int]:
        """Return the ids of points to which we wrote, gave a link, or from whose lines something came."""
        ids, lines = [point.pk for point in points], [point.line_id for point in points]
        asked = set(Challenge.objects.filter(point__in=ids).values_list("point", flat=True))
        heard: set[int] = set()
        for model in (InboundMessage, OutgoingMessage, PreferenceToken):
            heard.update(model._default_manager.filter(line__in=lines).values_list("line", flat=True))
        return asked | {point.pk for point in points if point.line_id in heard}

    def _held_points(self, points: Sequence[ContactPoint]) -> set[int]:
        """Return the ids of points that a hold names, and of all that come from a source under a hold."""
        if standing_holds(as_of=self.origin.at).filter(source=self.batch.source).exists():
            return {point.pk for point in points}
        holds = LegalHold.objects.filter(Q(point__in=points) | Q(contact__in=[point.contact_id for point in points]))
        named = list(holds.values_list("point", "contact"))
        return {
            point.pk for point in points if any(pk == point.pk or contact == point.contact_id for pk, contact in named)
        }


def undo(batch: ImportBatch, *, actor: Actor, at: datetime) -> Undone:
    """Undo a committed batch with its consents at `at` (aware), or go on with it. Raises NotUndone."""
    return crm_undo.undo(batch, actor=actor, at=at, beyond=WithConsents)


def carry_on(batch: ImportBatch) -> Undone:
    """Go on with a batch that is being undone; one that is not is left alone."""
    return crm_undo.carry_on(batch, beyond=WithConsents)
