"""Inbound messages: what people texted, and the queue of those that nobody but a person can understand."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import inbound
from consent.admin.stakes import stakes
from consent.models import InboundMessage
from crm.admin.act import Act, ActForm, Refusal, run_act
from crm.theme import ActionVariant, DropdownFilter, ModelAdmin, ReadOnly, action, badge, display

_State = InboundMessage.State
COLOURS = {_State.DONE: "", _State.REVIEW: "warning", _State.REVIEWED: "success"}
ALL = "all"


class StateFilter(DropdownFilter):
    """The queue that waits for a person, unless something else is asked for."""

    title = _("state")
    parameter_name = "state"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(_State.REVIEW.value, _State.REVIEW.label), (ALL, _("All"))]

    def value(self) -> str:
        return super().value() or _State.REVIEW.value

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() == ALL else queryset.filter(state=_State.REVIEW)


class Finding(Act):
    """What the message was, as a person has read it."""

    permission = "consent.change_inboundmessage"
    form_class = ActForm
    finding: InboundMessage.Finding

    def obstacle(self) -> str:
        return "" if self.obj.state == _State.REVIEW else gettext("This message waits for nobody.")

    def perform(self, form: ActForm) -> str:
        try:
            inbound.review(self.obj, finding=self.finding, actor=self.actor, user_id=self.actor.user_id, at=self.now)
        except inbound.AlreadyReviewed:
            raise Refusal(gettext("Somebody else has just read this message.")) from None
        return gettext("The message was reviewed: %(finding)s.") % {"finding": self.obj.get_finding_display()}


class IsOptOut(Finding):
    title = _("It is an opt-out")
    submit = _("It is an opt-out")
    finding = InboundMessage.Finding.OPT_OUT

    def effects(self) -> list[str]:
        return [
            gettext("What everybody at the number had agreed to ends, as of when the message was sent."),
            gettext("The number stays suppressed, and leaves the queue."),
            *stakes([self.obj.line_id] if self.obj.line_id else []),
        ]


class IsNone(Finding):
    title = _("It is none")
    submit = _("It is none")
    finding = InboundMessage.Finding.NOT_AN_OPT_OUT
    danger = True
    # It lifts a suppression, if only the one that the message placed.
    sensitive = "lift_suppression"

    def obstacle(self) -> str:
        if self.obj.state == _State.REVIEW and not self.obj.body:
            return gettext("The message was erased with its number: nobody can say any more that it was none.")
        return super().obstacle()

    def effects(self) -> list[str]:
        return [
            gettext("The suppression that this message placed is lifted; any other stays."),
            gettext("The number may be called or texted again, where there is consent or another ground for it."),
            *stakes([self.obj.line_id] if self.obj.line_id else []),
        ]


@admin.register(InboundMessage)
class InboundMessageAdmin(ReadOnly, ModelAdmin):
    empty_hint = _(
        "No text has come in. Point your provider's webhook here; unclear texts wait in this queue for a person."
    )
    list_display = ("__str__", "masked_number", "meaning", "status", "received_at", "finding", "reviewed_by")
    list_filter = (StateFilter, "meaning")
    list_select_related = ("line", "reviewed_by")
    fields = (
        ("masked_number", "status", "meaning"),
        "body",
        ("occurred_at", "received_at"),
        ("provider", "provider_message_id"),
        ("suppression", "finding"),
        ("reviewed_at", "reviewed_by"),
    )
    readonly_fields = ("masked_number", "status")
    actions_detail = ("is_opt_out", "is_none")

    def has_view_permission(self, request: HttpRequest, obj: InboundMessage | None = None) -> bool:
        # Not also those who may change it, as elsewhere: here stands what somebody wrote.
        return request.user.has_perm("consent.view_inboundmessage")

    @display(description=_("number"))
    def masked_number(self, obj: InboundMessage) -> str:
        return obj.line.masked if obj.line else "—"

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        # The queue is worked off from its oldest end.
        return ("-pk",) if request.GET.get(StateFilter.parameter_name) == ALL else ("received_at", "pk")

    @display(description=_("state"), ordering="state")
    def status(self, obj: InboundMessage) -> str:
        return badge(obj.get_state_display(), COLOURS[_State(obj.state)])

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        message = self.get_object(request, str(object_id))
        waits = message and message.state == _State.REVIEW
        return super().get_actions_detail(request, object_id) if waits else []

    @action(
        description=IsOptOut.title,
        url_path="is-opt-out",
        permissions=[IsOptOut.permission],
        variant=ActionVariant.PRIMARY,
        icon="do_not_disturb_on",
    )
    def is_opt_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, IsOptOut)

    @action(description=IsNone.title, url_path="is-none", permissions=[IsNone.permission], icon="lock_open")
    def is_none(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, IsNone)
