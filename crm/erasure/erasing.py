"""Erasing locked points, and profiles, with what crm holds of them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from crm import bulk
from crm.erasure import anonymous
from crm.erasure.blanking import blank_approvals, blank_log, let_go_of_history
from crm.erasure.locking import Point, require_transaction
from crm.models import Contact, ContactPoint, ContactTag, Origin, PhoneNumber, Provenance, attributed_to


class Erased(NamedTuple):
    """What the erasure of one point, or of one contact that had none, did by table; no personal data."""

    point_id: int | None
    contact_id: int
    line_erased: bool
    profile_erased: bool
    counts: Mapping[str, int]


def erase(points: Sequence[Point], *, keep_counts: bool, profiles_of: Iterable[int], origin: Origin) -> list[Erased]:
    """Erase locked `points` and return what was done to each, in their order.

    keep_counts: anonymize (history rows stay, blanked, and a count of coarse facts) rather than purge.
    profiles_of: ids of those points whose contact is erased too, if no number of it is left.
    """
    require_transaction("erase")
    ids = [point.pk for point in points]
    sources = _sources_of(ids)
    with attributed_to(origin):
        history, log = erase_points(ids, keep=keep_counts, at=origin.at)
        lines_erased = blank_lines({point.line_id for point in points if point.line_id}, at=origin.at)
        wanted = set(profiles_of)
        contact_ids = {point.contact_id for point in points if point.pk in wanted}
        contacts_erased = erase_contacts(contact_ids, keep=keep_counts, at=origin.at)
    if keep_counts:
        anonymous.add(anonymous.facts_of(points, sources))
    provenance = Counter([point_id for point_id, _at, _kind in sources])
    return [
        Erased(
            point.pk,
            point.contact_id,
            point.line_id in lines_erased,
            point.contact_id in contacts_erased,
            {
                "history": history.get(point.pk, 0),
                "provenance": provenance[point.pk],
                "admin_log": log.get(point.pk, 0),
                **contacts_erased.get(point.contact_id, {}),
            },
        )
        for point in points
    ]


def _sources_of(ids: Collection[int]) -> list[anonymous.Brought]:
    """Return what brought these points, the first source first."""
    found = bulk.among(Provenance.objects, "point", ids).order_by("obtained_at", "pk")
    rows: Any = bulk.rows_of(found.values_list("point", "obtained_at", "source__kind"))
    return list(rows)


def erase_profile(contact: Contact, *, origin: Origin) -> Mapping[str, int]:
    """Erase a contact that has no number left, and leave no history; return the rows touched, by table."""
    require_transaction("erase the profile")
    return erase_contacts([contact.pk], keep=False, at=origin.at)[contact.pk]


def erase_points(ids: Collection[int], *, keep: bool, at: datetime) -> tuple[dict[int, int], dict[int, int]]:
    """Blank the points and their traces; return how many rows of history, and of the admin's log, each had."""
    history = let_go_of_history(ContactPoint, ids, keep=keep)
    of_points = bulk.among(Provenance.objects, "point", ids)
    if keep:
        of_points.update(**Provenance.privacy.personal)
    else:
        of_points.delete()
    # A point that this one succeeded, or was succeeded by, must not lead from one to the other.
    bulk.among(ContactPoint.objects, "superseded_by", ids).update(superseded_by=None)
    bulk.among(ContactPoint.history, "superseded_by", ids).update(superseded_by=None)
    bulk.among(ContactPoint.objects, "id", ids).update(**ContactPoint.privacy.personal, erased_at=at)
    return history, blank_log(ContactPoint, ids)


def blank_lines(ids: Collection[int], *, at: datetime) -> set[int]:
    """Blank at `at` (aware) those lines (ids) at which nobody is left, and return their ids; they must be locked.

    A line that others share stays as it is.
    """
    shared = bulk.among(ContactPoint.objects, "line", ids).filter(erased_at=None)
    going = set(ids) - set(shared.values_list("line", flat=True))
    bulk.among(PhoneNumber.objects, "id", going).update(**PhoneNumber.privacy.personal, erased_at=at)
    blank_log(PhoneNumber, going)
    return going


def _merged_into(contact_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Return the ids of the contacts that were merged into these, by survivor, where there are any."""
    found: dict[int, tuple[int, ...]] = {}
    if contact_ids:
        rows = bulk.among(Contact.objects, "merged_into", contact_ids).order_by("pk")
        for pk, survivor_id in rows.values_list("pk", "merged_into"):
            found[survivor_id] = (*found.get(survivor_id, ()), pk)
    return found


def erase_contacts(ids: Iterable[int], *, keep: bool, at: datetime) -> dict[int, dict[str, int]]:
    """Blank the contacts that have no number left, and their history; return the rows touched for each.

    Those that were merged into one go with it, and count as its own.
    """
    # No two chunks wait on each other: all lock contacts in order of id.
    candidates = list(
        bulk.among(Contact.objects, "id", list(ids)).select_for_update().order_by("pk").values_list("pk", flat=True)
    )
    # Under the locks nobody is merged into them any more.
    merged = _merged_into(candidates)
    reachable = set(
        bulk.among(ContactPoint.objects, "contact", candidates).filter(erased_at=None).values_list("contact", flat=True)
    )
    going = [contact_id for contact_id in candidates if contact_id not in reachable]
    if not going:
        return {}
    same = {contact_id: (contact_id, *merged.get(contact_id, ())) for contact_id in going}
    every = [pk for ids in same.values() for pk in ids]
    history = let_go_of_history(Contact, every, keep=keep)
    log = blank_log(Contact, every)
    blank_approvals(Contact, every)
    delete_tags(every)
    bulk.among(Contact.objects, "id", every).update(
        **Contact.privacy.personal, status=Contact.Status.ERASED, erased_at=at
    )
    return {
        contact_id: {
            "profile_history": sum(history.get(pk, 0) for pk in ids),
            "profile_log": sum(log.get(pk, 0) for pk in ids),
        }
        for contact_id, ids in same.items()
    }


def delete_tags(contact_ids: Collection[int]) -> None:
    """Delete the tags of contacts: which groups somebody was in, or ever has been, tells of the person."""
    for manager in (ContactTag.objects, ContactTag.history):
        tags = bulk.among(manager, "contact", contact_ids)
        if tags.exists():
            tags.delete()
