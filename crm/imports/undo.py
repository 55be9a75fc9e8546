"""Undoing an import: what it alone brought goes, and what anybody has had to do with since stays.

Nothing here guesses. A row of the history says which import wrote it, a provenance which import stands behind a
point; so a contact or a point that has a row of somebody else's after the import's own was touched, and stays, with
the reason counted. It is done contact by contact, in chunks: what a chunk did and the contact it came to are written
in its own transaction, under the batch's lock, so that an undo that is killed is taken up where it was.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import erasure
from crm.imports import chunks
from crm.imports.run import tried_again
from crm.models import Actor, Contact, ContactPoint, ContactTag, ImportBatch, Origin, Provenance, attributed_to

Stage = ImportBatch.Stage
# Why something stays, and what it is called.
KEPT = {
    "held": gettext_lazy("under a legal hold"),
    "suppressed": gettext_lazy("somebody has said no to this number"),
    "other_source": gettext_lazy("another source stands behind it"),
    "changed_since": gettext_lazy("somebody has changed it since"),
    "consent_since": gettext_lazy("the ledger has other entries about it"),
    "dealt_with": gettext_lazy("a message, a preference link, a request or a disclosure names it"),
}
REVERSED = {
    "contacts": gettext_lazy("contacts removed"),
    "points": gettext_lazy("contact points removed"),
    "lines": gettext_lazy("numbers removed"),
    "provenances": gettext_lazy("provenances removed"),
    "restored": gettext_lazy("changes taken back"),
    "consents": gettext_lazy("consents ended"),
}


class NotUndone(ValueError):
    """The batch cannot be undone: it was never committed, or was undone before."""

    def __init__(self, batch: ImportBatch) -> None:
        super().__init__(_("Import %(id)s was not committed, or was undone before.") % {"id": batch.pk})


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did: how many of each were reversed, and how many stay, by reason."""

    reversed: Mapping[str, int]
    kept: Mapping[str, int]


class Beyond:
    """What hangs on the points of a batch beyond this app. Here is nothing; whoever knows of more subclasses it."""

    def __init__(self, batch: ImportBatch, origin: Origin) -> None:
        self.batch, self.origin = batch, origin

    def lock(self) -> None:
        """Lock what must not change meanwhile, before any line is locked."""

    def keeps(self, points: Sequence[ContactPoint]) -> Mapping[int, str]:
        """Return why points must stay, by id: a key of KEPT."""
        return {}

    def keeps_contacts(self, contact_ids: Collection[int]) -> Mapping[int, str]:
        """Return why contacts must stay, by id."""
        return {}

    def end(self, points: Sequence[ContactPoint], reversed_: "Counter[str]", kept: "Counter[str]") -> None:
        """End what the batch brought at these points, whether they stay or go."""

    def named(self, points: Sequence[ContactPoint]) -> Collection[int]:
        """Return the ids of those points that something names for good, and let go of what else is theirs."""
        return ()


def undo(batch: ImportBatch, *, actor: Actor, at: datetime, beyond: type[Beyond] = Beyond) -> Undone:
    """Undo a committed batch at `at` (aware), or go on with an undo that broke off. Raises NotUndone."""
    batch.refresh_from_db()
    if batch.stage != Stage.UNDOING:
        begin(batch, actor=actor, at=at)
    return carry_on(batch, beyond=beyond)


def begin(batch: ImportBatch, *, actor: Actor, at: datetime) -> None:
    """Release a committed batch for undoing, once. Raises NotUndone."""
    committed = ImportBatch.objects.filter(pk=batch.pk, stage=Stage.COMMITTED)
    if not committed.update(
        stage=Stage.UNDOING, undone_at=at, undone_by_id=actor.user_id, undone_as=actor.name, undone_to=0, undone={}
    ):
        raise NotUndone(batch)
    batch.refresh_from_db()


