"""The page of a staged file: what it was recognised as, its first rows, and what its columns mean, to be corrected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.admin.import_upload import RegionField
from consent.resources import EvidenceResource
from crm.imports import mapping, saved, steps, upload
from crm.imports.glance import Glance, first_rows, shown
from crm.imports.reading import UnreadableFile
from crm.models import ImportBatch
from crm.theme import Checkbox, Select

ROWS_SHOWN, EXAMPLES = 10, 2
_WHY = {
    "preset": _("As this program writes it"),
    "name": _("By its name"),
    "content": _("By what it holds"),
    "kept": _("As saved for this source, or corrected"),
    "": _("Not recognised: left out"),
}


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column as the page shows it: how full it is, what it holds, and the choice of what it means."""

    header: str
    fill: int
    examples: Sequence[str]
    field: Any
    why: str


class ColumnsForm(forms.Form):
    """What each column means, and how the file is to be imported."""

    region = RegionField()
    overwrite = forms.BooleanField(
        label=_("Overwrite what is there"),
        required=False,
        widget=Checkbox,
        help_text=_("Also values that are newer, or that staff have typed in. A no is never overwritten."),
    )
    accept_flagged = forms.BooleanField(
        label=_("Import what is flagged"),
        required=False,
        widget=Checkbox,
        help_text=_("Premium-rate numbers, and numbers that many people share."),
    )
    save_mapping = forms.BooleanField(
        label=_("Save this mapping for this source"),
        required=False,
        widget=Checkbox,
        help_text=_("The next file of this source with the same columns is read the same way."),
    )

    def __init__(self, data: QueryDict | None, *, batch: ImportBatch, glance: Glance) -> None:
        super().__init__(
            data,
            initial={
                "region": batch.region,
                "overwrite": batch.overwrite,
                "accept_flagged": batch.accept_flagged,
            },
        )
        self.batch, self.glance = batch, glance
        self.proposed = _proposed(batch, glance)
        for at, header in enumerate(glance.headers):
            # A column without a name cannot be named in a mapping.
            if header:
                self.fields[f"column-{at}"] = self._choice(header)

    @property
    def options(self) -> list[Any]:
        """The fields that are not about one column."""
        return [self[name] for name in ("region", "overwrite", "accept_flagged", "save_mapping")]

    def columns(self) -> list[ColumnRow]:
        """Return a row for each column that has a name."""
        rows = []
        for at, header in enumerate(self.glance.headers):
            if header:
                guess, now = self.proposed[header], self.batch.mapping.get(header, "")
                cells = [row.cells[at] for row in self.glance.rows if at < len(row.cells) and row.cells[at].strip()]
                examples = [shown(cell, means=now, region=self.batch.region) for cell in cells[:EXAMPLES]]
                why = guess.why if guess.field == now else ("kept" if now else "")
                rows.append(
                    ColumnRow(header, round(guess.fill * 100), examples, self[f"column-{at}"], str(_WHY.get(why, why)))
                )
        return rows

    def rows(self) -> list[tuple[int, list[str]]]:
        """Return the first rows as (line, cells), with every number masked."""
        means = [self.batch.mapping.get(header) for header in self.glance.headers]
        return [
            (
                row.line,
                [
                    shown(cell, means=field, region=self.batch.region)
                    for cell, field in zip(row.cells, means, strict=False)
                ],
            )
            for row in self.glance.rows[:ROWS_SHOWN]
        ]

    def correct(self, *, user_id: int | None) -> bool:
        """Put a valid form on the batch; or note on the form why it makes no sense. Raises MovedOn."""
        told = {
            header: self.cleaned_data.get(f"column-{at}", "") for at, header in enumerate(self.glance.headers) if header
        }
        try:
            steps.correct(
                self.batch,
                columns=told,
                headers=self.glance.headers,
                resource=EvidenceResource,
                region=self.cleaned_data["region"],
                overwrite=self.cleaned_data["overwrite"],
                accept_flagged=self.cleaned_data["accept_flagged"],
            )
        except UnreadableFile as error:
            self.add_error(None, str(error))
            return False
        if self.cleaned_data["save_mapping"]:
            at = timezone.now()
            saved.remember(self.batch.source, self.batch.mapping, self.glance.headers, user_id=user_id, at=at)
        return True

    def _choice(self, header: str) -> forms.ChoiceField:
        now = self.batch.mapping.get(header, "")
        known = dict(mapping.choices(EvidenceResource.FIELDS))
        # A label or an extension names the column that it belongs to.
        for field in (now, self.proposed[header].field):
            if field and field not in known:
                known[field] = mapping.title(field)
        return forms.ChoiceField(
            label=gettext("What %(column)s means") % {"column": header},
            choices=[("", gettext("— left out —")), *known.items()],
            initial=now,
            required=False,
            widget=Select(attrs={"aria-label": gettext("What %(column)s means") % {"column": header}}),
        )


def glance_at(batch: ImportBatch) -> Glance:
    """Return as many rows of a staged file as show what its columns hold. Raises UnreadableFile."""
    return first_rows(batch, rows=upload.SAMPLE)


def facts(batch: ImportBatch) -> list[tuple[str, str]]:
    """Return what a file was recognised as, as (what, words)."""
    delimiters = {",": gettext("comma"), ";": gettext("semicolon"), "\t": gettext("tab"), "|": gettext("bar")}
    found = [
        (gettext("Source"), str(batch.source)),
        (gettext("File"), batch.file_name),
        (gettext("Format"), batch.format.upper()),
        (gettext("Encoding"), batch.encoding),
        (gettext("Delimiter"), delimiters.get(batch.delimiter, batch.delimiter)),
        (gettext("Program"), batch.preset or gettext("not recognised")),
        (gettext("Rows"), f"{batch.rows_total:,}"),
    ]
    return [(what, words) for what, words in found if words]


def _proposed(batch: ImportBatch, glance: Glance) -> dict[str, mapping.Column]:
    """Return what each column seems to mean, for its fill and the reason."""
    cells = [row.cells for row in glance.rows]
    proposal = mapping.propose(
        glance.headers,
        cells,
        fields=EvidenceResource.FIELDS,
        preset=batch.preset or None,
        region=batch.region,
        to_be_corrected=True,
    )
    return {column.header: column for column in proposal.columns}
