"""What becomes of a row, given what we hold: decided in memory, row after row, before anything is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm import phones
from crm.intake.held import Held, HeldContact, HeldLine, HeldPoint, Said, said
from crm.models import Contact, Outcome
from crm.rows import Fault, ReadNumber, ReadRow, Rejected

# One number on more people than these waits for a yes: a family shares a line, a switchboard is nobody's own.
SHARED_BY = 5
_NOBODY: Mapping[str, Said] = {}


@dataclass(slots=True)
class Decision:
    """What becomes of one row.

    matched_by: how its contact was found: "line", "email", "external_id", or "" where it was not looked for or is
    new. traced: those of the points of which this row is the first of its batch. fields: what of the contact
    changes. faults: why it is refused, or what waits for a yes. reserved: whether one of its numbers is kept free
    for demonstrations, and never sent to.
    """

    outcome: Outcome
    row: ReadRow = field(repr=False)
    contact: HeldContact | None = None
    points: Sequence[HeldPoint] = ()
    traced: Sequence[HeldPoint] = ()
    matched_by: str = ""
    fields: Sequence[str] = ()
    faults: Sequence[Fault] = ()
    reserved: bool = False


@dataclass(slots=True)
class Plan:
    """What a row would do, before it is done: the contact it means, if there is one, and its points by number."""

    row: ReadRow = field(repr=False)
    contact: HeldContact | None
    matched_by: str
    lines: Sequence[HeldLine | None]
    points: Sequence[HeldPoint | None]


@dataclass(slots=True)
class Deciding:
    """Decides rows of one source and batch, one after the other, keeping `held` up with what it has decided.

    overwrite, accept_flagged: what staff have asked for (see ImportBatch). obtained at `at` (aware). own_grant: these
    are the numbers' owners, who agree to something with evidence.
    """

    held: Held
    at: datetime
    overwrite: bool = False
    accept_flagged: bool = False
    own_grant: bool = False
    _said: dict[int, dict[str, Said]] | None = None

    def decide(self, row: ReadRow, *, refuses: Callable[[Plan], None] | None = None) -> Decision:
        """Return what becomes of the row. refuses: raises Rejected for a plan that must not be carried out."""
        held = self.held
        lines = [held.line(number.e164) for number in row.numbers]
        gone = [line is not None and line.gone for line in lines]
        if any(gone):
            if not self._may_reopen(row, [line for line in lines if line and line.gone]):
                return Decision(Outcome.SUPPRESSED, row)
            lines = [
                held.reopen(number.e164) if is_gone else line
                for number, line, is_gone in zip(row.numbers, lines, gone, strict=True)
            ]
        try:
            contact, matched_by = self._find(row, lines)
            if contact is None and held.batch and not row.numbers:
                # Nothing would say where such a person came from: provenance is of a number.
                raise Rejected(Fault("phone", "no_number"))
            points = [_point_of(contact, line, number) for line, number in zip(lines, row.numbers, strict=True)]
            plan = Plan(row, contact, matched_by, lines, points)
            if refuses:
                refuses(plan)
        except Rejected as rejected:
            return Decision(Outcome.REJECTED, row, faults=rejected.faults)
        if held.batch and not self.accept_flagged and (flags := _flags(plan)):
            return Decision(Outcome.FLAGGED, row, matched_by=matched_by, faults=flags)
        return self._carry_out(plan)

    def _may_reopen(self, row: ReadRow, gone: Sequence[HeldLine]) -> bool:
        """Whether the numbers of these lines may come back: by their owner's own grant alone, said since they went.

        What is being said now is: it may have had to wait for the erasure to let go of the lines.
        """
        said_at = row.collected_at or self.at
        since = said_at >= self.at or all(line.erased_at is None or line.erased_at < said_at for line in gone)
        return self.own_grant and since

    def _find(self, row: ReadRow, lines: Sequence[HeldLine | None]) -> tuple[HeldContact | None, str]:
        """Return the contact that the row means, and how it was found. Raises Rejected for one that is fixed."""
        if row.contact_id is not None:
            contact = self.held.contacts.get(row.contact_id)
            if contact is None:
                raise Rejected(Fault("contact", "erased"))
            return contact, ""
        contact, matched_by = self._match(row, lines)
        if contact is not None and contact.status == Contact.Status.RESTRICTED:
            raise Rejected(Fault("contact", "restricted"))
        return contact, matched_by

    def _match(self, row: ReadRow, lines: Sequence[HeldLine | None]) -> tuple[HeldContact | None, str]:
        on_lines = {id(point.contact): point.contact for line in lines if line for point in line.points}
        for contact in sorted(on_lines.values(), key=_age):
            if _may_be(contact, row):
                return contact, "line"
        if row.external_id:
            for contact in sorted(self.held.by_external.get(self.held.external_key(row.external_id), ()), key=_age):
                if _may_be(contact, row):
                    return contact, "external_id"
        if email := row.profile.get("email"):
            for contact in sorted(self.held.by_email.get(email.upper(), ()), key=_age):
                has = {contact.profile["email"].upper(), *contact.emails}
                if email.upper() in has and _may_be(contact, row):
                    return contact, "email"
        return None, ""

    def _carry_out(self, plan: Plan) -> Decision:
        row, contact = plan.row, plan.contact
        if contact is None:
            contact = HeldContact(
                {**dict.fromkeys(Contact.PROFILE, ""), **row.profile}, last_interaction_at=self._seen(row, self.at)
            )
            contact.said = set(row.profile)
            contact.number = self.held.next_number()
            self.held.index(contact)
            outcome, fields = Outcome.CREATED, []
        else:
            fields = self._update(contact, row)
            outcome = Outcome.UPDATED if fields else Outcome.UNCHANGED
        points = []
        for number, line, point in zip(row.numbers, plan.lines, plan.points, strict=True):
            # The row may name a line twice, with two extensions.
            point, attached = self._attach(contact, number, line or self.held.line(number.e164), point)
            points.append(point)
            if attached and outcome is not Outcome.CREATED:
                outcome = Outcome.UPDATED
                fields.append("phone")
        traced = [point for point in dict.fromkeys(points) if not point.traced]
        for point in traced:
            point.traced = True
            contact.collect(row.collected_at)
        if row.external_id and traced:
            # It is kept with where the points come from, and so with the first row that brings them.
            key = self.held.external_key(row.external_id)
            contact.external.append(key)
            self.held.know(contact, key)
        reserved = any(phones.is_reserved(number.e164) for number in row.numbers)
        return Decision(outcome, row, contact, points, traced, plan.matched_by, fields, reserved=reserved)

    def _seen(self, row: ReadRow, default: datetime | None) -> datetime | None:
        """When we last had to do with the person: when it was collected; a bought-in list is no interaction."""
        return None if self.held.source.is_third_party else row.collected_at or default

    def _update(self, contact: HeldContact, row: ReadRow) -> list[str]:
        fields = [
            name
            for name, value in row.profile.items()
            if not _is_same(contact.profile[name], value) and self._may_change(contact, name, row)
        ]
        for name in fields:
            contact.profile[name] = row.profile[name]
        contact.changed.update(fields)
        if "email" in fields:
            self.held.index(contact)
        seen = self._seen(row, None)
        if seen and (contact.last_interaction_at is None or seen > contact.last_interaction_at):
            contact.last_interaction_at = seen
            contact.changed.add("last_interaction_at")
            fields.append("last_interaction_at")
        contact.said |= set(fields)
        return fields

    def _may_change(self, contact: HeldContact, name: str, row: ReadRow) -> bool:
        """Whether the row's value takes the place of another: a blank is filled, and whoever is asked may overwrite.

        A third party only fills blanks. Another file does not overrule what a person has typed in, nor what was
        said later than it was collected.
        """
        if not contact.profile[name] or self.overwrite:
            return True
        if self.held.source.is_third_party:
            return False
        if not self.held.batch:
            return True
        now = row.collected_at or self.at
        if contact.id is not None and name not in contact.said:
            if self._said is None:
                self._said = said(self.held.contacts)
            present = self._said.get(contact.id, _NOBODY).get(name)
            if present is None or present.batch != self.held.batch.pk:
                return present is None or (present.batch is not None and present.at <= now)
        return (contact.collected or self.at) <= now

    def _attach(
        self, contact: HeldContact, number: ReadNumber, line: HeldLine | None, point: HeldPoint | None
    ) -> tuple[HeldPoint, bool]:
        """Return the contact's point at the number, and whether it has to be made or labelled anew."""
        line = line or self.held.add_line(number.e164)
        if line.id is None:
            line.number = (number.e164, number.region, number.line_type)
        point = point or _point_of(contact, line, number)
        if point is None:
            primary = not any(other.is_primary for other in contact.points)
            point = HeldPoint(contact, line, number.extension, number.label, primary)
            contact.points.append(point)
            line.points.append(point)
            return point, True
        if number.label and not point.label:
            point.label, point.relabelled = number.label, point.id is not None
            return point, True
        return point, False


