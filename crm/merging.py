"""Merging two contacts that are one person: what of crm moves, and what becomes of the contact that is merged.

The survivor gets everything that leads to a person: points with where they come from, tags, what its profile lacks.
Nothing is copied but provenances, and nothing is deleted but a tag that both have. The merged contact stays as a bare
row that names the survivor, with its history, which is erased with the survivor's. It cannot be undone: afterwards
nobody could tell whose a change was.

The caller locks, decides what becomes of consent, and then lets things move, all in one transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from crm import bulk, phones
from crm.models import (
    Contact,
    ContactPoint,
    ContactTag,
    DistinctPeople,
    Origin,
    PhoneNumber,
    Provenance,
    attributed_to,
    fingerprint_keys,
)

Status = Contact.Status


class NotMergeable(ValueError):
    """These two cannot be merged: they are the same, or one of them was erased or merged before."""


class Outrun(Exception):
    """A number was added to one of them while the locks were being taken: begin again."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Two contacts with what they have, as `lock` or `look` has found it. points: living or ended, not erased."""

    survivor: Contact
    other: Contact
    points: Sequence[ContactPoint] = field(repr=False)

    def same(self) -> list[tuple[ContactPoint, ContactPoint]]:
        """Return the pairs of living points, the survivor's first, at one line and extension."""
        own = {
            (point.line_id, point.extension): point
            for point in self.points
            if point.contact_id == self.survivor.pk and point.until is None
        }
        return [
            (own[point.line_id, point.extension], point)
            for point in self.points
            if point.contact_id == self.other.pk and point.until is None and (point.line_id, point.extension) in own
        ]


def lock(survivor_id: int, other_id: int) -> Locked:
    """Lock two contacts with all that will move, in the order in which everyone does. Raises NotMergeable, Outrun."""
    ids = {survivor_id, other_id}
    of_both = ContactPoint.objects.filter(contact__in=ids, erased_at=None)
    lines = set(of_both.values_list("line", flat=True))
    list(PhoneNumber.objects.filter(pk__in=lines).locked())
    points = list(of_both.select_for_update(of=("self",)).order_by("pk"))
    found = {
        contact.pk: contact
        for contact in Contact.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
    }
    # Under the contacts' locks nothing can be attached any more; what was, in between, is at a line that is not ours.
    if set(of_both.values_list("pk", flat=True)) != {point.pk for point in points}:
        raise Outrun
    if len(found) < 2 or any(contact.status not in (Status.LIVE, Status.RESTRICTED) for contact in found.values()):
        raise NotMergeable(f"contacts {survivor_id} and {other_id} are not two that are held")
    return Locked(found[survivor_id], found[other_id], points)


def look(survivor: Contact, other: Contact) -> Locked:
    """Return the same as it is at this moment, without any lock: to say beforehand what would move."""
    points = ContactPoint.objects.filter(contact__in=[survivor, other], erased_at=None)
    return Locked(survivor, other, list(points.select_related("line").order_by("pk")))


def filled(survivor: Contact, other: Contact, *, take: Collection[str] = ()) -> dict[str, str]:
    """Return what of the other's profile the survivor gets: what it lacks, and what somebody has chosen to take."""
    return {
        name: value
        for name in Contact.PROFILE
        if (value := getattr(other, name)) and getattr(survivor, name) != value
        if name in take or not getattr(survivor, name)
    }


def differing(survivor: Contact, other: Contact) -> list[str]:
    """Return the fields of the profile of which both say something, and not the same."""
    names = [name for name in Contact.PROFILE if getattr(survivor, name) and getattr(other, name)]
    return [name for name in names if getattr(survivor, name) != getattr(other, name)]


def move(locked: Locked, *, take: Collection[str], kept: Mapping[int, int], origin: Origin) -> None:
    """Move everything to the survivor. take: see `filled`. kept: of two points that are the same, by the id of the one
    that ends the id of the one that stays."""
    survivor, other = locked.survivor, locked.other
    with attributed_to(origin):
        _move_points(locked, kept, origin)
        _move_tags(survivor, other)
        _keep_apart(survivor, other)
        _write_profiles(survivor, other, filled(survivor, other, take=take))
    Contact.objects.filter(merged_into=other).update(merged_into=survivor)


