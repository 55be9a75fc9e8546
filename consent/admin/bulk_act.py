"""Bulk acts: what was chosen in the list of contacts, what it will do in numbers, how far it is, what came of it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from kombu.exceptions import OperationalError as BrokerDown

from consent import bulk_acts
from consent.admin.contact_acts import Erase, EraseForm
from consent.admin.optout_acts import HEARD
from consent.bulk_acts import Kind, Outcome, State
from consent.models import CHANNELS, BulkAct, LegalHold, Purpose
from crm.admin.act import Act, ActForm, ReasonedForm, Refusal, run_act
from crm.celery import app as celery_app
from crm.models import Actor, Contact, ContactPoint, Tag
from crm.theme import Checkbox, ModelAdmin, ReadOnly, Select, TextInput, badge, display

# So many of those to whom it could not be done are named on the page.
NAMED = 200
WHY = {
    "erased": _("was erased"),
    "merged": _("was merged into another contact"),
    "no_number": _("has no number"),
    "held": _("a legal hold or a restriction stands"),
    "journal": _("the journal of erasures could not be written"),
    "error": _("failed; whoever runs this service finds it in the log"),
}
_COLOURS = {State.DRAFT: "warning", State.RUNNING: "info", State.DONE: "success"}


class TagForm(ReasonedForm):
    tag = forms.ModelChoiceField(Tag.objects.all(), label=_("Tag"), widget=Select)
    field_order = ("tag", "reason")


class StopForm(ActForm):
    """For what, and by which channel, nobody of these may be contacted any more."""

    purpose = forms.ModelChoiceField(
        Purpose.objects.all(), label=_("Purpose"), required=False, empty_label=_("All purposes"), widget=Select
    )
    channel = forms.ChoiceField(
        label=_("Channel"), required=False, choices=[("", _("All channels")), *CHANNELS], widget=Select
    )


class WithdrawForm(StopForm):
    reason = forms.CharField(label=_("Reason"), max_length=60, widget=TextInput)


class OptOutForm(StopForm):
    heard = forms.ChoiceField(label=_("How we heard"), choices=HEARD, widget=Select)
    objection = forms.BooleanField(label=_("Objection (GDPR 21)"), required=False, widget=Checkbox)
    field_order = ("heard", "purpose", "channel", "objection")


class OnMany(Act):
    """One thing for every contact that was chosen; `words` say what happens to each."""

    submit = _("Do it")
    form_class: ClassVar[type[ActForm]] = ReasonedForm
    words: ClassVar[Sequence[Any]] = ()

    def obstacle(self) -> str:
        if self.obj.state != State.DRAFT:
            return gettext("This was confirmed already.")
        if self.obj.actor_user_id != self.user.pk:
            return gettext("Somebody else has chosen these contacts; only they can confirm it.")
        return ""

    def effects(self) -> list[str]:
        chosen = self.obj.items.values("contact_ref")
        counts = Contact.objects.filter(pk__in=chosen).aggregate(
            all=Count("pk"),
            gone=Count("pk", filter=Q(status__in=["erased", "merged"])),
            restricted=Count("pk", filter=Q(status="restricted")),
        )
        points = ContactPoint.objects.filter(contact__in=chosen, erased_at=None, until=None).count()
        held = LegalHold.objects.filter(contact__in=chosen, released_at=None).values("contact").distinct().count()
        said = [
            gettext("Contacts that were chosen: %(count)d, with %(points)d numbers.")
            % {"count": counts["all"], "points": points}
        ]
        for count, words in (
            (counts["gone"], _("Of these %(count)d are erased or merged: nothing is done to them.")),
            (counts["restricted"], _("Of these %(count)d are restricted.")),
            (held, _("Of these %(count)d are under a legal hold.")),
            (self.already(chosen), _("Of these %(count)d are so already, and stay as they are.")),
        ):
            if count:
                said.append(str(words) % {"count": count})
        said += map(str, self.words)
        said.append(gettext("A worker does it, one after the other. You see how far it is, and may leave the page."))
        return said

    def already(self, chosen: Any) -> int:
        """Return of how many of the chosen contacts (ids) it is so already, as far as that needs no choice."""
        return 0

    def params(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return the choices as ids and plain values."""
        return {name: getattr(value, "pk", value) for name, value in said.items() if name != "reason" and value}

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        try:
            with transaction.atomic():
                bulk_acts.confirm(self.obj, params=self.params(said), reason=self.reason(said), at=self.now)
                transaction.on_commit(partial(_send, self.obj.pk))
        except bulk_acts.NotADraft:
            raise Refusal(gettext("This was confirmed already.")) from None
        return gettext("It is under way.")

    def reason(self, said: Mapping[str, Any]) -> str:
        """Return why, in words that stay."""
        return str(said["reason"])


