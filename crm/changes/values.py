"""Stored values as staff read them: labels, names instead of ids, numbers masked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import formats
from django.utils.translation import gettext

from crm.changes.differences import EMPTY, Change
from crm.models import ContactPoint, PhoneNumber, Source
from crm.moments import timed

# What rows are called, by their model and id.
Names = Mapping[tuple[type[models.Model], int], str]


def names_of(references: Iterable[tuple[type[models.Model], int | None]]) -> Names:
    """Return what the rows are called that are named so: one query a model."""
    wanted: dict[type[models.Model], set[int]] = defaultdict(set)
    for model, pk in references:
        if pk is not None:
            wanted[model].add(pk)
    found: dict[tuple[type[models.Model], int], str] = {}
    for model, ids in wanted.items():
        rows: Any = model._base_manager.filter(pk__in=ids)
        # What a name is made of, such as the purpose of a notice.
        rows = rows.select_related("line") if model is ContactPoint else rows.select_related()
        found |= {(model, row.pk): name_of(row) for row in rows}
    return found


def name_of(row: models.Model) -> str:
    """Return what a row is called; a line, and a contact point at one, by the masked number."""
    line = row.line if isinstance(row, ContactPoint) else row
    return line.masked if isinstance(line, PhoneNumber) else str(row)


def references(changes: Iterable[Change]) -> list[tuple[type[models.Model], int | None]]:
    """Return the rows that the changes name, for `names_of`."""
    return [
        (each.field.related_model, value)  # type: ignore[misc]
        for each in changes
        if each.field.is_relation
        for value in (each.old, each.new)
    ]


def readable(field: "models.Field[Any, Any]", value: Any, names: Names) -> str:
    """Return a stored value of a field in words; a dash for none."""
    if value in EMPTY:
        return "—"
    if field.is_relation:
        related: Any = field.related_model
        return names.get((related, value)) or gettext("%(what)s %(id)s, which is gone") % {
            "what": related._meta.verbose_name,
            "id": value,
        }
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return timed(value)
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    labels = dict(field.flatchoices)
    return str(labels.get(value, value))


def way_in(code: str) -> str:
    """Return by which way a change came in, in words where there are any."""
    return str(dict(Source.Kind.choices).get(code, code))
