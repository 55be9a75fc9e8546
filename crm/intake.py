"""The only way in for people and numbers: whatever a form, a file or an API brings is stored here.

A number that was erased is recognised by its fingerprint under the lock of its own row, before anything is
written; so an import that races an erasure loses, whichever comes first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Upper

from crm import phones
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


@dataclass(frozen=True, slots=True)
class Number:
    """A number as somebody wrote it, and the column it stood in. Its repr shows neither."""

    text: str = field(repr=False)
    label: str = ""
    column: str = "phone"


@dataclass(frozen=True, slots=True)
class Row:
    """A person as somebody describes them.

    profile: a value for each field of Contact.PROFILE that is to be set; what is not named stays as it is.
    contact_id: the contact that is meant, where that is known; else it is matched by line and e-mail.
    line: the row's line in its file. collected_at: when the source collected it (aware).
    """

    profile: Mapping[str, str] = field(repr=False)
    numbers: Sequence[Number] = ()
    contact_id: int | None = None
    line: int | None = None
    collected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row was refused: the column and a stable reason code, never the cell."""

    column: str
    code: str


class Rejected(ValueError):
    """The row was refused as a whole and nothing of it was stored; `faults` says why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.column}: {fault.code}" for fault in faults))
        self.faults = faults


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
    parsed = _read(row, region=region or source.default_region)
    origin = Origin(actor, at, reason, source=source, batch=batch, channel=source.kind)
    try:
        with transaction.atomic(), attributed_to(origin):
            return _write(row, parsed, source=source, batch=batch, at=at)
    except _Suppressed:
        return Stored(Outcome.SUPPRESSED)


def replace(
    point: ContactPoint, number: Number, *, actor: Actor, at: datetime, reason: str, region: str = ""
) -> Stored:
    """End `point` at `at` and give its contact `number` instead, as staff found it; consent does not move along.

    Raises Rejected when the number is not one, was erased, or is the one that the point already has.
    """
    source = Source.objects.for_staff()
    row = Row(profile={}, numbers=[number], contact_id=point.contact_id)
    parsed = _read(row, region=region or source.default_region)
    with transaction.atomic():
        # Both lines at once and in order, as everyone locks them; what follows locks them one after the other.
        keys = [key for found, _label in parsed for key in all_fingerprints(found.e164)]
        list(PhoneNumber.objects.filter(Q(pk=point.line_id) | Q(number_key__in=keys)).locked())
        end(point, actor=actor, at=at, reason=reason)
        stored = store(row, source=source, actor=actor, at=at, reason=reason, region=region)
        if stored.outcome is Outcome.SUPPRESSED:
            raise Rejected(Fault(number.column, "suppressed"))
        successor = ContactPoint.objects.get(pk=stored.point_ids[0])
        if successor.line_id == point.line_id:
            raise Rejected(Fault(number.column, "same_number"))
        point.superseded_by = successor
        with attributed_to(Origin(actor, at, reason, source=source)):
            point.save(update_fields=["superseded_by"])
    return stored


def end(point: ContactPoint, *, actor: Actor, at: datetime, reason: str) -> None:
    """State that the contact is no longer reachable at the point since `at` (aware). An ended point stays ended."""
    with transaction.atomic(), attributed_to(Origin(actor, at, reason)):
        if point.line_id:
            list(PhoneNumber.objects.filter(pk=point.line_id).locked())
        # Read again under the lock: a stale one would write an erased label back into the history.
        point.refresh_from_db()
        if point.until is not None or point.erased_at is not None:
            raise Rejected(Fault("point", "already_ended"))
        point.until = max(at, point.since)
        point.is_primary = False
        point.save(update_fields=["until", "is_primary"])


def restrict(contact: Contact, *, on: bool, actor: Actor, at: datetime, reason: str) -> None:
    """Restrict a contact to storage only (GDPR 18), or lift that. An erased contact is refused."""
    with transaction.atomic(), attributed_to(Origin(actor, at, reason)):
        # The lines first: an erasure decides under their locks, so it sees the restriction or was there before it.
        list(PhoneNumber.objects.filter(pk__in=contact.points.values("line")).locked())
        contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        if contact.status == Contact.Status.ERASED:
            raise Rejected(Fault("status", "erased"))
        contact.status = Contact.Status.RESTRICTED if on else Contact.Status.LIVE
        contact.save(update_fields=["status"])


def _read(row: Row, *, region: str) -> list[tuple[phones.Parsed, str]]:
    """Return the row's numbers, parsed, with their labels. Raises Rejected with every fault of the row."""
    faults = [fault for name, value in row.profile.items() if (fault := _fault_of(name, value, region=region))]
    parsed: dict[tuple[str, str], tuple[phones.Parsed, str]] = {}
    for number in row.numbers:
        if phones.mentions_number(number.label, region=region or None):
            faults.append(Fault(number.column, "number_in_text"))
        try:
            found = phones.parse(number.text, region=region or None)
        except phones.NotANumber as error:
            faults.append(Fault(number.column, error.code))
        else:
            parsed.setdefault((found.e164, found.extension), (found, number.label))
    if faults:
        raise Rejected(*faults)
    return list(parsed.values())


def _fault_of(name: str, value: str, *, region: str) -> Fault | None:
    if name not in Contact.PROFILE:
        raise KeyError(f"{name} is not a field of the profile")
    model_field = Contact._meta.get_field(name)
    try:
        model_field.clean(value, None)  # type: ignore[union-attr]
    except ValidationError as error:
        return Fault(name, str(error.error_list[0].code))
    if model_field.max_length and len(value) > model_field.max_length:  # type: ignore[union-attr]
        return Fault(name, "max_length")
    if "\x00" in value:
        return Fault(name, "null_character")
    # A number in a text would stand in a second place, which no erasure of the line would reach.
    if name != "email" and phones.mentions_number(value, region=region or None):
        return Fault(name, "number_in_text")
    return None


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
