"""What we hold that some rows may touch: read in a few queries, under locks, and kept up as the rows are decided.

The lines come first, all at once and in order of id, as everyone locks them: an erasure decides under the same
locks, so it was there before or it waits.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Upper

from crm import phones
from crm.bulk import one_of
from crm.merging import email_key
from crm.models import Contact, ContactPoint, ImportBatch, PhoneNumber, Provenance, Source, fingerprint_keys
from crm.rows import ReadRow

# Nothing is stored of these any more; asked again under the lock, for it may happen while that is waited for.
_GONE = (Contact.Status.ERASED, Contact.Status.MERGED)


@dataclass(slots=True, eq=False)
class HeldLine:
    """A line; `gone` when its number was erased or never held. One without an id is still to be written.

    notes: what a resource has to remember of the line while it goes through a file. before: the ids of the lines
    that this one takes the place of.
    """

    key: str
    id: int | None = None
    gone: bool = False
    erased_at: datetime | None = None
    before: list[int] = field(default_factory=list)
    number: "tuple[str, str, str] | None" = field(default=None, repr=False)
    points: "list[HeldPoint]" = field(default_factory=list)
    notes: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class HeldPoint:
    """A living contact point. One without an id is still to be written."""

    contact: "HeldContact" = field(repr=False)
    line: HeldLine
    extension: str
    label: str = ""
    is_primary: bool = False
    id: int | None = None
    relabelled: bool = False
    # Whether it is known to come from the batch at hand.
    traced: bool = False
    # What a resource has to remember of the point while it goes through a file.
    notes: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class HeldContact:
    """A contact that is not erased. One without an id is still to be written; `changed` names fields to be.

    said: the fields that the batch at hand has changed, and collected: when its data on the person was, at the latest,
    where it says so; its provenances keep one time for a row or for several. number: the order in which the batch
    came to those that it has made, by which a dry run knows a contact that it will never write. external: the
    fingerprints of ids that the batch at hand has brought of it.
    """

    profile: dict[str, str] = field(repr=False)
    status: str = Contact.Status.LIVE.value
    last_interaction_at: datetime | None = None
    id: int | None = None
    changed: set[str] = field(default_factory=set)
    points: list[HeldPoint] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    collected: datetime | None = None
    number: int | None = None
    external: list[str] = field(default_factory=list)
    # What contacts that were merged into it were called, and their e-mails in capitals: files still call it so.
    names: set[tuple[str, str]] = field(default_factory=set, repr=False)
    emails: set[str] = field(default_factory=set, repr=False)

    def collect(self, at: datetime | None) -> None:
        """Note when a row of the batch at hand was collected."""
        if at and (self.collected is None or at > self.collected):
            self.collected = at


@dataclass(slots=True)
class Held:
    """The lines, contacts and points that rows of one source (and batch) may touch."""

    source: Source
    batch: ImportBatch | None
    keys: dict[str, bytes] = field(default_factory=fingerprint_keys, repr=False)
    lines: dict[str, HeldLine] = field(default_factory=dict)
    contacts: dict[int, HeldContact] = field(default_factory=dict)
    by_email: dict[str, list[HeldContact]] = field(default_factory=dict)
    by_external: dict[str, list[HeldContact]] = field(default_factory=dict)
    last_number: int = 0
    _fingerprints: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def fingerprints(self, e164: str) -> list[str]:
        """Return a number's fingerprint under every key, the current one first."""
        found = self._fingerprints.get(e164)
        if found is None:
            found = [phones.fingerprint(e164, key=key) for key in self.keys.values()]
            self._fingerprints[e164] = found
        return found

    def external_key(self, external_id: str) -> str:
        """Return the fingerprint of the id that a person has at this source."""
        return phones.fingerprint_of_id(f"{self.source.pk}:{external_id}", key=next(iter(self.keys.values())))

    def line(self, e164: str) -> HeldLine | None:
        """Return the line of a number, if there is one, be it erased."""
        return next((self.lines[key] for key in self.fingerprints(e164) if key in self.lines), None)

    def add_line(self, e164: str) -> HeldLine:
        """Add the line of a number that has none; unless `number` is set on it, its fingerprint is all it will hold."""
        line = HeldLine(self.fingerprints(e164)[0])
        self.lines[line.key] = line
        return line

    def reopen(self, e164: str) -> HeldLine:
        """Put a new line in the place of every one of a number that is gone, and return it."""
        found = self.line(e164)
        if found and not found.gone:
            return found
        gone = [key for key in self.fingerprints(e164) if key in self.lines and self.lines[key].gone]
        before = [line.id for line in map(self.lines.pop, gone) if line.id]
        line = self.add_line(e164)
        line.before = before
        return line

    def leave(self, row: ReadRow) -> None:
        """Let the lines that a row has added, and at which it brings nobody, be gone for the rows after it."""
        for number in row.numbers:
            line = self.line(number.e164)
            if line and line.id is None and not line.points:
                line.gone = True

    def next_number(self) -> int:
        """Return the number of the next contact that the batch comes to."""
        self.last_number += 1
        return self.last_number

    def load(self, rows: Sequence[ReadRow], *, locking: bool = True) -> None:
        """Read what these rows may touch. locking: lock the lines and contacts for this transaction."""
        wanted = {key for row in rows for number in row.numbers for key in self.fingerprints(number.e164)}
        self._load_lines(wanted, locking=locking)
        emails = {email for row in rows if (email := row.profile.get("email"))}
        external = {self.external_key(row.external_id) for row in rows if row.external_id}
        ids = {row.contact_id for row in rows if row.contact_id is not None}
        ids |= self._on_lines() | self._with_email(emails)
        known_by = self._known_by(external)
        once_had = self._once_had(emails)
        self._load_contacts(ids | {pk for _key, pk in [*known_by, *once_had]}, locking=locking)
        self._load_points()
        self._load_merged()
        for email, pk in once_had:
            if pk in self.contacts:
                self.contacts[pk].emails.add(email)
        for contact in self.contacts.values():
            self.index(contact)
        for key, pk in known_by:
            if pk in self.contacts:
                self.know(self.contacts[pk], key)

    def index(self, contact: HeldContact) -> None:
        """Let a contact be found by the e-mail that it now has."""
        for email in filter(None, {contact.profile.get("email", "").upper(), *contact.emails}):
            found = self.by_email.setdefault(email, [])
            if contact not in found:
                found.append(contact)

    def know(self, contact: HeldContact, external_key: str) -> None:
        """Let a contact be found by an id that it has at the source."""
        found = self.by_external.setdefault(external_key, [])
        if contact not in found:
            found.append(contact)

    def _load_lines(self, keys: Collection[str], *, locking: bool) -> None:
        if not keys:
            return
        lines = PhoneNumber.objects.filter(one_of("number_key", keys, text=True), reopened_at=None).order_by("pk")
        lines = lines.select_for_update(of=("self",)) if locking else lines
        gone = ExpressionWrapper(Q(number=None), output_field=BooleanField())
        rows = lines.annotate(gone=gone).values_list("pk", "number_key", "gone", "erased_at")
        for pk, key, is_gone, erased_at in rows:
            self.lines[key] = HeldLine(key, pk, is_gone, erased_at)

    def _on_lines(self) -> set[int]:
        ids = [line.id for line in self.lines.values() if line.id and not line.gone]
        if not ids:
            return set()
        points = ContactPoint.objects.filter(one_of("line", ids, text=False), until=None, erased_at=None)
        return set(points.values_list("contact", flat=True))

    def _with_email(self, emails: Collection[str]) -> set[int]:
        if not emails:
            return set()
        # SQLite, as PostgreSQL in the C locale, makes capitals of ASCII alone; so do bytes.
        capitals = {each for email in emails for each in (email.upper(), email.encode().upper().decode())}
        contacts = Contact.objects.annotate(upper_email=Upper("email"))
        found = contacts.filter(one_of("upper_email", capitals, text=True)).exclude(status__in=_GONE)
        return set(found.values_list("pk", flat=True))

    def _once_had(self, emails: Collection[str]) -> list[tuple[str, int]]:
        """Return (e-mail in capitals, contact id) for those into whom somebody with such an e-mail was merged."""
        keys = {email_key(email): email.upper() for email in emails}
        if not keys:
            return []
        merged = Contact.objects.filter(one_of("email_key", keys, text=True), merged_into__isnull=False)
        found = merged.exclude(email_key="").order_by("pk").values_list("email_key", "merged_into_id")
        return [(keys[key], pk) for key, pk in found]

    def _known_by(self, keys: Collection[str]) -> list[tuple[str, int]]:
        """Return (key, contact id) for those whom the source has brought under these ids."""
        if not keys:
            return []
        known = Provenance.objects.filter(one_of("external_key", keys, text=True), source=self.source)
        return sorted(set(known.exclude(external_key="").values_list("external_key", "point__contact")))

    def _load_contacts(self, ids: Collection[int], *, locking: bool) -> None:
        if not ids:
            return
        contacts = Contact.objects.filter(one_of("pk", ids, text=False)).exclude(status__in=_GONE)
        contacts = contacts.order_by("pk")
        contacts = contacts.select_for_update(of=("self",)) if locking else contacts
        for pk, status, seen, *profile in contacts.values_list("pk", "status", "last_interaction_at", *Contact.PROFILE):
            self.contacts[pk] = HeldContact(dict(zip(Contact.PROFILE, profile, strict=True)), status, seen, pk)

    def _load_merged(self) -> None:
        """Read what those were called who were merged into the contacts: their own rows are blank since."""
        if not self.contacts:
            return
        merged = dict(
            Contact.objects.filter(one_of("merged_into", self.contacts, text=False), status=Contact.Status.MERGED)
            .order_by()
            .values_list("pk", "merged_into")
        )
        if merged:
            history: Any = Contact.history.filter(one_of("id", merged, text=False)).order_by()
            for pk, *names in history.values_list("id", "given_name", "family_name").distinct():
                given_name, family_name = names
                if given_name or family_name:
                    self.contacts[merged[pk] or 0].names.add((given_name, family_name))

    def _load_points(self) -> None:
        """Read all living points of the contacts, with the lines that they are at."""
        if not self.contacts:
            return
        lines = {line.id: line for line in self.lines.values()}
        points = ContactPoint.objects.filter(
            one_of("contact", self.contacts, text=False), until=None, erased_at=None
        ).order_by("pk")
        held: dict[int, HeldPoint] = {}
        for pk, contact_id, line_id, extension, label, is_primary in points.values_list(
            "pk", "contact", "line", "extension", "label", "is_primary"
        ):
            contact = self.contacts[contact_id]
            # Lines that no row names are not locked: all that counts of them is that they are others.
            line = lines.setdefault(line_id, HeldLine("", line_id))
            held[pk] = HeldPoint(contact, line, extension, label, is_primary, pk)
            contact.points.append(held[pk])
            line.points.append(held[pk])
        traced = Provenance.objects.filter(
            one_of("point", held, text=False), source=self.source, batch=self.batch
        ).values_list("point", "collected_at")
        for pk, collected_at in traced if held else ():
            held[pk].traced = True
            held[pk].contact.collect(collected_at)