class AddTagToMany(OnMany):
    title = _("Add a tag to the chosen contacts")
    permission = "crm.add_contacttag"
    form_class = TagForm
    words = (_("Retention policies that are for this tag reach the contacts from the next night on."),)


class RemoveTagFromMany(OnMany):
    title = _("Remove a tag from the chosen contacts")
    permission = "crm.change_contacttag"
    form_class = TagForm
    words = (_("Retention policies that are for this tag reach the contacts no more; any other still does."),)


class RestrictMany(OnMany):
    title = _("Restrict the chosen contacts")
    permission = "crm.change_contact"
    words = (_("Nobody may call or text these contacts, and nothing of them is erased meanwhile (GDPR 18)."),)

    def already(self, chosen: Any) -> int:
        return Contact.objects.filter(pk__in=chosen, status="restricted").count()


class LiftManyRestrictions(OnMany):
    title = _("Lift the restriction of the chosen contacts")
    permission = "crm.change_contact"
    words = (_("Each person must have been told before the restriction is lifted (GDPR 18(3))."),)

    def already(self, chosen: Any) -> int:
        return Contact.objects.filter(pk__in=chosen, status="live").count()


class WithdrawMany(OnMany):
    title = _("Withdraw consent of the chosen contacts")
    permission = "crm.change_contact"
    form_class = WithdrawForm
    danger = True
    words = (
        _("Nobody may call or text any of their numbers for these purposes any more, whoever else is reachable there."),
        _("The numbers are erased when the retention policies say so, mostly in the next night."),
    )


class OptOutMany(OnMany):
    title = _("Record an opt-out of the chosen contacts")
    permission = "consent.add_suppression"
    form_class = OptOutForm
    danger = True
    words = (
        _("Nobody may call or text any of their numbers for these purposes any more, whoever else is reachable there."),
    )

    def reason(self, said: Mapping[str, Any]) -> str:
        return str(said["heard"])


class EraseMany(OnMany):
    title = _("Erase the chosen contacts")
    submit = _("Erase for good")
    permission = Erase.permission
    form_class = EraseForm
    danger = True
    sensitive = "erase"
    words = (
        _("Numbers, profiles, their history and their evidence go; whoever is under a hold or restricted stays."),
        _("An import cannot bring the numbers back; only their owner's own new consent can."),
        _("This cannot be undone."),
    )

    def params(self, said: Mapping[str, Any]) -> dict[str, Any]:
        return {"reason": said["reason"]}


ACTS: Mapping[Kind, type[OnMany]] = {
    Kind.ADD_TAG: AddTagToMany,
    Kind.REMOVE_TAG: RemoveTagFromMany,
    Kind.RESTRICT: RestrictMany,
    Kind.LIFT_RESTRICTION: LiftManyRestrictions,
    Kind.WITHDRAW: WithdrawMany,
    Kind.OPT_OUT: OptOutMany,
    Kind.ERASE: EraseMany,
}