def _move_points(locked: Locked, kept: Mapping[int, int], origin: Origin) -> None:
    by_id = {point.pk: point for point in locked.points}
    own = [point for point in locked.points if point.contact_id == locked.survivor.pk and point.until is None]
    primary = next((point for point in own if point.is_primary), None)
    for ended_id, kept_id in kept.items():
        ended, stays = by_id[ended_id], by_id[kept_id]
        if ended is primary:
            primary = stays
        ended.until = max(origin.at, ended.since)
        ended.is_primary, ended.superseded_by = False, stays
        ended.save(update_fields=["until", "is_primary", "superseded_by"])
        _trace_alike(ended, stays)
    for point in locked.points:
        names = []
        if point.contact_id != locked.survivor.pk:
            point.contact, names = locked.survivor, ["contact"]
        is_primary = point is primary if primary else point.is_primary
        if point.until is None and point.is_primary is not is_primary:
            point.is_primary = is_primary
            names.append("is_primary")
        if names:
            point.save(update_fields=names)
    # Of erased ones nothing is left but their ids: whose they were is the survivor's.
    for point in ContactPoint.objects.filter(contact=locked.other).order_by("pk"):
        point.contact = locked.survivor
        point.save(update_fields=["contact"])


def _trace_alike(ended: ContactPoint, stays: ContactPoint) -> None:
    """Let the point that stays say of every source that it brought this person at this number."""
    there = set(Provenance.objects.filter(point=stays).values_list("source", "batch"))
    for provenance in Provenance.objects.filter(point=ended).order_by("pk"):
        if (provenance.source_id, provenance.batch_id) not in there:
            provenance.pk, provenance.point = None, stays
            provenance._state.adding = True
            provenance.save()


def _move_tags(survivor: Contact, other: Contact) -> None:
    has = set(ContactTag.objects.filter(contact=survivor).values_list("tag", flat=True))
    for tag in ContactTag.objects.filter(contact=other).order_by("pk"):
        if tag.tag_id in has:
            tag.delete()
        else:
            tag.contact = survivor
            tag.save(update_fields=["contact"])


def _keep_apart(survivor: Contact, other: Contact) -> None:
    """Whoever is another person than the one that is merged is another than the survivor."""
    for pair in DistinctPeople.objects.filter(first=other) | DistinctPeople.objects.filter(second=other):
        third = pair.first_id if pair.second_id == other.pk else pair.second_id
        if third != survivor.pk:
            first, second = sorted((third, survivor.pk))
            values = {"decided_at": pair.decided_at, "decided_by_id": pair.decided_by_id}
            DistinctPeople.objects.get_or_create(first_id=first, second_id=second, defaults=values)
        pair.delete()


def _write_profiles(survivor: Contact, other: Contact, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        setattr(survivor, name, value)
    seen = [at for at in (survivor.last_interaction_at, other.last_interaction_at) if at]
    survivor.last_interaction_at = max(seen, default=None)
    if other.status == Status.RESTRICTED:
        survivor.status = Status.RESTRICTED
    other.email_key = email_key(other.email) if other.email else ""
    for name in (*Contact.PROFILE, "last_interaction_at"):
        setattr(other, name, Contact.privacy.personal[name])
    other.status, other.merged_into = Status.MERGED, survivor
    other.save()
    # Also where nothing of it changes: its history says that it was merged, and an undo of its import sees it.
    survivor.save()


def email_key(email: str) -> str:
    """Return the keyed fingerprint by which an e-mail that a merged contact had is recognised, whatever its case."""
    return phones.fingerprint_of_id(f"e-mail:{email.upper()}", key=next(iter(fingerprint_keys().values())))


def kept_as(contact_ids: Collection[int]) -> set[int]:
    """Return the ids of these contacts and of those that were merged into them: of whom somebody may write down a
    request, or a disclosure, while they are merged."""
    if not contact_ids:
        return set()
    merged = bulk.among(Contact.objects, "merged_into", contact_ids).values_list("pk", flat=True)
    return {*contact_ids, *merged}


def survivor_of(contact: Contact) -> Contact:
    """Return the contact that a merged one was merged into; any other is itself."""
    return contact.merged_into or contact
