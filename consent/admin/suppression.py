"""Suppressions: lines that must not be contacted, or not be held. Read-only; lifting one is an act with a reason."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent import suppression
from consent.admin.optout_acts import RecordOptOut, WithdrawList
from consent.models import Suppression
from crm.admin.act import Act, ActForm, ReasonedForm, Refusal, run_act, run_act_on_all
from crm.theme import ActionVariant, ModelAdmin, ReadOnly, Select, action, badge, display

Authority = Suppression.Authority
# On whose word staff may lift one; reading an unclear text has a page of its own.
AUTHORITIES = [(each.value, each.label) for each in (Authority.PERSON, Authority.OFFICIAL, Authority.MISTAKE)]


class LiftForm(ReasonedForm):
    """Asks on whose word, and why: neither is taken for granted."""

    authority = forms.ChoiceField(
        label=_("On whose authority"), choices=[("", _("Choose")), *AUTHORITIES], widget=Select
    )
    field_order = ("authority", "reason")


class Lift(Act):
    title = _("Lift suppression")
    submit = _("Lift")
    permission = "consent.change_suppression"
    sensitive = "lift_suppression"
    form_class = LiftForm
    danger = True
    sensitive = "lift_suppression"

    def obstacle(self) -> str:
        if self.obj.extent == Suppression.Extent.HOLD:
            return gettext("A number that may not be held comes back only by its owner's own new consent.")
        return gettext("This suppression was lifted already.") if self.obj.lifted_at else ""

    def effects(self) -> list[str]:
        people = self.obj.line.points.filter(erased_at=None, until=None).count()
        others = self.obj.line.suppressions.filter(lifted_at=None).exclude(pk=self.obj.pk).count()
        reachable = ngettext(
            "%(count)d contact is reachable at the number: it may be called or texted there again, where there is "
            "consent or another ground for it.",
            "%(count)d contacts are reachable at the number: they may be called or texted there again, where there is "
            "consent or another ground for it.",
            people,
        )
        return [
            reachable % {"count": people},
            gettext("Other suppressions of the number, which stay: %(count)d.") % {"count": others},
            gettext("Your name, the reason and the authority are kept: the person's own word is the usual one."),
        ]

    def perform(self, form: ActForm) -> str:
        try:
            suppression.lift(
                self.obj,
                reason=form.cleaned_data["reason"],
                authority=Authority(form.cleaned_data["authority"]),
                at=self.now,
            )
        except suppression.NotLifted:
            raise Refusal(self.obstacle() or gettext("This suppression cannot be lifted.")) from None
        return gettext("The suppression was lifted.")


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "masked_number", "extent", "purpose", "channel", "state", "since", "actor_name")
    list_filter = ("extent", "channel", ("lifted_at", admin.EmptyFieldListFilter))
    list_select_related = ("line", "purpose")
    fields = (
        ("masked_number", "state"),
        ("extent", "purpose", "channel"),
        ("reason", "since", "recorded_at"),
        ("actor_name", "actor_user"),
        ("lifted_at", "lifted_authority"),
        ("lifted_reason", "lifted_by"),
    )
    readonly_fields = ("masked_number", "state", "recorded_at")
    empty_hint = _(
        "Nobody has said no so far. A STOP comes here by itself; “Record an opt-out” and “Withdraw a list” are for "
        "what you hear otherwise."
    )
    actions_list = ("record_opt_out", "withdraw_list")
    actions_detail = ("lift",)

    @display(description=_("number"))
    def masked_number(self, obj: Suppression) -> str:
        return obj.line.masked

    @display(description=_("state"))
    def state(self, obj: Suppression) -> str:
        return badge(gettext("lifted")) if obj.lifted_at else badge(gettext("in force"), "danger")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        found = self.get_object(request, str(object_id))
        liftable = found and found.lifted_at is None and found.extent == Suppression.Extent.CONTACT
        return super().get_actions_detail(request, object_id) if liftable else []

    @action(
        description=RecordOptOut.title,
        url_path="record-opt-out",
        permissions=[RecordOptOut.permission],
        icon="do_not_disturb_on",
    )
    def record_opt_out(self, request: HttpRequest) -> HttpResponse:
        return run_act_on_all(self, request, RecordOptOut)

    @action(
        description=WithdrawList.title,
        url_path="withdraw-list",
        permissions=[WithdrawList.permission],
        icon="playlist_remove",
    )
    def withdraw_list(self, request: HttpRequest) -> HttpResponse:
        return run_act_on_all(self, request, WithdrawList)

    @action(
        description=Lift.title,
        url_path="lift",
        permissions=[Lift.permission],
        variant=ActionVariant.WARNING,
        icon="lock_open",
    )
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Lift)
