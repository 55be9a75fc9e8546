"""Outgoing messages, read-only: what was to be sent, and what became of it. What one says is not kept."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from consent.models import OutgoingMessage
from crm.theme import ModelAdmin, ReadOnly, badge, display

_State = OutgoingMessage.State
COLOURS = {
    _State.PENDING: "info",
    _State.SENDING: "info",
    _State.SENT: "success",
    _State.FAILED: "danger",
    _State.REFUSED: "warning",
    _State.EXPIRED: "warning",
    _State.UNKNOWN: "danger",
}


@admin.register(OutgoingMessage)
class OutgoingMessageAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("No text was sent yet. Codes, confirmations and replies are listed here as they go out.")
    list_display = ("__str__", "masked_number", "kind", "status", "reason", "created_at", "sent_at", "gateway")
    list_filter = ("state", "kind")
    list_select_related = ("line",)
    fields = (
        ("masked_number", "kind", "language"),
        ("status", "reason"),
        ("created_at", "not_after"),
        ("claimed_at", "sent_at"),
        ("gateway", "provider_id"),
        ("collection_point", "challenge", "in_reply_to"),
    )
    readonly_fields = ("masked_number", "status")

    @display(description=_("number"))
    def masked_number(self, obj: OutgoingMessage) -> str:
        return obj.line.masked

    @display(description=_("state"), ordering="state")
    def status(self, obj: OutgoingMessage) -> str:
        return badge(obj.get_state_display(), COLOURS[_State(obj.state)])
