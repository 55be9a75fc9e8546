"""What staff do to a contact beside editing it: replace or end a number, restrict, lift a restriction."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import faults, intake
from crm.admin.act import Act, ActForm, ReasonedForm, Refusal, erased_obstacle
from crm.models import Contact, ContactPoint, Outcome, Source
from crm.theme import Select, TextInput


class PointField(forms.ModelChoiceField):
    """One of the contact's numbers, shown masked."""

    def __init__(self) -> None:
        super().__init__(queryset=ContactPoint.objects.none(), label=_("Number"), widget=Select, empty_label=None)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.line.masked} {obj.label}".strip()


class OnPoint(ReasonedForm):
    """Asks for one of the contact's living numbers, and why."""

    point = PointField()
    field_order: Iterable[str] | None = ("point",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["point"]
        field.queryset = living_points(self.obj)


class NumberAct(Act):
    """An act on one of the contact's numbers."""

    permission = "crm.change_contact"
    form_class: ClassVar[type[ActForm]] = OnPoint

    def obstacle(self) -> str:
        if obstacle := erased_obstacle(self.obj):
            return obstacle
        return "" if living_points(self.obj).exists() else gettext("There is no number here.")


class AddForm(ReasonedForm):
    numbers = frozenset({"number"})

    number = forms.CharField(
        label=_("Number"), max_length=60, widget=TextInput(attrs={"autocomplete": "off", "inputmode": "tel"})
    )
    label = forms.CharField(label=_("Label"), max_length=60, required=False, widget=TextInput)
    field_order: Iterable[str] | None = ("number", "label", "reason")


class AddNumber(Act):
    title = _("Add a number")
    submit = _("Add")
    permission = "crm.add_contactpoint"
    form_class = AddForm

    def obstacle(self) -> str:
        return erased_obstacle(self.obj)

    def effects(self) -> list[str]:
        return [
            gettext("The contact is reachable at one more number: it has %(count)d now.")
            % {"count": living_points(self.obj).count()},
            gettext("Nobody may call or text it before its owner has agreed, unless another lawful basis says so."),
        ]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        source = Source.objects.for_staff()
        number = intake.Number(said["number"], said["label"], column="number")
        stored = intake.store(
            intake.Row(profile={}, numbers=[number], contact_id=self.obj.pk),
            source=source,
            actor=self.actor,
            at=self.now,
            reason=said["reason"],
            region=form.region or source.default_region,
        )
        if stored.outcome is Outcome.SUPPRESSED:
            raise Refusal(faults.message("suppressed"), "number")
        if stored.outcome is Outcome.UNCHANGED:
            raise Refusal(gettext("The contact has this number already."), "number")
        return gettext("The number was added.")


class ReplaceForm(OnPoint):
    numbers = frozenset({"number"})

    number = forms.CharField(
        label=_("New number"), max_length=60, widget=TextInput(attrs={"autocomplete": "off", "inputmode": "tel"})
    )
    label = forms.CharField(label=_("Label"), max_length=60, required=False, widget=TextInput)
    field_order = ("point", "number", "label", "reason")


class ReplaceNumber(NumberAct):
    title = _("Replace number")
    submit = _("Replace")
    form_class = ReplaceForm

    def effects(self) -> list[str]:
        return [
            gettext("The old number ends now, and the new one takes its place."),
            gettext("Consent does not move along: it was given for the old number."),
            gettext("The old number is erased when the retention policies say so."),
            *_numbers(self.obj),
        ]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        intake.replace(
            said["point"],
            intake.Number(said["number"], said["label"], column="number"),
            actor=self.actor,
            at=self.now,
            reason=said["reason"],
            region=form.region,
        )
        return gettext("The number was replaced.")


class EndNumber(NumberAct):
    title = _("End number")
    submit = _("End")

    def effects(self) -> list[str]:
        return [
            gettext("The contact is no longer reachable at the number that you choose: it may not be used for them."),
            *_numbers(self.obj),
            gettext("The number stays until the retention policies erase it."),
        ]

    def perform(self, form: ActForm) -> str:
        point = form.cleaned_data["point"]
        intake.end(point, actor=self.actor, at=self.now, reason=form.cleaned_data["reason"])
        return gettext("The number was ended.")


class Restrict(Act):
    title = _("Restrict")
    submit = _("Restrict")
    permission = "crm.change_contact"

    def obstacle(self) -> str:
        if obstacle := erased_obstacle(self.obj):
            return obstacle
        return gettext("This contact is restricted already.") if _is_restricted(self.obj) else ""

    def effects(self) -> list[str]:
        return [
            gettext("The data is only kept: nobody may call or text this contact, and imports leave it alone."),
            gettext("Nothing of it is erased while the restriction stands (GDPR 18)."),
            *_numbers(self.obj),
        ]

    def perform(self, form: ActForm) -> str:
        _restrict(self, form, on=True)
        return gettext("The contact was restricted.")


class LiftRestriction(Act):
    title = _("Lift restriction")
    submit = _("Lift")
    permission = "crm.change_contact"

    def obstacle(self) -> str:
        if obstacle := erased_obstacle(self.obj):
            return obstacle
        return "" if _is_restricted(self.obj) else gettext("This contact is not restricted.")

    def effects(self) -> list[str]:
        return [
            gettext("The person must have been told before the restriction is lifted (GDPR 18(3))."),
            gettext("What is due by the retention policies is erased in the next night."),
            *_numbers(self.obj),
        ]

    def perform(self, form: ActForm) -> str:
        _restrict(self, form, on=False)
        return gettext("The restriction was lifted.")


def living_points(contact: Any) -> Any:
    """Return the points at which the contact is reachable now, with their lines."""
    return contact.points.filter(erased_at=None, until=None).select_related("line")


def _numbers(contact: Contact) -> list[str]:
    """Return how many numbers a contact is reachable at, and how many of them are somebody else's too."""
    lines = set(living_points(contact).values_list("line", flat=True))
    others = ContactPoint.objects.filter(line__in=lines, erased_at=None, until=None).exclude(contact=contact)
    shared = others.values("line").distinct().count()
    return [
        gettext("Numbers of this contact: %(count)d; of them %(shared)d are other contacts' too, who keep them.")
        % {"count": len(lines), "shared": shared}
    ]


def _is_restricted(contact: Contact) -> bool:
    return contact.status == Contact.Status.RESTRICTED


def _restrict(act: Act, form: ActForm, *, on: bool) -> None:
    if _is_restricted(act.obj) is on:
        raise Refusal(act.obstacle())
    intake.restrict(act.obj, on=on, actor=act.actor, at=act.now, reason=form.cleaned_data["reason"])
