"""A form that is stale: what others have changed since it was opened, and the form brought up to date with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django import forms
from django.contrib.admin.utils import display_for_field
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext

from crm.theme import timed


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody else saved in one go; fields: label, and the value before and after, in words."""

    who: str
    at: datetime
    why: str
    fields: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Stale:
    """What has changed since a form was opened. clashes: label and present value of what both have changed."""

    edits: Sequence[Edit] = ()
    clashes: Sequence[tuple[str, str]] = ()


def catch_up(request: HttpRequest, form_class: Any, obj: Any, *, since: int) -> Stale:
    """Bring what the person left alone in the posted form up to date, and return what has changed.

    since: the row of the history that the form was made from; 0 where that is not known.
    """
    before = _instance_at(obj, since)
    touched = set(form_class(request.POST, request.FILES, instance=before or obj).changed_data)
    differs = form_class(request.POST, request.FILES, instance=obj).changed_data
    present = form_class(instance=obj)
    data = request.POST.copy()
    for field in present:
        if field.name not in touched and field.name in differs:
            for name in [name for name in data if name == field.html_name or name.startswith(f"{field.html_name}_")]:
                del data[name]
            for name, values in _as_posted(field).items():
                data.setlist(name, values)
    request.POST = data  # type: ignore[assignment]
    edits = _edits_since(obj, since) if since else []
    labels = {field.name: capfirst(str(field.label)) for field in present}
    changed = {label for edit in edits for label, _old, _new in edit.fields}
    clashes = [
        (labels[name], _in_words(obj, name))
        for name in differs
        if name in touched and name in labels and (not edits or labels[name] in changed)
    ]
    return Stale(edits, clashes)


def _instance_at(obj: Any, history_id: int) -> Any:
    record = obj.history.filter(history_id=history_id).first() if history_id else None
    return record and record.instance


def _edits_since(obj: Any, history_id: int) -> list[Edit]:
    """Return what was saved since that row of the history, the newest first."""
    rows = list(
        obj.history.filter(history_id__gte=history_id).select_related("history_user").order_by("history_id")[:50]
    )
    edits = [
        Edit(
            str(row.history_user or row.history_actor),
            row.history_date,
            row.history_change_reason,
            list(_differences(before, row)),
        )
        for before, row in pairwise(rows)
    ]
    return edits[::-1]


def _differences(before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    for field in after.tracked_fields:
        if getattr(before, field.attname) != getattr(after, field.attname):
            yield capfirst(str(field.verbose_name)), _shown(before, field), _shown(after, field)


def _shown(row: Any, field: Any) -> str:
    """Return the value of a field in words."""
    try:
        value = getattr(row, field.name)
    except ObjectDoesNotExist:
        value = None
    if isinstance(value, datetime):
        return timed(value)
    if isinstance(value, models.Model | date | bool) or field.flatchoices:
        return str(display_for_field(str(value) if isinstance(value, models.Model) else value, field, "—"))
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str("—" if value in (None, "") else value)


def _in_words(obj: Any, name: str) -> str:
    try:
        field = obj._meta.get_field(name)
    except ObjectDoesNotExist:
        return gettext("see above")
    if field.many_to_many:
        return ", ".join(map(str, getattr(obj, name).all())) or "—"
    return _shown(obj, field)


def _as_posted(field: forms.BoundField) -> dict[str, list[str]]:
    """Return what a browser would post for a field that is left as it is."""
    # A foreign key's own widget stands within one that adds links to it.
    widget: Any = getattr(field.field.widget, "widget", field.field.widget)
    context = widget.get_context(field.html_name, field.value(), {})["widget"]
    return dict(_controls(context))


def _controls(widget: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    if widget.get("subwidgets"):
        for each in widget["subwidgets"]:
            yield from _controls(each)
    elif "optgroups" in widget:
        options = [option for _name, group, _index in widget["optgroups"] for option in group]
        yield widget["name"], [str(option["value"]) for option in options if option["selected"]]
    elif widget.get("type") == "checkbox":
        if widget["attrs"].get("checked"):
            yield widget["name"], ["on"]
    else:
        yield widget["name"], ["" if widget["value"] is None else str(widget["value"])]
