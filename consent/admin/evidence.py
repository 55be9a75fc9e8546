"""Evidence, read-only, and only for those who may see it: it says where somebody was and what they wrote."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import ledger
from consent.models import Evidence
from crm.theme import ModelAdmin, ReadOnly, badge, display


@admin.register(Evidence)
class EvidenceAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("There is no evidence yet. It is kept with each entry of the ledger, and erased with the person.")
    list_display = ("__str__", "entry", "purpose", "created_at")
    list_select_related = ("entry__purpose",)
    fields = (("entry", "purpose", "verified"), ("ip", "created_at"), "user_agent", "shown", "message")
    readonly_fields = ("purpose", "verified", "created_at")

    def has_view_permission(self, request: HttpRequest, obj: Evidence | None = None) -> bool:
        return request.user.has_perm("consent.view_evidence")

    @display(description=_("purpose"))
    def purpose(self, obj: Evidence) -> str:
        return str(obj.entry.purpose)

    @display(description=_("fits the ledger"))
    def verified(self, obj: Evidence) -> str:
        proof = ledger.Proof(ip=obj.ip, user_agent=obj.user_agent, shown=obj.shown, message=obj.message)
        fits = proof.digest(obj.salt) == obj.entry.evidence_digest
        return badge(gettext("yes") if fits else gettext("no"), "success" if fits else "danger")
