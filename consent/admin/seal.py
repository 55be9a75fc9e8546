"""Seals, read-only: made by `consent.sealing.seal`, and the same as in the published file."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from consent.admin import verified
from consent.models import Seal
from crm.theme import ModelAdmin, ReadOnly, action, display


@admin.register(Seal)
class SealAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "entries", "sealed_at", "short_digest")
    fields = (("number", "entries", "sealed_at"), "root", "previous", "digest")
    actions_detail = ("verify",)
    empty_hint = _("Nothing was sealed yet. What the ledger has grown by is sealed every hour.")

    @display(description=_("digest"))
    def short_digest(self, obj: Seal) -> str:
        return f"{obj.digest[:16]}…"

    @action(description=_("Verify what it is over"), url_path="verify", permissions=["view"], icon="policy")
    def verify(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return verified.seal_page(self, request, object_id)
