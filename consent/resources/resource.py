"""Contacts with what their file says of consent: grants, claims, and every no.

A no comes first: it stands as a suppression of the line before any contact of the chunk is written, also where
the rest of its row is of no use.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from django.utils.dateparse import parse_datetime

from consent import journal, ledger, suppression, withdrawal
from consent.models import Consent, ConsentEvent, Method, Notice, Purpose, Suppression
from consent.resources.grants import (
    CHANNEL,
    GIVEN_AT,
    IP,
    PURPOSE,
    VERSION,
    Claim,
    Grant,
    Wordings,
    claims_of,
    grant_of,
)
from consent.rules.lines import Channel
from consent.rules.retention import ENDED
from consent.rules.states import Act
from crm.bulk import one_of
from crm.imports.mapping import FIELDS
from crm.imports.preparing import Prepared
from crm.imports.resource import ContactResource
from crm.intake import Decision, HeldLine, HeldPoint, Plan
from crm.models import Outcome
from crm.rows import Fault, Rejected


class Answer(NamedTuple):
    """What a row says: a grant with its evidence, or claims without."""

    grant: Grant | None
    claims: Sequence[Claim]


class EvidenceResource(ContactResource):
    """Contacts with their consents."""

    FIELDS = {
        **FIELDS,
        PURPOSE: frozenset({"purpose", "consentpurpose", "consentfor"}),
        GIVEN_AT: frozenset({"consentgivenat", "givenat", "consentat", "optinat", "consentdate"}),
        VERSION: frozenset({"consentversion", "wordingversion", "noticeversion"}),
        IP: frozenset({"consentip", "ip", "ipaddress"}),
        CHANNEL: frozenset({"consentchannel", "channel"}),
    }

    def look(self, dataset: Sequence[Prepared]) -> None:
        """Read what the ledger says of the points that there are, and which lines are suppressed.

        Raises journal.DatabaseBehind: into a restored database nothing is imported before its erasures were replayed.
        """
        journal.require_current()
        self.wordings = Wordings()
        self.new: list[tuple[HeldPoint, Purpose, Channel, Act, datetime, Notice | None, ledger.Proof | None]] = []
        source = self.batch.source
        self.method = Method.THIRD_PARTY if source.is_third_party else Method(source.kind)
        held = self.storing.held
        points = {p.id: p for contact in held.contacts.values() for p in contact.points if p.id}
        answers = any(prepared.claims or PURPOSE in prepared.said for prepared in dataset)
        if points and answers:
            entries = ConsentEvent.objects.filter(one_of("point", points, text=False))
            for point_id, purpose_id, channel, act, occurred_at in entries.values_list(
                "point", "purpose", "channel", "act", "occurred_at"
            ):
                points[point_id].notes |= _notes(purpose_id, channel, Act(act), occurred_at)
        self.ended: dict[tuple[int | None, int, str], datetime] = {}
        # Who says no in this chunk, since when; and for whom that stands already.
        self.noes: dict[tuple[HeldLine, str], datetime] = {}
        self.standing: set[tuple[HeldLine, str]] = set()
        lines = {line.id: line for line in held.lines.values() if line.id}
        if lines and (answers or any(prepared.optouts for prepared in dataset)):
            standing = Suppression.objects.filter(
                one_of("line", lines, text=False), extent=Suppression.Extent.CONTACT, lifted_at=None
            )
            for line_id, purpose_id, of, since in standing.values_list("line", "purpose", "channel", "since"):
                lines[line_id].notes.add(_no(purpose_id, of, since))
                if purpose_id is None:
                    self.standing.add((lines[line_id], of))
        if points and answers and source.is_third_party:
            ended = Consent.objects.filter(one_of("point", points, text=False), status__in=ENDED)
            for point_id, purpose_id, channel, since in ended.values_list("point", "purpose", "channel", "since"):
                self.ended[point_id, purpose_id, channel] = since

    def hear(self, prepared: Prepared) -> None:
        """Note a no for every number of its row, be it known by its fingerprint alone from now on."""
        held, said = self.storing.held, dict[tuple[HeldLine, str], datetime]()
        for channel, cell in prepared.optouts:
            since = self._since(cell)
            for e164, *_rest in prepared.numbers:
                line = held.line(e164) or held.add_line(e164)
                said[line, channel] = min(since, said.get((line, channel), since))
        for (line, channel), since in said.items():
            self.noes.setdefault((line, channel), since)
            # What stands already keeps its date.
            if not any(note.startswith(f"|{channel}|") for note in line.notes):
                line.notes.add(_no(None, channel, since))
        if prepared.optouts and prepared.numbers:
            self.noted["opted_out"] += 1

    def read(self, prepared: Prepared) -> Answer:
        """Return what a row says of consent. Raises Rejected for evidence that proves something else."""
        language = prepared.profile.get("language", "")
        found = grant_of(prepared.said, self.wordings, language=language, at=self.at)
        if isinstance(found, Grant):
            return Answer(found, ())
        if found:
            return Answer(None, [found])
        if (GIVEN_AT in prepared.said or VERSION in prepared.said) and PURPOSE in self.mapping.values():
            # The file has a column for what it was given for, and this row leaves it out.
            raise Rejected(Fault(PURPOSE, "evidence_missing"))
        return Answer(None, claims_of(prepared.claims, self.wordings) if prepared.claims else ())

    def refuse(self, said: Answer, plan: Plan) -> None:
        """Refuse a third party's grant where the person, or anyone at the line, had said no to it by then.

        Whoever said no to us is not brought back by what somebody else says of them.
        """
        grant = said.grant
        if grant is None or not self.batch.source.is_third_party:
            return
        for line, point in zip(plan.lines, plan.points, strict=True):
            for channel in grant.channels:
                if point and _notes(grant.purpose.pk, channel, Act.GIVEN, grant.given_at) <= point.notes:
                    continue
                if self._said_no(line, point, grant, channel):
                    raise Rejected(Fault(PURPOSE, "opted_out"))

    def take_note(self, said: Answer, decision: Decision) -> Decision:
        """Note the entries that are to be appended, but for those that the ledger has."""
        before = len(self.new)
        for point in decision.points:
            if said.grant:
                self._note_grant(said.grant, point, line=decision.row.line or 0)
            for claim in said.claims:
                self._note_claim(claim, point)
        if len(self.new) > before and decision.outcome is Outcome.UNCHANGED:
            decision.outcome = Outcome.UPDATED
            decision.fields = ["consent"]
        return decision

    def before_people(self) -> None:
        """Suppress the lines of every row that says no, whatever became of the row."""
        wanted = {
            (line.id or 0, of): since for (line, of), since in self.noes.items() if (line, of) not in self.standing
        }
        suppression.suppress_all(wanted, reason=f"opt-out in import {self.batch.pk}", actor=self.actor)

    def after_people(self) -> None:
        """Append what was noted, and end what is given at the lines of those who say no."""
        said = [
            ledger.Said(point.id or 0, purpose, channel, act, at, self.method, notice.pk if notice else None, evidence)
            for point, purpose, channel, act, at, notice, evidence in self.new
        ]
        actor, source, batch = self.actor, self.batch.source, self.batch
        if said:
            ledger.append(said, actor=actor, source=source, batch=batch, new=self.storing.new_points)
        since = {(line.id or 0, channel): at for (line, channel), at in self.noes.items()}
        withdrawal.end_all(since, method=self.method, actor=actor, source=source, batch=batch)

    def _note_grant(self, grant: Grant, point: HeldPoint, *, line: int) -> None:
        for channel in grant.channels:
            notes = _notes(grant.purpose.pk, channel, Act.GIVEN, grant.given_at)
            if notes <= point.notes:
                continue
            point.notes |= notes
            proof = ledger.Proof(
                ip=grant.ip, shown=self.batch.source.wording, message=f"import {self.batch.pk}, line {line}"
            )
            self.new.append((point, grant.purpose, channel, Act.GIVEN, grant.given_at, grant.notice, proof))
            self.noted["consents"] += 1

    def _note_claim(self, claim: Claim, point: HeldPoint) -> None:
        """Note a claim, unless the ledger knows anything of the consent: then it says nothing new."""
        for channel in claim.channels:
            known = f"{claim.purpose.pk} {channel}"
            if known in point.notes:
                continue
            point.notes.add(known)
            self.new.append((point, claim.purpose, channel, Act.CLAIMED, self.at, None, None))
            self.noted["claims"] += 1

    def _said_no(self, line: HeldLine | None, point: HeldPoint | None, grant: Grant, channel: Channel) -> bool:
        """Whether the person, or anyone at the line, had said no to this when it is said to have been given."""
        ended = self.ended.get((point.id, grant.purpose.pk, channel.value)) if point else None
        if ended and ended <= grant.given_at:
            return True
        noes = (note.split("|") for note in line.notes) if line else ()
        return any(
            purpose_id in ("", str(grant.purpose.pk))
            and of in ("", channel)
            and datetime.fromisoformat(since) <= grant.given_at
            for purpose_id, of, since in noes
        )

    def _since(self, cell: str) -> datetime:
        """Return since when a cell says no: the time that it holds, taken for UTC where it does not say, or now."""
        try:
            said = parse_datetime(cell)
            # The first day of the calendar, and the last, lie outside it elsewhere.
            return min(said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC), self.at) if said else self.at
        except (ValueError, OverflowError):
            return self.at


def _notes(purpose_id: int, channel: str, act: Act, occurred_at: datetime) -> set[str]:
    """Return what is remembered of an entry: that it is there, and that something is."""
    known = f"{purpose_id} {channel}"
    return {known, f"{known} {act} {occurred_at.timestamp()}"}


def _no(purpose_id: int | None, channel: str, since: datetime) -> str:
    """Return what is remembered of a no: of which purpose and channel, all of them where empty, and since when."""
    return f"{purpose_id or ''}|{channel}|{since.isoformat()}"
