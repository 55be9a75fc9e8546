"""Phone numbers: the lines, masked. A number never changes; a corrected one is another line."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.models import PhoneNumber
from crm.models.phone_number import LINE_TYPES
from crm.theme import DropdownFilter, ModelAdmin, ReadOnly, display, erased_on


class LineTypeFilter(DropdownFilter):
    title = _("line type")
    parameter_name = "line_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[Any]:
        return LINE_TYPES

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(line_type=self.value()) if self.value() else queryset


@admin.register(PhoneNumber)
class PhoneNumberAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "masked_number", "region", "line_type", "verified_at", "created_at", "erased_at")
    list_filter = (LineTypeFilter, ("erased_at", admin.EmptyFieldListFilter))
    fields = (
        ("masked_number", "region", "line_type", "reserved"),
        ("verified_at", "created_at", "erased_at"),
        "key_id",
    )
    readonly_fields = ("masked_number", "reserved", "created_at", "key_id")

    @display(description=_("number"))
    def masked_number(self, obj: PhoneNumber) -> str:
        return erased_on(obj.erased_at) if obj.erased_at else obj.masked

    @display(description=_("reserved for examples"), boolean=True)
    def reserved(self, obj: PhoneNumber) -> bool:
        """Return whether the number must never be sent to."""
        return obj.is_reserved
