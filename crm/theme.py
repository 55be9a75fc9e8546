"""The look of the admin, and the rules that hold on every page of it. The only module that imports unfold.

Nothing is deleted here: erasure is an act of its own, with a receipt. Nothing changes in bulk. No number stands
in an address, a title, a message or a log line. Every change of a model with history says who made it, and why.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.utils import display_for_field, unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper
from unfold import widgets
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import TabularInline as UnfoldTabularInline
from unfold.checks import UnfoldModelAdminChecks
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from crm import phones
from crm.models import Actor, Origin, attributed_to

__all__ = [
    "ActionVariant",
    "AdminPasswordChangeForm",
    "AutocompleteSelectFilter",
    "DropdownFilter",
    "HistoryAdmin",
    "ModelAdmin",
    "ReadOnly",
    "ReasonForm",
    "TabularInline",
    "UserChangeForm",
    "UserCreationForm",
    "action",
    "badge",
    "display",
    "erased_on",
    "is_number_like",
    "moment",
    "navigation",
    "script",
]

TextInput = widgets.UnfoldAdminTextInputWidget
Textarea = widgets.UnfoldAdminTextareaWidget
Select = widgets.UnfoldAdminSelectWidget
FileInput = widgets.UnfoldAdminFileFieldWidget
Checkboxes = widgets.UnfoldAdminCheckboxSelectMultipleWidget


class MomentInput(forms.DateTimeInput):
    """A date and time in the browser's own picker, read in the current time zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(widgets.INPUT_CLASSES)}, format="%Y-%m-%dT%H:%M")


def moment(at: datetime | None) -> str:
    """Return a moment as staff read it, in the current time zone; a dash for none."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else "—"


def erased_on(at: datetime) -> str:
    """Return what stands in the place of an erased value."""
    return gettext("erased on %(date)s") % {"date": formats.date_format(timezone.localtime(at), "DATE_FORMAT")}


_COLOURS = {
    "success": "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400",
    "warning": "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
    "danger": "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400",
    "info": "bg-blue-100 text-blue-700 dark:bg-blue-500/20 dark:text-blue-400",
    "": "bg-base-500/8 text-base-700 dark:bg-base-500/20 dark:text-base-200",
}


def badge(text: object, colour: str = "") -> str:
    """Return a coloured label, as unfold draws them; colour: success, warning, danger, info or none."""
    return format_html(
        '<span class="inline-block font-semibold h-6 leading-6 px-2 rounded-default text-[11px] uppercase '
        'whitespace-nowrap {}">{}</span>',
        _COLOURS[colour],
        text,
    )


def is_number_like(text: str) -> bool:
    """Whether somebody typed a number to search for, in whatever spelling: it must not become an address."""
    return phones.mentions_number(text) or (sum(map(str.isdecimal, text)) >= 7 and not re.search(r"[^\W\d_]|@", text))


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


class TabularInline(UnfoldTabularInline):
    """Rows that belong to an object; none is ever deleted here."""

    extra = 0
    can_delete = False
    hide_title = True

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnly:
    """For what is written by a verb and only looked at here."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class AdminChecks(UnfoldModelAdminChecks):
    """unfold's checks, but for the one that asks the database: before the first migrate there is none to ask."""

    def _check_unfold_action_permission_methods(self, obj: Any) -> list[Any]:
        return []


class ModelAdmin(UnfoldModelAdmin):
    """The house rules, for every model."""

    checks_class = AdminChecks
    # unfold's own look the permissions of actions up in a database that may not be migrated yet.
    checks_class = ModelAdminChecks  # type: ignore[assignment]
    actions = None
    show_full_result_count = False
    list_filter_submit = True
    list_filter_sheet = False
    list_per_page = 50
    compressed_fields = True
    warn_unsaved_form = True

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST" and not self.get_actions(request):
            raise PermissionDenied
        if is_number_like(request.GET.get(SEARCH_VAR, "")):
            messages.error(
                request,
                _("Numbers cannot be searched for here: addresses of pages are kept in logs. Search for a name."),
            )
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        if is_number_like(search_term):
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        return _past(super().history_view, request, object_id, extra_context)


def _past(view: Any, request: HttpRequest, *args: Any) -> HttpResponse:
    """Answer a page of the past: it is only ever read, and there is none at an address that was made up."""
    if request.method != "GET":
        raise PermissionDenied
    try:
        return view(request, *args)
    except ValueError:
        raise Http404 from None


class HistoryAdmin(SimpleHistoryAdmin, ModelAdmin):
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
        return _past(super().history_view, request, object_id, extra_context)

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


def script(request: HttpRequest) -> str:
    """Return the address of the script that keeps numbers out of addresses."""
    return static("crm/numbers.js")


NAVIGATION = (
    (
        _("People"),
        (
            ("crm.contact", "group"),
            ("crm.contactpoint", "contact_phone"),
            ("crm.phonenumber", "call"),
            ("crm.provenance", "account_tree"),
        ),
    ),
    (_("Sources"), (("crm.source", "input"), ("crm.importbatch", "upload_file"))),
    (
        _("Consent"),
        (
            ("consent.purpose", "flag"),
            ("consent.notice", "article"),
            ("consent.consent", "how_to_reg"),
            ("consent.consentevent", "receipt_long"),
            ("consent.evidence", "fact_check"),
            ("consent.suppression", "do_not_disturb_on"),
        ),
    ),
    (
        _("Retention"),
        (
            ("consent.retentionpolicy", "event_busy"),
            ("consent.legalhold", "gavel"),
            ("consent.purgerun", "auto_delete"),
            ("consent.receipt", "verified"),
            ("crm.anonymouscount", "bar_chart"),
        ),
    ),
    (_("Access"), (("auth.user", "person"), ("auth.group", "badge"))),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side bar for UNFOLD: only what the signed-in person may look at."""
    groups = []
    for title, entries in NAVIGATION:
        items = []
        for label, icon in entries:
            model = apps.get_model(label)
            if admin.site.is_registered(model) and admin.site.get_model_admin(model).has_view_permission(request):
                link = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                items.append({"title": capfirst(model._meta.verbose_name_plural), "icon": icon, "link": link})
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups
