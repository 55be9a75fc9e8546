"""Challenges, read-only: who was asked through the number itself whether they agreed, and what came of it."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models import Challenge
from crm.theme import ModelAdmin, ReadOnly, badge, display

COLOURS = {
    Challenge.Outcome.CONFIRMED: "success",
    Challenge.Outcome.REPLACED: "",
    Challenge.Outcome.EXPIRED: "warning",
    Challenge.Outcome.EXHAUSTED: "danger",
    Challenge.Outcome.ENDED: "",
}


@admin.register(Challenge)
class ChallengeAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("Nobody was asked to confirm yet. Purposes with double opt-in ask through the number itself.")
    list_display = ("__str__", "masked_number", "collection_point", "state", "created_at", "expires_at", "tries_left")
    list_filter = ("outcome",)
    list_select_related = ("point__line", "collection_point")
    fields = (
        ("point", "masked_number", "state"),
        ("collection_point", "language"),
        ("created_at", "expires_at"),
        ("tries_left", "closed_at"),
        "entries",
    )
    readonly_fields = ("masked_number", "state")

    @display(description=_("number"))
    def masked_number(self, obj: Challenge) -> str:
        return obj.point.line.masked if obj.point.line else gettext("erased")

    @display(description=_("state"))
    def state(self, obj: Challenge) -> str:
        if obj.closed_at:
            return badge(obj.get_outcome_display(), COLOURS[Challenge.Outcome(obj.outcome)])
        late = obj.expires_at <= timezone.now()
        return badge(gettext("expired") if late else gettext("waits for an answer"), "warning")
