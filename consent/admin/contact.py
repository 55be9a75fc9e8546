"""Contacts, with what we may do with them: the consent matrix, the provenance, and the acts on consent."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.admin import contact_frame, erased, exporting, merging
from consent.admin.bulk_act import BulkActions
from consent.admin.contact_acts import Erase, RecordConsent, Withdraw
from consent.admin.contact_list import ListedContacts
from consent.admin.contact_pages import ContactPages
from consent.admin.optout_acts import OptOut
from consent.admin.reveal import RevealOfContact
from consent.admin.right_acts import PreferenceLink, RecordDisclosure, RecordRequest
from consent.admin.verify_acts import EnterCode, VerifyNumber
from crm.admin import contact
from crm.admin.act import run_act
from crm.models import Contact
from crm.theme import ActionVariant, action


@admin.register(Contact)
class ContactAdmin(BulkActions, ListedContacts, ContactPages, contact.ContactAdmin):
    change_form_outer_before_template = "admin/consent/contact/above.html"
    change_form_outer_after_template = "admin/consent/contact/below.html"
    actions = ("export_chosen",)
    actions_list = ("export",)
    actions_detail = (
        "opt_out",
        {"title": _("Consent"), "icon": "how_to_reg", "items": ["record_consent", "withdraw", "preference_link"]},
        {
            "title": _("Numbers"),
            "icon": "call",
            "items": ["reveal", "add_number", "replace_number", "end_number", "verify_number", "enter_code"],
        },
        {"title": _("Tags"), "icon": "sell", "items": ["add_tag", "remove_tag"]},
        "merge",
        {
            "title": _("Rights"),
            "icon": "gavel",
            "items": ["record_request", "record_disclosure", "restrict", "lift_restriction", "erase"],
        },
    )

    def erased_words(self, obj: Any) -> str:
        return erased.words_of(obj)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        shown = kwargs.get("obj")
        if shown is not None:
            context["erased"] = erased.words_of(shown)
            context["tabs"] = contact_frame.tabs(request, shown, current=contact_frame.PROFILE)
            if not shown.erased_at:
                context["duplicates"] = merging.suggested(request, shown)
        return super().render_change_form(request, context, *args, **kwargs)

    @action(description=exporting.TITLE, url_path="export", permissions=["view"], icon="download")
    def export(self, request: HttpRequest) -> HttpResponseBase:
        return exporting.page(self, request)

    @action(description=merging.TITLE, url_path="merge", permissions=[merging.PERMISSION], icon="merge")
    def merge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return merging.page(self, request, object_id)

    @action(description=exporting.TITLE, permissions=["view"])
    def export_chosen(self, request: HttpRequest, queryset: QuerySet) -> HttpResponseBase | None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: exporting.MOST_CHOSEN + 1])
        if not 0 < len(ids) <= exporting.MOST_CHOSEN:
            messages.error(request, gettext("Choose up to %(most)d contacts.") % {"most": exporting.MOST_CHOSEN})
            return None
        return exporting.page(self, request, chosen=ids)

    @action(
        description=RevealOfContact.title,
        url_path="reveal",
        permissions=[RevealOfContact.permission],
        icon="visibility",
    )
    def reveal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, RevealOfContact)

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
        description=OptOut.title,
        url_path="opt-out",
        permissions=[OptOut.permission],
        variant=ActionVariant.WARNING,
        icon="do_not_disturb_on",
    )
    def opt_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, OptOut)

    @action(
        description=PreferenceLink.title,
        url_path="preference-link",
        permissions=[PreferenceLink.permission],
        icon="link",
    )
    def preference_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, PreferenceLink)

    @action(
        description=RecordRequest.title,
        url_path="record-request",
        permissions=[RecordRequest.permission],
        icon="contact_mail",
    )
    def record_request(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, RecordRequest)

    @action(
        description=RecordDisclosure.title,
        url_path="record-disclosure",
        permissions=[RecordDisclosure.permission],
        icon="outbound",
    )
    def record_disclosure(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, RecordDisclosure)

    @action(
        description=Erase.title,
        url_path="erase",
        permissions=[Erase.permission],
        variant=ActionVariant.DANGER,
        icon="delete_forever",
    )
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Erase)

    @action(
        description=VerifyNumber.title,
        url_path="verify-number",
        permissions=[VerifyNumber.permission],
        icon="domain_verification",
    )
    def verify_number(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, VerifyNumber)

    @action(description=EnterCode.title, url_path="enter-code", permissions=[EnterCode.permission], icon="pin")
    def enter_code(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, EnterCode)
