"""The row pipeline: one mapped row of a file becomes one call of `intake.store`, and one outcome.

It is django-import-export's Resource, with its model saving replaced by ours: that one would store numbers that
are none, and leave a row half-saved when a later step of it fails.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from import_export import resources
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import RowResult

from crm import intake
from crm.imports.mapping import COLLECTED_AT, FIELDS, NAME, PHONE, first_of, is_phone, numbers_of
from crm.imports.reading import SourceRow
from crm.models import Actor, Contact, ImportBatch, Outcome

_IMPORT_TYPES = {
    Outcome.CREATED: RowResult.IMPORT_TYPE_NEW,
    Outcome.UPDATED: RowResult.IMPORT_TYPE_UPDATE,
    Outcome.UNCHANGED: RowResult.IMPORT_TYPE_SKIP,
    Outcome.SUPPRESSED: RowResult.IMPORT_TYPE_SKIP,
    Outcome.REJECTED: RowResult.IMPORT_TYPE_INVALID,
}
# The column that a field was made of, or a contact was found by, where the field has none of its own.
_COMES_FROM = {"given_name": NAME, "family_name": NAME, "contact": PHONE}


class ContactRow(RowResult):
    """What became of one row: exactly one outcome, and why it was rejected."""

    outcome: Outcome = Outcome.REJECTED
    line: int = 0
    faults: Sequence[intake.Fault] = ()


class ContactResource(resources.Resource):
    """Contacts of one batch.

    mapping: field by header, in the order of the file. rows: those of the chunk at hand, as the dataset has them.
    """

    FIELDS: Mapping[str, frozenset[str]] = FIELDS

    class Meta:
        report_skipped = True
        # Rows are matched to contacts by intake, under its locks; no instance is looked up before that.
        instance_loader_class = BaseInstanceLoader

    def __init__(
        self,
        *,
        batch: ImportBatch,
        mapping: Mapping[str, str],
        actor: Actor,
        at: datetime,
        rows: Sequence[SourceRow],
    ) -> None:
        super().__init__()
        self.batch = batch
        self.mapping = mapping
        self.actor = actor
        self.at = at
        self.rows = rows

    def get_row_result_class(self) -> type[ContactRow]:
        """Return our kind of row result."""
        return ContactRow

    def import_row(self, row: Mapping[str, str], instance_loader: Any, **kwargs: Any) -> ContactRow:
        """Store one row, with all that belongs to it, or reject it whole."""
        result, source_row = ContactRow(), self.rows[kwargs["row_number"] - 1]
        result.line = source_row.line
        try:
            with transaction.atomic():
                if source_row.fault:
                    raise intake.Rejected(intake.Fault(source_row.column, source_row.fault))
                result.outcome = self.store(row, line=source_row.line)
        except intake.Rejected as rejected:
            result.faults = [self._in_file(fault) for fault in rejected.faults]
        result.import_type = _IMPORT_TYPES[result.outcome]
        return result

    def store(self, row: Mapping[str, str], *, line: int) -> Outcome:
        """Store the row and return its outcome. Raises Rejected."""
        return self.take_in(row, line=line).outcome

    def take_in(self, row: Mapping[str, str], *, line: int) -> intake.Stored:
        """Store the person and the numbers. Raises Rejected."""
        return intake.store(
            self.row_of(row, line=line),
            source=self.batch.source,
            batch=self.batch,
            actor=self.actor,
            at=self.at,
            reason=f"import {self.batch.pk}",
            region=self.batch.region,
        )

    def row_of(self, row: Mapping[str, str], *, line: int) -> intake.Row:
        """Return what intake takes: the cells that say something, under the names of our fields."""
        said = {field: value.strip() for field, value in self.cells(row).items() if value.strip()}
        if "email" in said:
            said["email"] = first_of(said["email"])
        profile = {name: said[name] for name in Contact.PROFILE if name in said}
        if NAME in said and not {"given_name", "family_name"} & set(profile):
            given, _space, family = " ".join(said[NAME].split()).rpartition(" ")
            # A single word is the name that the person goes by.
            profile |= {"given_name": given, "family_name": family} if given else {"given_name": family}
        if "country" in profile:
            profile["country"] = profile["country"].upper()
        numbers = [
            intake.Number(text, label=label, column=header) for text, label, header in numbers_of(row, self.mapping)
        ]
        collected_at = (
            past_moment(said[COLLECTED_AT], column=COLLECTED_AT, at=self.at) if COLLECTED_AT in said else None
        )
        return intake.Row(profile=profile, numbers=numbers, line=line, collected_at=collected_at)

    def cells(self, row: Mapping[str, str]) -> dict[str, str]:
        """Return the row's cells by field, but for the phones, of which there may be several."""
        return {field: row[header] for header, field in self.mapping.items() if not is_phone(field)}

    def _in_file(self, fault: intake.Fault) -> intake.Fault:
        """Name a fault's column as the file does."""
        for field in (fault.column, _COMES_FROM.get(fault.column)):
            for header, meaning in self.mapping.items():
                if meaning == field or (field == PHONE and is_phone(meaning)):
                    return intake.Fault(header, fault.code)
        return fault


def past_moment(text: str, *, column: str, at: datetime) -> datetime:
    """Return an aware datetime, not after `at`, from a cell in ISO 8601. Raises Rejected."""
    try:
        value = parse_datetime(text)
    except ValueError:
        value = None
    if value is None:
        raise intake.Rejected(intake.Fault(column, "not_a_time"))
    if value.tzinfo is None:
        raise intake.Rejected(intake.Fault(column, "naive_timestamp"))
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        # The first day of the calendar, and the last, lie outside it elsewhere.
        raise intake.Rejected(intake.Fault(column, "not_a_time")) from None
    if value > at:
        raise intake.Rejected(intake.Fault(column, "in_the_future"))
    return value
