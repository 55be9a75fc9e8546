"""Saved views of the list of contacts: kept under a name by whoever made them, for themselves or for everybody."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import faults, phones
from crm.admin.contact_filters import FOUND
from crm.models import SavedView
from crm.theme import Checkbox, TextInput, is_number_like

# Not a filter: a search is for once, a page is where somebody was, the rest are the list's own.
_NOT_KEPT = {SEARCH_VAR, FOUND, "p", "o", "e", "all", "_popup", "_to_field"}
_LONGEST = 60


class ViewForm(forms.Form):
    """A name for a choice of filters, and whether others see it too."""

    name = forms.CharField(label=_("Name"), max_length=60, widget=TextInput)
    shared = forms.BooleanField(label=_("Shared with everybody"), required=False, widget=Checkbox)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if phones.mentions_number(name) or is_number_like(name):
            raise forms.ValidationError(faults.message("number_in_text"))
        return name


def filters_of(parameters: QueryDict, known: set[str]) -> dict[str, str]:
    """Return what of an address is a filter, one of the `known` parameters, and may be kept."""
    return {
        name: value
        for name, value in parameters.items()
        if name in known - _NOT_KEPT
        and isinstance(value, str)
        and value
        and len(value) <= _LONGEST
        and not is_number_like(value)
    }


def page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show the views of the account, and keep, rename or remove one on POST. Raises PermissionDenied.

    With filters in the address it asks for a name for these.
    """
    if request.method not in ("GET", "POST") or not model_admin.has_view_permission(request):
        raise PermissionDenied
    known = {spec.parameter_name for spec in model_admin.get_list_filter(request)}
    filters = filters_of(request.GET, known)
    chosen = None
    if request.method == "POST" and request.POST.get("view"):
        chosen = _own(request).filter(pk=_id(request.POST["view"])).first()
        if chosen is None:
            raise PermissionDenied
    form = ViewForm(request.POST if request.method == "POST" and request.POST.get("do") != "remove" else None)
    if request.method == "POST" and (done := _do(request, form, chosen, filters)):
        messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:crm_contact_views"))
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Saved views"),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "form": form if chosen is None else ViewForm(),
        "filters": list(_in_words(model_admin, request, filters)),
        "rows": [_row(request, each, form if each == chosen else None) for each in _own(request)],
        "back": reverse("admin:crm_contact_changelist"),
    }
    return TemplateResponse(request, "admin/crm/contact/views.html", context)


def _in_words(model_admin: Any, request: HttpRequest, filters: dict[str, str]) -> Iterator[tuple[Any, Any]]:
    """Yield the title of each filter, and what is chosen of it, as the list says them."""
    for kind in model_admin.get_list_filter(request):
        if kind.parameter_name in filters:
            spec = kind(request, {kind.parameter_name: [filters[kind.parameter_name]]}, model_admin.model, model_admin)
            yield spec.title, dict(spec.lookup_choices).get(spec.value(), spec.value())


def _own(request: HttpRequest) -> Any:
    return SavedView.objects.filter(user=request.user.pk)


def _row(request: HttpRequest, view: SavedView, form: ViewForm | None) -> dict[str, Any]:
    shown = form or ViewForm(initial={"name": view.name, "shared": view.shared}, auto_id=f"id_{view.pk}_%s")
    return {"view": view, "form": shown, "address": address(view.filters)}


def address(filters: dict[str, str]) -> str:
    """Return the query string of a view."""
    query = QueryDict(mutable=True)
    query.update(filters)
    return f"?{query.urlencode()}"


def _do(request: HttpRequest, form: ViewForm, chosen: SavedView | None, filters: dict[str, str]) -> str:
    """Do what was posted, and return what was done; "" where the form, or there being no filters, stands against it."""
    if request.POST.get("do") == "remove" and chosen is not None:
        chosen.delete()
        return gettext("The view was removed.")
    if not form.is_valid():
        return ""
    if chosen is None and not filters:
        form.add_error(None, gettext("Choose a filter in the list of contacts first."))
        return ""
    view = chosen or SavedView(user=request.user, filters=filters, made_at=timezone.now())  # type: ignore[misc]
    view.name, view.shared = form.cleaned_data["name"], form.cleaned_data["shared"]
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        form.add_error("name", gettext("You have a view of this name already."))
        return ""
    return gettext("The view was saved.")


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
