"""Retention policies: which numbers go, how long after which event. A change takes effect in the next night."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models import RetentionPolicy
from crm.admin.history import HistoryAdmin
from crm.theme import display


@admin.register(RetentionPolicy)
class RetentionPolicyAdmin(HistoryAdmin):
    list_display = ("name", "trigger", "term", "action", "erases_profile", "active")
    list_filter = ("active", "trigger", "action")
    search_fields = ("name", "slug")
    autocomplete_fields = ("purpose", "source")
    readonly_fields = ("created_at",)
    fieldsets = (
        (None, {"fields": (("name", "slug"), "active")}),
        (_("When"), {"fields": ("trigger", ("after_months", "after_days"))}),
        (_("What"), {"fields": (("action", "erases_profile"),)}),
        (_("Only for"), {"fields": (("purpose", "source"), "created_at")}),
    )

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, tuple[str, ...]]:
        return {} if obj else {"slug": ("name",)}

    @display(description=_("after"))
    def term(self, obj: RetentionPolicy) -> str:
        if not obj.after_months and not obj.after_days:
            return gettext("at once")
        return gettext("%(months)d months, %(days)d days") % {"months": obj.after_months, "days": obj.after_days}