@dataclass(frozen=True, slots=True)
class Said:
    """When a value was said: by a batch as of a day, or by somebody, whom no file overrules unasked."""

    batch: int | None
    at: datetime


def said(contact_ids: Collection[int]) -> dict[int, dict[str, Said]]:
    """Return by contact when, and by whom, each field of its profile came to be what it is (see its history)."""
    if not contact_ids:
        return {}
    changes: Any = Contact.history.filter(one_of("id", contact_ids, text=False)).order_by("id", "history_id")
    collected = _collected(contact_ids)
    found: dict[int, dict[str, Said]] = {}
    rows: Iterable[Any] = changes.values_list("id", "history_batch", "history_date", *Contact.PROFILE, named=True)
    for contact_id, versions in groupby(rows, key=attrgetter("id")):
        fields = found.setdefault(contact_id, {})
        before = None
        for version in versions:
            at = version.history_date
            when = Said(version.history_batch, collected.get((contact_id, version.history_batch), at))
            for name in Contact.PROFILE:
                if getattr(version, name) != (getattr(before, name) if before else ""):
                    fields[name] = when
            before = version
    return found


_KNOWN = ("point__contact", "batch", "collected_at")


def _collected(contact_ids: Collection[int]) -> dict[tuple[int, int | None], datetime]:
    """Return when each batch's data on a contact had been collected, at the latest, where the file said so."""
    known = Provenance.objects.filter(
        one_of("point__contact", contact_ids, text=False), batch__isnull=False, collected_at__isnull=False
    )
    rows = known.order_by("collected_at").values_list(*_KNOWN)
    return {(contact, batch): at for contact, batch, at in rows if at}
