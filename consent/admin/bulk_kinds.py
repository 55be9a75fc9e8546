"""What can be done to many contacts at once: a form for each kind, and what its page says beforehand, in numbers."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError as BrokerDown

from consent import bulk_acts
from consent.admin.contact_acts import Erase, EraseForm
from consent.admin.optout_acts import HEARD
from consent.bulk_acts import Kind, State
from consent.models import CHANNELS, LegalHold, Purpose
from crm.admin.act import Act, ActForm, ReasonedForm, Refusal
from crm.celery import app as celery_app
from crm.models import Contact, ContactPoint, Tag
from crm.theme import Checkbox, Select, TextInput


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
        holds = LegalHold.objects.filter(contact__in=chosen, released_at=None)
        may_see = self.user.has_perm("consent.view_legalhold")
        held = holds.values("contact").distinct().count() if may_see else 0
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


def _send(act_id: int) -> None:
    try:
        celery_app.send_task("consent.tasks.bulk_act", [act_id])
    except BrokerDown:
        # The row itself waits: the sweep takes it up.
        return
