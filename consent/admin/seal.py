"""Seals, read-only: made by `consent.sealing.seal`, and the same as in the published file."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from consent.models import Seal
from crm.theme import ModelAdmin, ReadOnly, display


@admin.register(Seal)
class SealAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "entries", "sealed_at", "short_digest")
    fields = (("number", "entries", "sealed_at"), "root", "previous", "digest")

    @display(description=_("digest"))
    def short_digest(self, obj: Seal) -> str:
        return f"{obj.digest[:16]}…"
