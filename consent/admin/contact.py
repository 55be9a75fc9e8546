"""Contacts, with what we may do with them: the consent matrix, the provenance, and the acts on consent."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.admin import exporting
from consent.admin.contact_acts import Erase, RecordConsent, Withdraw
from consent.admin.matrix import matrix, traces
from crm.admin import contact
from crm.admin.act import run_act
from crm.models import Contact
from crm.theme import ActionVariant, action


@admin.register(Contact)
class ContactAdmin(contact.ContactAdmin):
    change_form_outer_after_template = "admin/consent/contact/panels.html"
    actions = ("export_chosen",)
    actions_list = ("export",)
    actions_detail = (
        {"title": _("Consent"), "icon": "how_to_reg", "items": ["record_consent", "withdraw"]},
        {"title": _("Numbers"), "icon": "call", "items": ["replace_number", "end_number"]},
        {"title": _("Rights"), "icon": "gavel", "items": ["restrict", "lift_restriction", "erase"]},
    )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        shown = kwargs.get("obj")
        if shown is not None and not shown.erased_at:
            now = timezone.now()
            if request.user.has_perm("consent.view_consent"):
                context["matrix"] = matrix(shown, at=now)
            if request.user.has_perm("crm.view_provenance"):
                context["traces"] = traces(shown, at=now)
        return super().render_change_form(request, context, *args, **kwargs)

    @action(description=exporting.TITLE, url_path="export", permissions=["view"], icon="download")
    def export(self, request: HttpRequest) -> HttpResponseBase:
        return exporting.page(self, request)

    @action(description=exporting.TITLE, permissions=["view"])
    def export_chosen(self, request: HttpRequest, queryset: QuerySet) -> HttpResponseBase | None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: exporting.MOST_CHOSEN + 1])
        if not 0 < len(ids) <= exporting.MOST_CHOSEN:
            messages.error(request, gettext("Choose up to %(most)d contacts.") % {"most": exporting.MOST_CHOSEN})
            return None
        return exporting.page(self, request, chosen=ids)

    @action(
        description=RecordConsent.title,
        url_path="record-consent",
        permissions=[RecordConsent.permission],
        icon="add_task",
    )
    def record_consent(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, RecordConsent)

    @action(description=Withdraw.title, url_path="withdraw", permissions=[Withdraw.permission], icon="block")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Withdraw)

    @action(
        description=Erase.title,
        url_path="erase",
        permissions=[Erase.permission],
        variant=ActionVariant.DANGER,
        icon="delete_forever",
    )
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Erase)