def carry_on(batch: ImportBatch, *, beyond: type[Beyond]) -> Undone:
    """Undo what is left of a batch that is being undone; one that is not is left alone."""
    batch.refresh_from_db()
    while batch.stage == Stage.UNDOING:
        _go_on(batch, beyond)
        batch.refresh_from_db()
    erasure.flush_residue()
    return Undone(batch.undone.get("reversed", {}), batch.undone.get("kept", {}))


def _go_on(batch: ImportBatch, beyond: type[Beyond]) -> None:
    """Undo to the end, or to where another worker has gone on."""
    done, ids = batch.undone_to, _contacts_of(batch)
    for start in range(0, len(ids), settings.IMPORT_CHUNK_ROWS):
        chunk = ids[start : start + settings.IMPORT_CHUNK_ROWS]
        if not _undo_chunk(batch.pk, chunk, done, beyond):
            return
        done = chunk[-1]
    ImportBatch.objects.filter(pk=batch.pk, stage=Stage.UNDOING, undone_to=done).update(stage=Stage.UNDONE)


def _contacts_of(batch: ImportBatch) -> list[int]:
    """Return the ids of the contacts that the batch touched and the undo has not come to."""
    points = Provenance.objects.filter(batch=batch).values_list("point__contact", flat=True)
    rows = Contact.history.filter(history_batch=batch).values_list("id", flat=True)
    return sorted({pk for pk in [*points, *rows] if pk > batch.undone_to})


def _undo_chunk(batch_id: int, ids: Sequence[int], done: int, beyond: type[Beyond]) -> bool:
    """Undo what was brought of some contacts in one transaction; return False when another worker has gone on."""

    def attempt() -> bool:
        with transaction.atomic():
            chunks.take_turns()
            batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("source").get(pk=batch_id)
            if batch.stage != Stage.UNDOING or batch.undone_to != done or not batch.undone_at:
                return False
            origin = Origin(Actor(batch.undone_as, batch.undone_by_id), batch.undone_at, f"undo of import {batch.pk}")
            reversed_, kept = (Counter[str](batch.undone.get(name, {})) for name in ("reversed", "kept"))
            with attributed_to(origin):
                _reverse(ids, batch, beyond(batch, origin), origin, reversed_, kept)
            batch.undone = {"reversed": dict(+reversed_), "kept": dict(+kept)}
            batch.undone_to = ids[-1]
            batch.save(update_fields=["undone", "undone_to"])
        return True

    return tried_again(attempt)