def _age(contact: HeldContact) -> tuple[bool, int]:
    """Order contacts: the oldest first; those that are still to be written come last, in the order of the file."""
    return contact.id is None, contact.id or contact.number or 0


def _point_of(contact: HeldContact | None, line: HeldLine | None, number: ReadNumber) -> HeldPoint | None:
    if contact is None or line is None:
        return None
    return next((p for p in contact.points if p.line is line and p.extension == number.extension), None)


def _is_same(one: str, other: str) -> bool:
    """Whether two texts say the same: a browser ends their lines otherwise than a workbook or a card does."""
    return one == other or _line_feeds(one) == _line_feeds(other)


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _may_be(contact: HeldContact, row: ReadRow) -> bool:
    """Whether the names do not contradict each other: a number or an e-mail may be shared by a family."""
    said = [row.profile.get(name, "").casefold() for name in ("given_name", "family_name")]
    called = [(contact.profile["given_name"], contact.profile["family_name"]), *contact.names]
    return any(
        all(not one or not there or one == there.casefold() for one, there in zip(said, names, strict=True))
        for names in called
    )


def _flags(plan: Plan) -> list[Fault]:
    """Return what is valid and suspicious about the numbers that the row would bring, and so waits for a yes."""
    flags = []
    for number, line, point in zip(plan.row.numbers, plan.lines, plan.points, strict=True):
        if point is not None:
            continue
        if number.line_type == phones.LineType.PREMIUM_RATE:
            flags.append(Fault(number.column, "premium_rate"))
        elif line and len({id(p.contact) for p in line.points if p.contact is not plan.contact}) >= SHARED_BY:
            flags.append(Fault(number.column, "shared_line"))
    return flags
