"""Provenance: which source brought which contact point, and when."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm.models import Provenance
from crm.theme import AutocompleteSelectFilter, ModelAdmin, ReadOnly, display


@admin.register(Provenance)
class ProvenanceAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "contact", "source", "batch", "collected_at", "obtained_at", "notice_sent_at")
    list_filter = (("source", AutocompleteSelectFilter),)
    list_select_related = ("point__contact", "source", "batch")
    fields = (
        ("point", "contact"),
        ("source", "batch", "row"),
        ("collected_at", "obtained_at"),
        ("notice_sent_at", "notice_exempt"),
    )
    readonly_fields = ("contact",)

    @display(description=_("contact"))
    def contact(self, obj: Provenance) -> str:
        return str(obj.point.contact)
