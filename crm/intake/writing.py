"""Writing what was decided: lines first, then people, their points, and where each came from; set by set.

Every row of a table with history gets its history row in the same transaction, by the same author.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from crm import bulk
from crm.intake.deciding import Decision
from crm.intake.held import Held, HeldContact, HeldPoint
from crm.models import Contact, ContactPoint, Origin, PhoneNumber, Provenance

_SEEN = "last_interaction_at"
# A line that is known by its fingerprint alone.
_NEVER_HELD = (None, "", "")
# What is the same of all that one set brings.
_PROVENANCE = ("source_id", "batch_id", "obtained_at", "notice_exempt")


def write_lines(held: Held, *, at: datetime) -> None:
    """Insert the lines that are new, with their ids; those in whose place they come were reopened at `at` (aware).

    Raises IntegrityError when somebody else was quicker.
    """
    new = [line for line in held.lines.values() if line.id is None]
    if not new:
        return
    key_id, now = next(iter(held.keys)), timezone.now()
    for line, pk in zip(new, bulk.new_ids(PhoneNumber, len(new)), strict=True):
        line.id = pk
        if line.before:
            PhoneNumber.objects.filter(pk__in=line.before).update(reopened_at=at, reopened_as=pk)
    bulk.insert(
        PhoneNumber,
        ("id", "number", "region", "line_type", "number_key", "key_id", "created_at"),
        [(line.id, *(line.number or _NEVER_HELD), line.key, key_id, now) for line in new],
    )


def write_people(held: Held, decisions: Sequence[Decision], *, origin: Origin) -> set[int]:
    """Write the contacts, points and provenances that the decisions come to, with their history.

    Returns the ids of the points that are new.
    """
    stored = [decision for decision in decisions if decision.contact is not None]
    contacts = list({id(d.contact): d.contact for d in stored if d.contact is not None}.values())
    _write_contacts(contacts, origin)
    points = list({id(point): point for decision in stored for point in decision.points}.values())
    new = _write_points(points, origin)
    _trace(held, stored, at=origin.at)
    return new


def _write_contacts(contacts: Sequence[HeldContact], origin: Origin) -> None:
    new = [contact for contact in contacts if contact.id is None]
    changed = {contact.id: contact for contact in contacts if contact.id is not None and contact.changed}
    now = timezone.now()
    if new:
        for contact, pk in zip(new, bulk.new_ids(Contact, len(new)), strict=True):
            contact.id = pk
        bulk.insert(
            Contact,
            ("id", *Contact.PROFILE, "status", _SEEN, "created_at"),
            [
                (contact.id, *contact.profile.values(), contact.status, contact.last_interaction_at, now)
                for contact in new
            ],
        )
        _remember(Contact, [contact.id for contact in new], "+", origin)
    if changed:
        names = sorted({name for contact in changed.values() for name in contact.changed})
        _update(
            Contact,
            names,
            [
                Contact(pk=pk, **contact.profile, last_interaction_at=contact.last_interaction_at)
                for pk, contact in changed.items()
            ],
        )
        _remember(Contact, changed, "~", origin)
    for contact in contacts:
        contact.changed.clear()


def _write_points(points: Sequence[HeldPoint], origin: Origin) -> set[int]:
    new = [point for point in points if point.id is None]
    relabelled = {point.id: point for point in points if point.relabelled}
    now = timezone.now()
    if new:
        for point, pk in zip(new, bulk.new_ids(ContactPoint, len(new)), strict=True):
            point.id = pk
        bulk.insert(
            ContactPoint,
            ("id", "contact_id", "line_id", "label", "extension", "is_primary", "since", "created_at"),
            [(p.id, p.contact.id, p.line.id, p.label, p.extension, p.is_primary, origin.at, now) for p in new],
        )
        _remember(ContactPoint, [point.id for point in new], "+", origin)
    if relabelled:
        _update(ContactPoint, ["label"], [ContactPoint(pk=pk, label=point.label) for pk, point in relabelled.items()])
        _remember(ContactPoint, relabelled, "~", origin)
    for point in relabelled.values():
        point.relabelled = False
    return {point.id for point in new if point.id}


def _trace(held: Held, decisions: Iterable[Decision], *, at: datetime) -> None:
    """Write down that the source stands behind each point, once per batch."""
    rows = []
    for decision in decisions:
        row = decision.row
        key = held.external_key(row.external_id) if row.external_id else ""
        line = row.line if held.batch else None
        rows += [(point.id, line, row.collected_at, key) for point in decision.traced]
    if not rows:
        return
    source, batch = held.source.pk, held.batch and held.batch.pk
    ids = bulk.new_ids(Provenance, len(rows))
    bulk.insert(
        Provenance,
        (*_PROVENANCE, "id", "point_id", "row", "collected_at", "external_key"),
        [(source, batch, at, "", pk, *found) for pk, found in zip(ids, rows, strict=True)],
    )


def _update(model: type[models.Model], names: Sequence[str], rows: Sequence[models.Model]) -> None:
    model._default_manager.bulk_update(rows, names, batch_size=500)


def _remember(model: type[models.Model], ids: Any, kind: str, origin: Origin) -> None:
    bulk.copy_to_history(model, list(ids), history_type=kind, **origin.columns())