def _reverse(
    ids: Sequence[int],
    batch: ImportBatch,
    beyond: Beyond,
    origin: Origin,
    reversed_: "Counter[str]",
    kept: "Counter[str]",
) -> None:
    """Undo what the batch brought of these contacts, under their locks."""
    beyond.lock()
    locked = erasure.lock(
        ContactPoint.objects.filter(contact__in=ids, provenances__batch=batch).values_list("pk", flat=True)
    )
    points = list(ContactPoint.objects.filter(pk__in=[point.pk for point in locked]).order_by("pk"))
    list(Contact.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk"))
    of_points = _pasts(ContactPoint, [point.pk for point in points], batch, ["label"])
    of_contacts = _pasts(Contact, ids, batch, [*Contact.PROFILE, "last_interaction_at"])
    for pk in ContactTag.history.filter(contact__in=ids).values_list("contact", flat=True).distinct():
        # Somebody has put the contact into a group, which says nothing against giving back what its profile was.
        of_contacts[pk].touched_since |= of_contacts[pk].made
    beyond.end(points, reversed_, kept)
    reasons = _reasons(points, batch, beyond, of_points, of_contacts)
    going = [point for point in points if of_points[point.pk].made and point.pk not in reasons]
    staying = [point for point in points if point not in going]
    kept.update(reasons[point.pk] for point in staying if of_points[point.pk].made)
    # A point always says where it comes from: only where another source stands behind it does this one go.
    spare = [point.pk for point in staying if reasons.get(point.pk) == "other_source"]
    reversed_["provenances"] += Provenance.objects.filter(point__in=spare, batch=batch).delete()[0]
    leaving = _leaving(ids, going, beyond, of_contacts, kept)
    reversed_["provenances"] += Provenance.objects.filter(point__in=going).count()
    reversed_.update(erasure.take_back(going, named=beyond.named(going), contact_ids=leaving, origin=origin))
    for model, pasts in ((ContactPoint, of_points), (Contact, of_contacts)):
        _restore(model, pasts, reversed_, kept)


@dataclass(slots=True)
class _Past:
    """What the history says of one object: whether the batch made or changed it, and who came after."""

    made: bool = False
    changed: bool = False
    touched_since: bool = False
    before: Mapping[str, Any] | None = None


def _pasts(
    model: type[models.Model], ids: Iterable[int], batch: ImportBatch, fields: Sequence[str]
) -> dict[int, _Past]:
    """Return the past of each object, as the rows of its history tell it.

    What an import made that was undone before, and that stayed for this one's sake, counts as made by this one.
    """
    undone = set(ImportBatch.objects.filter(stage=Stage.UNDONE).values_list("pk", flat=True))
    pasts = {pk: _Past() for pk in ids}
    history: Any = model.history  # type: ignore[attr-defined]
    rows = history.filter(id__in=list(pasts)).order_by("history_id")
    for row in rows.values("id", "history_type", "history_batch_id", *fields):
        past = pasts[row["id"]]
        ours = row["history_batch_id"] == batch.pk
        past.made |= row["history_type"] == "+" and (ours or row["history_batch_id"] in undone)
        if ours or (past.made and row["history_batch_id"] in undone):
            past.changed |= row["history_type"] == "~"
        elif past.made or past.changed:
            past.touched_since = True
        else:
            past.before = {name: row[name] for name in fields}
    return pasts


def _reasons(
    points: Sequence[ContactPoint],
    batch: ImportBatch,
    beyond: Beyond,
    of_points: Mapping[int, _Past],
    of_contacts: Mapping[int, _Past],
) -> dict[int, str]:
    """Return why points stay, by id: the strongest reason for each."""
    elsewhere = Provenance.objects.filter(point__in=points).filter(~Q(batch=batch) | Q(batch=None))
    reasons = {
        point.pk: "changed_since"
        for point in points
        if of_points[point.pk].touched_since or of_contacts[point.contact_id].touched_since
    }
    more = beyond.keeps(points)
    reasons |= more
    reasons |= {pk: "other_source" for pk in elsewhere.values_list("point", flat=True) if more.get(pk) != "held"}
    return reasons


def _leaving(
    ids: Sequence[int],
    going: Sequence[ContactPoint],
    beyond: Beyond,
    of_contacts: Mapping[int, _Past],
    kept: "Counter[str]",
) -> list[int]:
    """Return the contacts that the batch made and of which nothing is left once these points are gone."""
    left = set(
        ContactPoint.objects.filter(contact__in=ids, erased_at=None)
        .exclude(pk__in=[point.pk for point in going])
        .values_list("contact", flat=True)
    )
    made = [pk for pk in ids if of_contacts[pk].made and pk not in left]
    reasons = {pk: "changed_since" for pk in made if of_contacts[pk].touched_since} | dict(beyond.keeps_contacts(made))
    kept.update(reasons.values())
    return [pk for pk in made if pk not in reasons]


def _restore(
    model: type[models.Model], pasts: Mapping[int, _Past], reversed_: "Counter[str]", kept: "Counter[str]"
) -> None:
    """Give back what stood there to those that the batch changed and did not make."""
    manager: Any = model._default_manager
    changed = {pk: past for pk, past in pasts.items() if past.changed and not past.made}
    kept["changed_since"] += sum(past.touched_since for past in changed.values())
    for thing in manager.filter(pk__in=[pk for pk, past in changed.items() if not past.touched_since], erased_at=None):
        before = changed[thing.pk].before or {}
        for name, value in before.items():
            setattr(thing, name, value)
        thing.save(update_fields=list(before))
        reversed_["restored"] += 1
