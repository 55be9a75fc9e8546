"""Models with history in the admin: every change says who made it and why; the past is read and never reverted."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from crm import changes, phones
from crm.admin.locking import Locking
from crm.changes import Change
from crm.models import Actor, Origin, Privacy, attributed_to
from crm.theme import ModelAdmin, TextInput, erased_on, moment, past


class ReasonForm(forms.ModelForm):
    """A form that asks why; the answer stands in the history."""

    change_reason = forms.CharField(
        label=_("Reason for this change"),
        required=False,
        max_length=200,
        widget=TextInput,
        help_text=_("Kept in the history beside the change. No phone numbers here."),
    )

    def clean_change_reason(self) -> str:
        reason: str = self.cleaned_data["change_reason"]
        if phones.mentions_number(reason):
            raise forms.ValidationError(gettext("Leave the phone number out: the history is not its place."))
        return reason


class HistoryAdmin(Locking, SimpleHistoryAdmin, ModelAdmin):
    """A model with history: what is saved here says who did it, when and why; its past is read and never reverted."""

    form = ReasonForm
    object_history_template = "admin/history.html"
    history_list_per_page = 50

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[Any]:
        return [name for name in super().get_fields(request, obj) if name != "change_reason"]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[tuple]:
        fieldsets = list(super().get_fieldsets(request, obj))
        if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
            fieldsets.append((None, {"fields": ["change_reason"]}))
        return fieldsets

    def origin(self, request: HttpRequest, reason: str = "") -> Origin:
        """Return the origin of what the request changes."""
        actor = Actor.staff(request.user)  # type: ignore[arg-type]
        return Origin(actor, timezone.now(), reason or gettext("edited in admin"), channel="admin")

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        with attributed_to(self.origin(request, form.cleaned_data.get("change_reason", ""))):
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        with attributed_to(self.origin(request, form.cleaned_data.get("change_reason", ""))):
            super().save_related(request, form, formsets, change)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["show_history"] = self.has_view_history_or_change_history_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        if "change_reason" in form.changed_data:
            form.changed_data.remove("change_reason")
        return super().construct_change_message(request, form, formsets, add)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        return past(super().history_view, request, object_id, extra_context)

    def erased_words(self, obj: Any) -> str:
        """Return what is said of an erased object: when it went; "" for one that is not erased."""
        erased_at = getattr(obj, "erased_at", None)
        return erased_on(erased_at) if erased_at else ""

    def history_view_title(self, request: HttpRequest, obj: Any) -> str:
        return gettext("History: %(object)s") % {"object": obj}

    def get_history_queryset(
        self, request: HttpRequest, history_manager: Any, pk_name: str, object_id: Any
    ) -> QuerySet:
        rows = history_manager.filter(**{pk_name: object_id})
        return rows.select_related("history_user", "history_source", "history_batch").order_by(
            "-history_date", "-history_id"
        )

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Any, foreign_keys_are_objs: bool = True
    ) -> None:
        """Say of each version on the page what changed with it: a query a page for the version before its oldest."""
        rows = list(historical_records)
        earlier = dict(zip((row.history_id for row in rows), rows[1:], strict=False))
        if rows and (before := _before(rows[-1])):
            earlier[rows[-1].history_id] = before
        found = changes.versions(self.model, [row for row in rows if row.history_id in earlier], earlier)
        names = changes.names_of(named for some in found.values() for named in changes.references(some))
        for row in rows:
            row.way_in = changes.way_in(row.history_channel)
            row.history_delta_changes = [_told(each, names) for each in found.get(row.history_id, ())]

    def render_history_view(self, request: HttpRequest, template: str, context: Any, **kwargs: Any) -> HttpResponse:
        context["erased"] = self.erased_words(context["object"])
        return super().render_history_view(request, template, context, **kwargs)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        """Show one version. simple-history's own view lets whoever may look POST here, and saves what they sent."""
        if request.method != "GET" or not self.has_view_history_or_change_history_permission(request):
            raise PermissionDenied
        history = getattr(self.model, self.model._meta.simple_history_manager_attribute)
        rows = self.get_history_queryset(request, history, self.opts.pk.attname, unquote(object_id))
        try:
            record = rows.get(history_id=version_id)
        except (history.model.DoesNotExist, ValueError):
            raise Http404 from None
        self.set_history_delta_changes(request, [record])
        original = self.get_object(request, unquote(object_id))
        erased = self.erased_words(original)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Version of %(date)s") % {"date": moment(record.history_date)},
            "opts": self.opts,
            "original": original,
            "record": record,
            "erased": erased,
            "values": _values(self.model, record, erased=erased),
            "history_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_history", args=[object_id]),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/history_version.html", context)


def _before(row: Any) -> Any:
    """Return the version before this one of the same object, or None: in the order in which they are listed."""
    earlier = Q(history_date__lt=row.history_date) | Q(history_date=row.history_date, history_id__lt=row.history_id)
    rows = type(row).objects.filter(earlier, id=row.id)
    return rows.order_by("-history_date", "-history_id").first()


def _told(change: Change, names: changes.Names) -> dict[str, str]:
    old, new = (changes.readable(change.field, value, names) for value in (change.old, change.new))
    return {"field": str(capfirst(change.field.verbose_name)), "old": old, "new": new}


def _values(model: type[Model], record: Any, *, erased: str) -> list[tuple[str, str]]:
    """Return the label and the value of each field of a version; erased: what stands in the place of what is gone."""
    fields = changes.fields_of(model)
    stored = {each: getattr(record, each.attname) for each in fields}
    held = changes.differences(model, {}, {each.attname: value for each, value in stored.items()})
    names = changes.names_of(changes.references(held))
    personal = getattr(model, "privacy", Privacy()).personal if erased else {}
    return [
        (
            str(capfirst(each.verbose_name)),
            erased if each.name in personal else changes.readable(each, value, names),
        )
        for each, value in stored.items()
    ]
