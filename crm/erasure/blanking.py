"""Blanking by table: what every model has, its row, its history and what the admin's log says of it."""

from collections.abc import Collection
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from crm import bulk
from crm.models import Approval
from crm.models.history import HistoryRow


def numbers_by(field: str, rows: "QuerySet[Any]") -> dict[int, int]:
    """Return how many of the rows have each value of the field."""
    return dict(rows.values_list(field).annotate(rows=Count("*")))


def let_go_of_history(model: type[models.Model], ids: Collection[int], *, keep: bool) -> dict[int, int]:
    """Blank (keep) or delete the history of these rows, and return how much each had."""
    history = bulk.among(model.history, "id", ids)  # type: ignore[attr-defined]
    touched = numbers_by("id", history)
    if keep:
        history.update(**model.privacy.personal, **HistoryRow.privacy.personal)  # type: ignore[attr-defined]
    else:
        history.delete()
    return touched


def blank_log(model: type[models.Model], ids: Collection[int]) -> dict[int, int]:
    """Blank what the admin's log says of the objects: the row that somebody acted stays, without a name."""
    rows = LogEntry.objects.filter(
        bulk.one_of("object_id", [str(pk) for pk in ids], text=True),
        content_type=ContentType.objects.get_for_model(model),
    ).order_by()
    touched = {int(pk): number for pk, number in rows.values_list("object_id").annotate(rows=Count("*")) if pk}
    if touched:
        rows.update(object_repr=_("erased"), change_message="")
    return touched


def blank_approvals(model: type[models.Model], ids: Collection[int]) -> None:
    """Forget what was said when somebody asked for an act on these objects: nothing of it can be done any more."""
    said = Approval.objects.filter(content_type=ContentType.objects.get_for_model(model)).exclude(said={})
    waiting = set(said.values_list("object_id", flat=True))
    if found := waiting & set(ids):
        said.filter(object_id__in=found).update(**Approval.privacy.personal)


def delete(model: type[models.Model], ids: Collection[int]) -> None:
    """Delete rows with all their history, also that of the deletion, which would hold their last values."""
    manager: Any = model._default_manager
    manager.filter(pk__in=ids).delete()
    manager.model.history.filter(id__in=ids).delete()
    blank_log(model, ids)
