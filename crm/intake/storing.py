"""Storing a row: under the locks of its lines, matched to a contact, with its provenance; whole or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models.functions import Upper

from crm import phones
from crm.intake.rows import Fault, Rejected, Row, read
from crm.models import (
    Actor,
    Contact,
    ContactPoint,
    ImportBatch,
    Origin,
    Outcome,
    PhoneNumber,
    Provenance,
    Source,
    all_fingerprints,
    attributed_to,
    current_fingerprint,
)


class _Suppressed(Exception):
    """The row brings a number that may not be held."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a row; suppressed ones have neither contact nor points. Points are in the row's order."""

    outcome: Outcome
    contact_id: int | None = None
    point_ids: tuple[int, ...] = ()


def store(
    row: Row,
    *,
    source: Source,
    actor: Actor,
    at: datetime,
    reason: str,
    batch: ImportBatch | None = None,
    region: str = "",
) -> Stored:
    """Store a row from `source` (by `batch`), obtained by `actor` at `at` (aware), and return what became of it.

    Numbers without a country code are read as of `region`, else of the source's region. Third parties fill
    blanks only; what the person or staff said stands. Raises Rejected; then nothing was written.
    """
    parsed = read(row, region=region or source.default_region)
    origin = Origin(actor, at, reason, source=source, batch=batch, channel=source.kind)
    try:
        with transaction.atomic(), attributed_to(origin):
            return _write(row, parsed, source=source, batch=batch, at=at)
    except _Suppressed:
        return Stored(Outcome.SUPPRESSED)


def _lock(numbers: Iterable[str]) -> dict[str, PhoneNumber]:
    """Lock and return the rows that there are for the numbers, by every fingerprint they answer to."""
    return {line.number_key: line for line in PhoneNumber.objects.for_numbers(numbers).locked()}


def _line_of(e164: str, lines: Mapping[str, PhoneNumber]) -> PhoneNumber | None:
    return next((lines[key] for key in all_fingerprints(e164) if key in lines), None)


def _write(
    row: Row,
    parsed: Sequence[tuple[phones.Parsed, str]],
    *,
    source: Source,
    batch: ImportBatch | None,
    at: datetime,
) -> Stored:
    lines = _lock(number.e164 for number, _label in parsed)
    if any(line.number is None for line in lines.values()):
        raise _Suppressed
    contact = _find(row, lines)
    if contact is None:
        if batch and not parsed:
            # Nothing would say where such a person came from: provenance is of a number.
            raise Rejected(Fault("phone", "no_number"))
        contact = Contact.objects.create(**row.profile, last_interaction_at=_seen(row, source, at))
        outcome = Outcome.CREATED
    else:
        outcome = _update(contact, row, source=source)
    points = []
    for number, label in parsed:
        point, changed = _attach(contact, number, label, lines, at=at)
        points.append(point.pk)
        if changed and outcome is Outcome.UNCHANGED:
            outcome = Outcome.UPDATED
        _trace(point, row, source=source, batch=batch, at=at)
    return Stored(outcome, contact.pk, tuple(points))


def _find(row: Row, lines: Mapping[str, PhoneNumber]) -> Contact | None:
    """Return the contact that the row means, locked, or None. Raises Rejected for one that cannot be changed."""
    candidates = Contact.objects.select_for_update(of=("self",)).order_by("pk")
    if row.contact_id is not None:
        contact = candidates.filter(pk=row.contact_id).first()
        if contact is None or contact.status == Contact.Status.ERASED:
            raise Rejected(Fault("contact", "erased"))
        return contact
    candidates = candidates.exclude(status=Contact.Status.ERASED)
    contact = None
    if lines:
        on_line = candidates.filter(
            pk__in=ContactPoint.objects.filter(line__in=list(lines.values()), until=None, erased_at=None).values(
                "contact"
            )
        )
        contact = next((other for other in on_line if _may_be(other, row)), None)
    if contact is None and (email := row.profile.get("email")):
        by_email = candidates.annotate(upper_email=Upper("email")).filter(upper_email=email.upper())
        contact = next((other for other in by_email if _may_be(other, row)), None)
    if contact is not None and contact.status == Contact.Status.RESTRICTED:
        raise Rejected(Fault("contact", "restricted"))
    return contact


def _may_be(contact: Contact, row: Row) -> bool:
    """Whether the names do not contradict each other: a number or an e-mail may be shared by a family."""
    return all(
        not (given := row.profile.get(name, ""))
        or not (held := getattr(contact, name))
        or given.casefold() == held.casefold()
        for name in ("given_name", "family_name")
    )


def _seen(row: Row, source: Source, at: datetime) -> datetime | None:
    """When we last had to do with the person: when it was collected; a bought-in list is no interaction."""
    return None if source.is_third_party else row.collected_at or at


def _update(contact: Contact, row: Row, *, source: Source) -> Outcome:
    changed = []
    for name, value in row.profile.items():
        held = getattr(contact, name)
        if held != value and not (held and source.is_third_party):
            setattr(contact, name, value)
            changed.append(name)
    seen = None if source.is_third_party else row.collected_at
    if seen and (contact.last_interaction_at is None or seen > contact.last_interaction_at):
        contact.last_interaction_at = seen
        changed.append("last_interaction_at")
    if changed:
        contact.save(update_fields=changed)
        return Outcome.UPDATED
    return Outcome.UNCHANGED


def _attach(
    contact: Contact,
    number: phones.Parsed,
    label: str,
    lines: dict[str, PhoneNumber],
    *,
    at: datetime,
) -> tuple[ContactPoint, bool]:
    """Return the contact's point at the number, and whether it had to be made or labelled anew."""
    line = _line_of(number.e164, lines) or _new_line(number, lines)
    living = contact.points.filter(until=None, erased_at=None)
    point = living.filter(line=line, extension=number.extension).first()
    if point is None:
        point = ContactPoint.objects.create(
            contact=contact,
            line=line,
            label=label,
            extension=number.extension,
            since=at,
            is_primary=not living.filter(is_primary=True).exists(),
        )
        return point, True
    if label and not point.label:
        point.label = label
        point.save(update_fields=["label"])
        return point, True
    return point, False


def _new_line(number: phones.Parsed, lines: dict[str, PhoneNumber]) -> PhoneNumber:
    """Insert the line, or take the one that another transaction has just inserted."""
    key_id, key = current_fingerprint(number.e164)
    try:
        with transaction.atomic():
            line = PhoneNumber.objects.create(
                number=number.e164,
                number_key=key,
                key_id=key_id,
                region=number.region,
                line_type=number.line_type,
            )
    except IntegrityError:
        # Somebody was quicker by a moment: theirs is the row, as it stands now that we may read it.
        line = PhoneNumber.objects.for_numbers([number.e164]).locked().get()
        if line.number is None:
            raise _Suppressed from None
    lines[line.number_key] = line
    return line


def _trace(point: ContactPoint, row: Row, *, source: Source, batch: ImportBatch | None, at: datetime) -> None:
    """Write down that the source stands behind the point, once per batch."""
    Provenance.objects.get_or_create(
        point=point,
        source=source,
        batch=batch,
        defaults={"row": row.line if batch else None, "collected_at": row.collected_at, "obtained_at": at},
    )
