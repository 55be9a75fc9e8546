"""Optimistic locking: a form that was opened before somebody else saved stores nothing, and says who changed what.

A page says which version of its object it was made from, signed. What is posted against another version is shown
again: what the person typed is kept, what they left alone is brought up to date, and beside it stands what was changed
meanwhile, by whom, when and why. Saving again is then a decision. A request that names no version is no page of ours,
and has none to be stale.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django import forms
from django.contrib.admin.utils import display_for_field, unquote
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.theme import moment

# The hidden field in which a page says what it was made from.
VERSION = "_version"
_SIGNER = signing.Signer(salt="crm.admin.locking")
_STALE = "_stale"
CHANGED = _("Nothing was saved: this was changed while you had it open. Look at what changed, then save again.")
SAYS_OTHERWISE = _("Nothing was done: what it would do has changed since you opened this page. Read it again.")


class Overtaken(Exception):
    """Somebody else has saved between the look at the version and the lock: everything is rolled back."""


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


class Locking:
    """Mixed into the admin of a model whose forms people edit.

    locks_row: whether a save begins with a lock on the row; where others lock in another order, `save_related` looks
    again instead and raises Overtaken.
    """

    locks_row = True
    change_form_before_template = "admin/version.html"
    model: Any

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        view: Any = super().changeform_view  # type: ignore[misc]
        if request.method != "POST" or not object_id or VERSION not in request.POST:
            return view(request, object_id, form_url, extra_context)
        try:
            with transaction.atomic():
                if self.locks_row:
                    _lock(self.model, unquote(object_id))
                setattr(request, _STALE, None)
                return view(request, object_id, form_url, extra_context)
        except Overtaken:
            setattr(request, _STALE, None)
            return view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        if request.method != "POST" or obj is None or not change or VERSION not in request.POST:
            return form
        if getattr(request, _STALE, None) is None:
            posted = request.POST[VERSION]
            if is_current(obj, posted):
                return form
            setattr(request, _STALE, _catch_up(request, form, obj, posted))
        return type(form.__name__, (_Refusing, form), {})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if (obj := kwargs.get("obj")) is not None:
            context["version"] = version_of(obj)
            context["stale"] = getattr(request, _STALE, None)
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]


class _Refusing:
    """Laid over a form that is stale: whatever it holds, it is not valid."""

    def clean(self) -> Any:
        form: Any = self
        cleaned = super().clean() or form.cleaned_data  # type: ignore[misc]
        form.add_error(None, CHANGED)
        return cleaned


def version_of(obj: models.Model) -> str:
    """Return what names the present version of an object, signed; it tells nothing of what the object holds."""
    return _SIGNER.sign(":".join(map(str, (obj._meta.label_lower, obj.pk, *_marks(obj)))))


def is_current(obj: models.Model, version: str) -> bool:
    """Whether a version that was posted is the present one."""
    return version == version_of(obj)


def require_latest(request: HttpRequest, obj: Any, *, at: datetime) -> None:
    """Look again, under the locks of a save at `at` (aware): raise Overtaken if another was saved since the page."""
    since = _history_id_of(obj, request.POST.get(VERSION, ""))
    if since and obj.history.filter(history_id__gt=since).exclude(history_date=at).exists():
        raise Overtaken


def effects_of(act: Any) -> str:
    """Return what names what the page of an act says that it will do, signed."""
    return seal_of(type(act).__name__, act.obj and act.obj.pk, *map(str, act.effects()))


def seal_of(*values: Any) -> str:
    """Return what names these values, signed: what a page has said, for the answer to it to be held against."""
    return _SIGNER.sign(_digest(values))


def says_otherwise(request: HttpRequest, act: Any) -> bool:
    """Whether what an act would do is no longer what its page said when it was opened."""
    return request.POST.get(VERSION, "") not in ("", effects_of(act))


def _marks(obj: Any) -> tuple[int, str]:
    """Return the last row of the history, if there is one, and a digest of what the history does not follow."""
    followed = hasattr(obj, "history")
    values: list[Any] = [
        sorted(field.value_from_object(obj), key=lambda each: each.pk)
        for field in obj._meta.many_to_many
        if field.remote_field.through._meta.auto_created
    ]
    values = [[each.pk for each in of_field] for of_field in values]
    if not followed:
        values += [field.value_from_object(obj) for field in obj._meta.concrete_fields]
    return _last_change(obj) if followed else 0, _digest(values) if values else ""


def _last_change(obj: Any) -> int:
    return obj.history.order_by("-history_id").values_list("history_id", flat=True).first() or 0


def _digest(values: Sequence[Any]) -> str:
    """Return a keyed digest: one that nobody can try values against."""
    return salted_hmac("crm.admin.locking", repr(values), algorithm="sha256").hexdigest()[:32]


def _lock(model: Any, object_id: str) -> None:
    try:
        model._base_manager.select_for_update(of=("self",)).filter(pk=object_id).first()
    except ValueError:
        return  # no such object: the view says so


def _catch_up(request: HttpRequest, form_class: Any, obj: Any, posted: str) -> Stale:
    """Bring what the person left alone in the posted form up to date, and return what has changed."""
    since = _history_id_of(obj, posted)
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


def _history_id_of(obj: models.Model, posted: str) -> int:
    """Return the row of the history that a form was made from; 0 where it names none, or is not of ours."""
    try:
        label, pk, history_id, _digest_of = _SIGNER.unsign(posted).split(":")
    except (signing.BadSignature, ValueError):
        return 0
    return int(history_id) if (label, pk) == (obj._meta.label_lower, str(obj.pk)) else 0


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
        return moment(value)
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
