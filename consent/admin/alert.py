"""Alerts, read-only: what was wrong with the nightly work, since when, and until when."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from consent.models import Alert
from crm.theme import ModelAdmin, ReadOnly, badge, display


@admin.register(Alert)
class AlertAdmin(ReadOnly, ModelAdmin):
    empty_hint = _(
        "Nothing was ever wrong. A watch looks hourly at the nightly work, and says here what needs somebody."
    )
    list_display = ("kind", "state", "detail", "opened_at", "sent_at", "closed_at")
    list_filter = ("kind", ("closed_at", admin.EmptyFieldListFilter))
    fields = (("kind", "state"), "detail", ("opened_at", "sent_at", "closed_at"))
    readonly_fields = ("state",)

    @display(description=_("state"), ordering="closed_at")
    def state(self, obj: Alert) -> str:
        return badge(_("over"), "success") if obj.closed_at else badge(_("lasts"), "danger")