class BulkActions:
    """Mixed into the list of contacts: what can be done to those that are chosen, or to all that match the filter."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        for kind, act in ACTS.items():
            if request.user.has_perm(act.permission) and request.user.has_perm("consent.view_bulkact"):
                name = f"bulk_{kind}"
                found[name] = (partial(_choose, kind), name, act.title)
        return found


def _choose(kind: Kind, model_admin: Any, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
    """Write down which contacts were chosen, and go on to the page that says what will happen to them."""
    if not request.user.has_perm(ACTS[kind].permission):
        raise PermissionDenied
    ids = list(queryset.order_by("pk").values_list("pk", flat=True).distinct()[: bulk_acts.most() + 1])
    try:
        actor = Actor.staff(request.user)  # type: ignore[arg-type]
        act = bulk_acts.choose(kind, ids, actor=actor, at=timezone.now())
    except bulk_acts.TooMany:
        messages.error(request, gettext("Choose up to %(most)d contacts.") % {"most": bulk_acts.most()})
        return None
    return HttpResponseRedirect(reverse("admin:consent_bulkact_confirm", args=[act.pk]))


def _send(act_id: int) -> None:
    try:
        celery_app.send_task("consent.tasks.bulk_act", [act_id])
    except BrokerDown:
        # The row itself waits: the sweep takes it up.
        return


@admin.register(BulkAct)
class BulkActAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "kind", "stands", "outcome", "actor_user", "chosen_at", "finished_at")
    list_filter = ("kind", "state")
    list_select_related = ("actor_user",)
    fields = (("kind", "stands"), "reason", ("actor_name", "actor_user"), ("chosen_at", "confirmed_at", "finished_at"))
    readonly_fields = ("stands",)
    change_form_template = "admin/consent/bulkact/change.html"
    change_form_outer_before_template = "admin/consent/bulkact/outcome.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks, and how far the act is."""
        confirm = self.admin_site.admin_view(self.confirm)
        progress = self.admin_site.admin_view(require_GET(self.progress))
        return [
            path("<int:object_id>/confirm/", confirm, name="consent_bulkact_confirm"),
            path("<int:object_id>/progress/", progress, name="consent_bulkact_progress"),
            *super().get_urls(),
        ]

    @display(description=_("state"))
    def stands(self, act: BulkAct) -> str:
        return badge(act.get_state_display(), _COLOURS[State(act.state)])

    @display(description=_("outcome"))
    def outcome(self, act: BulkAct) -> str:
        return ", ".join(_told(act.counts)) or "—"

    def confirm(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask before, and let it begin."""
        act = BulkAct.objects.filter(pk=object_id).first()
        if act is None:
            raise Http404
        return run_act(self, request, str(object_id), ACTS[Kind(act.kind)])

    def progress(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Say how far the worker is, for the script that asks while the page is open."""
        act = self.get_object(request, str(object_id))
        if not self.has_view_permission(request, act):
            raise PermissionDenied
        if act is None:
            raise Http404
        return JsonResponse(_far(act), headers={"Cache-Control": "no-store"})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        act = kwargs.get("obj")
        if act is not None:
            failed = act.items.filter(outcome=Outcome.FAILED).order_by("id")
            context |= {
                "under_way": act.state == State.RUNNING,
                "own_draft": act.state == State.DRAFT and act.actor_user_id == request.user.pk,
                "far": _far(act),
                "told": _told(bulk_acts.counted(act)),
                "failed": [(item.contact_ref, WHY.get(item.code, item.code)) for item in failed[:NAMED]],
                "more": max(0, failed.count() - NAMED),
            }
        return super().render_change_form(request, context, *args, **kwargs)


def _far(act: BulkAct) -> dict[str, Any]:
    counts = bulk_acts.counted(act)
    total = sum(counts.values())
    done = total - counts.get(Outcome.WAITING.value, 0)
    words = gettext("%(done)d of %(total)d contacts.") % {"done": done, "total": total}
    return {"stage": act.state, "done": done, "total": total, "words": words}


def _told(counts: Mapping[str, int]) -> list[str]:
    """Return how many have come to which outcome, in words."""
    return [f"{outcome.label}: {counts[outcome.value]}" for outcome in Outcome if counts.get(outcome.value)]
