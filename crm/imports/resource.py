"""The row pipeline: the prepared rows of a chunk become what is held, and each row has one outcome.

It is django-import-export's Resource, with its way of saving replaced by intake's: that one goes row by row, would
store numbers that are none, and leaves a row half-saved when a later step of it fails.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from import_export import resources
from import_export.results import Result, RowResult

from crm.imports.carried import Carried
from crm.imports.mapping import COLLECTED_AT, FIELDS
from crm.imports.preparing import Prepared, named
from crm.intake import Decision, Plan, Storing
from crm.models import Actor, ImportBatch, Outcome
from crm.rows import Fault, ReadNumber, ReadRow, Rejected

_IMPORT_TYPES = {
    Outcome.CREATED: RowResult.IMPORT_TYPE_NEW,
    Outcome.UPDATED: RowResult.IMPORT_TYPE_UPDATE,
    Outcome.UNCHANGED: RowResult.IMPORT_TYPE_SKIP,
    Outcome.SUPPRESSED: RowResult.IMPORT_TYPE_SKIP,
    Outcome.REJECTED: RowResult.IMPORT_TYPE_INVALID,
    Outcome.FLAGGED: RowResult.IMPORT_TYPE_SKIP,
}


class ContactRow(RowResult):
    """What became of one row: its line, exactly one outcome, and how intake decided."""

    line: int
    decision: Decision

    @property
    def outcome(self) -> Outcome:
        """What became of the row."""
        return self.decision.outcome


class ContactResource(resources.Resource):
    """Contacts of one chunk of a batch.

    mapping: field by header, in the order of the file. Its rows are obtained by `actor` at `at` (aware). A subclass
    takes in what else they say, by the methods that do nothing here. noted: how much of that there was, by kind.
    """

    FIELDS: Mapping[str, frozenset[str]] = FIELDS

    def __init__(self, *, batch: ImportBatch, mapping: Mapping[str, str], actor: Actor, at: datetime) -> None:
        super().__init__()
        self.batch = batch
        self.mapping = mapping
        self.noted: Counter[str] = Counter()
        self.actor = actor
        self.at = at
        self.storing = Storing(source=batch.source, batch=batch, actor=actor, at=at, reason=f"import {batch.pk}")

    def import_data(self, dataset: Sequence[Prepared], *, carried: Carried | None = None) -> Result:
        """Import the prepared rows within the caller's transaction, and return what became of each.

        carried: for a dry run, what it has decided on earlier rows; nothing is written or locked then.
        Raises IntegrityError when another transaction was quicker with a line.
        """
        rows = [self._row_of(prepared) for prepared in dataset]
        self.storing.hold([row for row, _faults in rows], locking=carried is None)
        if carried:
            carried.lay_over(self.storing.held, [row for row, _faults in rows])
        self.look(dataset)
        decisions = [self._decide(prepared, row, faults) for prepared, (row, faults) in zip(dataset, rows, strict=True)]
        if carried:
            carried.take_up(decisions, self.storing.held)
        else:
            self.storing.write_lines()
            self.before_people()
            self.storing.write_people(decisions)
            self.after_people()
        return _result(dataset, decisions)

    def look(self, dataset: Sequence[Prepared]) -> None:
        """Read what is held beside contacts and numbers, once intake holds those."""

    def hear(self, prepared: Prepared) -> None:
        """Note what a row says that counts whatever becomes of the row."""

    def read(self, prepared: Prepared) -> Any:
        """Return what a row says beside contacts and numbers. Raises Rejected."""
        return None

    def refuse(self, said: Any, plan: Plan) -> None:
        """Raise Rejected when what was read must not be taken in at the contact that intake has found."""

    def take_note(self, said: Any, decision: Decision) -> Decision:
        """Note what was read for a row that is taken in, and return what then becomes of the row."""
        return decision

    def before_people(self) -> None:
        """Write what must stand before any contact is written."""

    def after_people(self) -> None:
        """Write what was noted; contacts and points have their ids now."""

    def _decide(self, prepared: Prepared, row: ReadRow, faults: Sequence[Fault]) -> Decision:
        self.hear(prepared)
        try:
            if faults:
                raise Rejected(*faults)
            said = self.read(prepared)
        except Rejected as rejected:
            decision = Decision(Outcome.REJECTED, row, faults=rejected.faults)
        else:
            decision = self.storing.deciding.decide(row, refuses=lambda plan: self.refuse(said, plan))
            if decision.contact is not None:
                decision = self.take_note(said, decision)
        if decision.contact is None:
            self.storing.held.leave(row)
        if decision.faults:
            decision.faults = [Fault(*named(fault, self.mapping)) for fault in decision.faults]
        return decision

    def _row_of(self, prepared: Prepared) -> tuple[ReadRow, list[Fault]]:
        """Return a prepared row as intake takes it, and what is wrong with it."""
        faults = [Fault(column, code) for column, code in prepared.faults]
        collected_at = None
        if COLLECTED_AT in prepared.said:
            try:
                collected_at = past_moment(prepared.said[COLLECTED_AT], column=COLLECTED_AT, at=self.at)
            except Rejected as rejected:
                faults += [Fault(*named(fault, self.mapping)) for fault in rejected.faults]
        row = ReadRow(
            prepared.profile,
            [ReadNumber(*values) for values in prepared.numbers],
            line=prepared.line,
            collected_at=collected_at,
            external_id=prepared.external_id,
        )
        return row, faults


def _result(dataset: Sequence[Prepared], decisions: Sequence[Decision]) -> Result:
    result = Result()
    for prepared, decision in zip(dataset, decisions, strict=True):
        row = ContactRow()
        row.line, row.decision, row.import_type = prepared.line, decision, _IMPORT_TYPES[decision.outcome]
        result.rows.append(row)
        result.increment_row_result_total(row)
    result.total_rows = len(decisions)
    return result


def past_moment(text: str, *, column: str, at: datetime) -> datetime:
    """Return an aware datetime in UTC, not after `at`, from a cell in ISO 8601. Raises Rejected."""
    try:
        value = parse_datetime(text)
    except ValueError:
        value = None
    if value is None:
        raise Rejected(Fault(column, "not_a_time"))
    if value.tzinfo is None:
        raise Rejected(Fault(column, "naive_timestamp"))
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        # The first day of the calendar, and the last, lie outside it elsewhere.
        raise Rejected(Fault(column, "not_a_time")) from None
    if value > at:
        raise Rejected(Fault(column, "in_the_future"))
    return value
