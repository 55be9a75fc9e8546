"""Provenance: which source brought which contact point, and when."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from crm.admin.act import run_act
from crm.admin.notice_acts import ExemptFromNotice
from crm.admin.uncounted import UncountedAdmin
from crm.models import Provenance
from crm.theme import AutocompleteSelectFilter, ModelAdmin, ReadOnly, action, display


@admin.register(Provenance)
class ProvenanceAdmin(UncountedAdmin, ReadOnly, ModelAdmin):
    list_display = ("__str__", "contact", "source", "batch", "collected_at", "obtained_at", "notice_sent_at")
    ordering = ("-pk",)
    list_filter = (("source", AutocompleteSelectFilter),)
    list_select_related = ("point__contact", "source", "batch")
    fields = (
        ("point", "contact"),
        ("source", "batch", "row"),
        ("collected_at", "obtained_at"),
        ("notice_sent_at", "notice_exempt"),
    )
    readonly_fields = ("contact",)
    actions_detail = ("exempt",)

    @display(description=_("contact"))
    def contact(self, obj: Provenance) -> str:
        return str(obj.point.contact)

    @action(description=ExemptFromNotice.title, url_path="exempt", permissions=[ExemptFromNotice.permission])
    def exempt(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, ExemptFromNotice)
