"""The look of the admin, and the rules that hold on every page of it. The only module that imports unfold.

Nothing is deleted here: erasure is an act of its own, with a receipt. Nothing changes in bulk. No number stands
in an address, a title, a message or a log line. Every change of a model with history says who made it, and why.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import DateTimeField, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import forms as unfold_forms
from unfold import widgets
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import TabularInline as UnfoldTabularInline
from unfold.checks import UnfoldModelAdminChecks
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.fields import UnfoldAdminReadonlyField
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.paginator import InfinitePaginator

from crm import phones
from crm.moments import moment, timed, timed_day

__all__ = [
    "ActionVariant",
    "AdminPasswordChangeForm",
    "AutocompleteSelectFilter",
    "DropdownFilter",
    "InfinitePaginator",
    "ModelAdmin",
    "RangeDateFilter",
    "ReadOnly",
    "TabularInline",
    "UserChangeForm",
    "UserCreationForm",
    "action",
    "around_sign_in",
    "badge",
    "display",
    "erased_on",
    "icon",
    "is_number_like",
    "moment",
    "page_style",
    "past",
    "timed",
    "timed_day",
]

TextInput = widgets.UnfoldAdminTextInputWidget
URLInput = widgets.UnfoldAdminURLInputWidget
NumberInput = widgets.UnfoldAdminIntegerFieldWidget
Textarea = widgets.UnfoldAdminTextareaWidget
Select = widgets.UnfoldAdminSelectWidget
FileInput = widgets.UnfoldAdminFileFieldWidget
Checkbox = widgets.UnfoldBooleanWidget
Checkboxes = widgets.UnfoldAdminCheckboxSelectMultipleWidget


class MomentInput(forms.DateTimeInput):
    """A date and time in the browser's own picker, read in the current time zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(widgets.INPUT_CLASSES)}, format="%Y-%m-%dT%H:%M")


def erased_on(at: datetime) -> SafeString:
    """Return what stands in the place of an erased value, as HTML."""
    return format_html(gettext("erased on {date}"), date=timed_day(at))


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


class ReadonlyField(UnfoldAdminReadonlyField):
    """A value that is only looked at: a moment says what it is in UTC too."""

    def contents(self) -> SafeString:
        name, obj = self.field["field"], self.form.instance
        if isinstance(name, str) and isinstance(_field(obj, name), DateTimeField):
            return timed(getattr(obj, name))
        return super().contents()


# unfold offers no way to name another; it puts its own into Django's place just so.
unfold_forms.UnfoldAdminReadonlyField = ReadonlyField


def _field(model: Any, name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _timed_column(field: DateTimeField) -> Any:
    """Return the column of a list that shows a moment as staff read it, with UTC on hover."""

    @display(description=field.verbose_name, ordering=field.name)
    def column(obj: Model) -> SafeString:
        return timed(getattr(obj, field.name))

    column.__name__ = field.name
    return column


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
    actions: Sequence[Any] | None = None
    show_full_result_count = False
    list_filter_submit = True
    list_filter_sheet = False
    list_per_page = 50
    compressed_fields = True
    warn_unsaved_form = True
    # What an empty list tells whoever opens it: why there is nothing, and the next step.
    empty_hint: Any = ""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> Any:
        named = [
            (name, _field(self.model, name) if isinstance(name, str) else None)
            for name in super().get_list_display(request)
        ]
        return [_timed_column(field) if isinstance(field, DateTimeField) else name for name, field in named]

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        # Nothing is edited in the list: what is posted to it is an action or nothing.
        if request.method == "POST" and ("action" not in request.POST or not self.get_actions(request)):
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
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return past(super().history_view, request, object_id, extra_context)


def past(view: Any, request: HttpRequest, *args: Any) -> HttpResponse:
    """Answer a page of the past: it is only ever read, and there is none at an address that was made up."""
    if request.method != "GET":
        raise PermissionDenied
    try:
        return view(request, *args)
    except ValueError:
        raise Http404 from None


def icon(request: HttpRequest) -> str:
    """Return the address of the site's icon."""
    return static("crm/favicon.svg")


def around_sign_in(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of the admin needs, to templates of sign-in: allauth's pages know nothing of the admin."""
    if not request.path_info.startswith("/account/"):
        return {}
    request.current_app = admin.site.name
    classes = {"field_classes": widgets.INPUT_CLASSES, "box_classes": widgets.CHECKBOX_CLASSES}
    return {**admin.site.each_context(request), **{name: " ".join(each) for name, each in classes.items()}}


def numbers_script(request: HttpRequest) -> str:
    """Return the address of the script that keeps numbers out of addresses."""
    return static("crm/numbers.js")


def zone_script(request: HttpRequest) -> str:
    """Return the address of the script that tells the user's time zone."""
    return static("crm/zone.js")


def reachable_script(request: HttpRequest) -> str:
    """Return the address of the script that helps screen readers and the keyboard."""
    return static("crm/reachable.js")


def style(request: HttpRequest) -> str:
    """Return the address of the style that is laid over unfold's own."""
    return static("crm/theme.css")


def page_style(request: HttpRequest) -> str:
    """Return the address of the styles of a contact's pages."""
    return static("crm/page.css")


def desk_style(request: HttpRequest) -> str:
    """Return the address of the style of the dashboard and of compliance."""
    return static("crm/desk.css")


def unsaved_script(request: HttpRequest) -> str:
    """Return the address of the script that knows of more cases in which a form holds what was not saved."""
    return static("crm/unsaved.js")
