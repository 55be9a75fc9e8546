"""Consents, read-only: what the ledger amounts to now, and how our view of it changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consent.admin import words
from consent.models import Consent
from consent.rules.states import Status
from crm.admin.history import HistoryAdmin
from crm.admin.uncounted import UncountedAdmin
from crm.theme import AutocompleteSelectFilter, DropdownFilter, ReadOnly, badge, display


class StatusFilter(DropdownFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(status.value, words.STATUSES[status]) for status in Status]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Consent)
class ConsentAdmin(UncountedAdmin, ReadOnly, HistoryAdmin):
    empty_hint = _(
        "Nobody has said yes or no yet. Record consent on the page of a contact, or let a collection point ask."
    )
    list_display = ("__str__", "contact", "purpose", "channel", "state", "since", "notice")
    ordering = ("-pk",)
    list_filter = (StatusFilter, "channel", ("purpose", AutocompleteSelectFilter))
    list_select_related = ("point__contact", "purpose", "notice__purpose")
    fields = (
        ("point", "contact"),
        ("purpose", "channel", "state"),
        ("since", "given_at"),
        ("notice", "source", "last_entry"),
    )
    readonly_fields = ("contact", "state")

    @display(description=_("contact"))
    def contact(self, obj: Consent) -> str:
        return str(obj.point.contact)

    @display(description=_("status"), ordering="status")
    def state(self, obj: Consent) -> str:
        return badge(words.STATUSES[obj.status], words.COLOURS[obj.status])
