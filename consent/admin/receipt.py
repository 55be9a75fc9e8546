"""Receipts, read-only: the proof of each erasure."""

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models import Receipt
from crm.theme import ModelAdmin, ReadOnly, display


@admin.register(Receipt)
class ReceiptAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("Nothing was erased yet. Each erasure leaves a receipt here: when, why and by which policy.")
    list_display = ("__str__", "run", "policy", "action", "reason", "erased_at", "line_erased", "profile_erased")
    list_filter = ("action", "line_erased", "profile_erased")
    list_select_related = ("run", "policy")
    fields = (
        ("point", "contact_ref"),
        ("run", "policy", "trigger"),
        ("action", "reason"),
        ("due_at", "erased_at"),
        ("line_erased", "profile_erased", "touched"),
        ("actor_name", "actor_user"),
    )
    readonly_fields = ("touched",)

    @display(description=_("rows touched"))
    def touched(self, obj: Receipt) -> str:
        names = {
            "history": gettext("history of the number"),
            "provenance": gettext("provenance"),
            "admin_log": gettext("admin log of the number"),
            "profile_history": gettext("history of the profile"),
            "profile_log": gettext("admin log of the profile"),
            "evidence": gettext("evidence"),
        }
        return ", ".join(f"{names.get(key, key)}: {count}" for key, count in obj.counts.items()) or "—"
