"""Retention policies: which numbers go, how long after which event. A change takes effect in the next night.

Before one is saved that erases more than now, the page says how much, and asks.
"""

from typing import Any

import phonenumbers
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import retention
from consent.admin import policy_change
from consent.admin.forecast import counted
from consent.admin.policy_change import SENSITIVE
from consent.models import RetentionPolicy
from crm import approvals, signing_in
from crm.admin.gate import confirmed, must_ask
from crm.admin.history import HistoryAdmin, ReasonForm
from crm.theme import display

# What the page that asks sends along: that somebody goes back, or what they have seen and agreed to.
BACK, SEEN = "_back", "_seen"
# Of numbers that belong to no country, such as +800.
NO_COUNTRY = "001"


class PolicyForm(ReasonForm):
    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].strip().upper()
        if country and country != NO_COUNTRY and country not in phonenumbers.SUPPORTED_REGIONS:
            raise forms.ValidationError(gettext("This is no country that has numbers; two letters, as in GB."))
        return country

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        source, kind = cleaned.get("source"), cleaned.get("source_kind")
        if source and kind and source.kind != kind:
            self.add_error("source_kind", gettext("The source is of another kind: this would reach nothing."))
        return cleaned


@admin.register(RetentionPolicy)
class RetentionPolicyAdmin(HistoryAdmin):
    form = PolicyForm
    empty_hint = _(
        "There are no policies: nothing goes by itself. Add one; the page says beforehand how much it would erase."
    )
    list_display = ("name", "trigger", "term", "action", "erases_profile", "only_for", "active")
    list_filter = ("active", "trigger", "action")
    list_select_related = ("purpose", "source", "tag")
    search_fields = ("name", "slug")
    autocomplete_fields = ("purpose", "source", "tag")
    readonly_fields = ("created_at",)
    fieldsets = (
        (None, {"fields": (("name", "slug"), "active")}),
        (_("When"), {"fields": ("trigger", ("after_months", "after_days"))}),
        (_("What"), {"fields": (("action", "erases_profile"),)}),
        (_("Only for"), {"fields": (("purpose", "tag"), ("source", "source_kind"), ("country", "created_at"))}),
    )

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, tuple[str, ...]]:
        return {} if obj else {"slug": ("name",)}

    @display(description=_("after"))
    def term(self, obj: RetentionPolicy) -> str:
        if not obj.after_months and not obj.after_days:
            return gettext("at once")
        return gettext("%(months)d months, %(days)d days") % {"months": obj.after_months, "days": obj.after_days}

    @display(description=_("only for"))
    def only_for(self, obj: RetentionPolicy) -> str:
        kind = obj.get_source_kind_display() if obj.source_kind else ""
        return ", ".join(str(each) for each in (obj.purpose, obj.tag, obj.source, kind, obj.country) if each) or "—"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if object_id is None and self.has_add_permission(request) and (leads := must_ask(request, SENSITIVE)):
            return leads
        if request.method == "POST" and BACK not in request.POST and (asks := self._asks(request, object_id)):
            return asks
        if request.method == "POST" and BACK not in request.POST and (waits := self._waits(request, object_id)):
            return waits
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say beforehand what saving will ask for: whoever only looks is asked for nothing."""
        may = kwargs.get("change") and self.has_change_permission(request, kwargs.get("obj"))
        if request.method == "GET" and may and not signing_in.is_fresh(request, now=timezone.now()):
            messages.info(request, signing_in.remind_beforehand(request))
        return super().render_change_form(request, context, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if BACK in request.POST:
            # Somebody goes back: the form is shown again as they left it, and nothing is saved.
            return type(form.__name__, (form,), {"is_valid": lambda self: False})
        if request.method == "POST":
            return confirmed(form, request, SENSITIVE)
        return form

    def _waits(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Let what was posted wait for a second person, where a change needs one and this one is whole."""
        obj = self.get_object(request, unquote(object_id)) if object_id else None
        may = self.has_change_permission(request, obj) if object_id else self.has_add_permission(request)
        if not approvals.needed(SENSITIVE) or not may:
            return None
        form = self.get_form(request, obj, change=obj is not None)(request.POST, instance=obj)
        if not form.is_valid():
            return None
        policy_change.hold(request, form, obj)
        return HttpResponseRedirect(reverse("admin:consent_retentionpolicy_changelist"))

    def _asks(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Return the page that asks, if what was posted erases more than now, and more than somebody agreed to."""
        obj = self.get_object(request, unquote(object_id)) if object_id else None
        if not (self.has_change_permission(request, obj) if object_id else self.has_add_permission(request)):
            return None
        form = self.get_form(request, obj, change=obj is not None)(request.POST, instance=obj)
        if not form.is_valid():
            return None
        policy = form.instance
        found = retention.what_if(retention.terms_of(policy), as_of=timezone.now(), active=policy.active)
        seen = request.POST.get(SEEN, "")
        if found.tonight <= max(found.without, int(seen) if seen.isdecimal() else 0):
            return None
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Save this policy?"),
            "opts": self.opts,
            "original": obj,
            "more": counted(found.tonight - found.without),
            "tonight": counted(found.tonight),
            "without": counted(found.without),
            "seen": found.tonight,
            "posted": [
                (name, value)
                for name, values in request.POST.lists()
                if name not in (BACK, SEEN, "csrfmiddlewaretoken")
                for value in values
            ],
        }
        return TemplateResponse(request, "admin/consent/retentionpolicy/what_if.html", context)
