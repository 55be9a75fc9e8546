"""Provenance: which source brought which contact point, and when."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from crm.admin.act import run_act
from crm.admin.notice_acts import ExemptFromNotice
from crm.admin.uncounted import UncountedAdmin
from crm.models import Provenance, Source
from crm.theme import AutocompleteSelectFilter, DropdownFilter, ModelAdmin, ReadOnly, action, display


class NoticeFilter(DropdownFilter):
    """Whether the person still waits to be told where we have the number from (GDPR 14)."""

    title = _("notice")
    parameter_name = "notice"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waits", _("to be sent")), ("sent", _("sent"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "waits":
            owed = queryset.filter(source__kind=Source.Kind.THIRD_PARTY, point__erased_at=None)
            return owed.filter(notice_sent_at=None, notice_exempt="")
        return queryset.filter(notice_sent_at__isnull=False) if self.value() == "sent" else queryset


@admin.register(Provenance)
class ProvenanceAdmin(UncountedAdmin, ReadOnly, ModelAdmin):
    empty_hint = _("Nothing has come from anywhere yet. Each number says here which source and file brought it.")
    list_display = ("__str__", "contact", "source", "batch", "collected_at", "obtained_at", "notice_sent_at")
    ordering = ("-pk",)
    list_filter = (NoticeFilter, ("source", AutocompleteSelectFilter))
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
