"""Anonymous counts: what anonymized points leave behind."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm.models import AnonymousCount
from crm.theme import ModelAdmin, ReadOnly, display


@admin.register(AnonymousCount)
class AnonymousCountAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("Nothing was made anonymous yet. What a nightly job anonymizes is counted here by month.")
    list_display = ("period", "region", "line_type", "source_kind", "count")
    fields = (("period", "region", "line_type"), ("source_kind", "count"))
    readonly_fields = ("period",)

    @display(description=_("month obtained"), ordering="month")
    def period(self, obj: AnonymousCount) -> str:
        return f"{obj.month:%Y-%m}"
