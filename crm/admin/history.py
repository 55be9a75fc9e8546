"""Models with history in the admin: every change says who made it and why; the past is read and never reverted."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.utils import display_for_field, unquote
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper

from crm import phones
from crm.admin.locking import Locking
from crm.models import Actor, Origin, attributed_to
from crm.theme import ModelAdmin, TextInput, moment, past


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
    object_history_list_template = "admin/history_list.html"

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

    def get_history_queryset(
        self, request: HttpRequest, history_manager: Any, pk_name: str, object_id: Any
    ) -> QuerySet:
        rows = super().get_history_queryset(request, history_manager, pk_name, object_id)
        return rows.select_related("history_source", "history_batch").order_by("-history_date", "-history_id")

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> "_Labels":
        return _Labels(self.model, historical_record)

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
        original = self.get_object(request, unquote(object_id))
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Version of %(date)s") % {"date": moment(record.history_date)},
            "opts": self.opts,
            "original": original,
            "record": record,
            "values": list(_values(record)),
            "history_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_history", args=[object_id]),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/history_version.html", context)


class _Labels(HistoricalRecordContextHelper):
    """Shows what staff chose, not the code that is stored for it."""

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        field = self.model._meta.get_field(change.field)
        if isinstance(value, datetime):
            return moment(value)
        return super().prepare_delta_change_value(change, dict(field.flatchoices).get(value, value))


def _values(record: Any) -> Iterator[tuple[str, str]]:
    """Yield the label and the value of each field of a history row."""
    for field in record.tracked_fields:
        if field.primary_key:
            continue
        try:
            value = getattr(record, field.name)
        except ObjectDoesNotExist:
            value = None
        yield capfirst(field.verbose_name), display_for_field(value, field, "—")
