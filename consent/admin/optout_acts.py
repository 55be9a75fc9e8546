"""Opt-outs that staff hear of: on a contact's page in two clicks, for a number that we may not hold, and in lists."""

from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent import ledger, optouts, suppression, withdrawal
from consent.admin.import_upload import RegionField
from consent.admin.stakes import stakes
from consent.models import CHANNELS, Method, Purpose
from consent.rules.lines import Channel
from crm import faults, phones
from crm.admin.act import Act, ActForm, DatedForm, Refusal
from crm.admin.contact_acts import NumberAct, PointField, living_points
from crm.imports import staging
from crm.imports.reading import UnreadableFile
from crm.theme import Checkbox, FileInput, Select, TextInput

# Longer lists are for the command: a page must answer while somebody waits.
MOST_LISTED = 10_000
# So many lines are named on a page; a list with more of them is not one of numbers.
MOST_NAMED = 20

# How it was heard: the words of the reason that stays with the suppression, and those that staff read.
HEARD = [
    ("opt-out on the phone", _("On the phone")),
    ("opt-out in a shop", _("In a shop")),
    ("opt-out by letter", _("By letter")),
]


class ScopeForm(DatedForm):
    """Asks for what the no is, and since when; the defaults are what most people mean: everything, from now on."""

    purpose = forms.ModelChoiceField(
        Purpose.objects.all(), label=_("Purpose"), required=False, empty_label=_("All purposes"), widget=Select
    )
    channel = forms.ChoiceField(
        label=_("Channel"), required=False, choices=[("", _("All channels")), *CHANNELS], widget=Select
    )
    objection = forms.BooleanField(
        label=_("Objection (GDPR 21)"),
        required=False,
        widget=Checkbox,
        help_text=_("They object to marketing as such: it outranks every lawful basis, not only consent."),
    )


class HeardForm(ScopeForm):
    heard = forms.ChoiceField(label=_("How we heard"), choices=HEARD, widget=Select)
    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        required=False,
        widget=TextInput,
        help_text=_("Kept as evidence. No phone numbers here."),
    )


class AnyPointField(PointField):
    """One of the contact's numbers, or all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.required, self.empty_label = False, _("All numbers")


class OptOutForm(HeardForm):
    point = AnyPointField()
    field_order = ("heard", "point", "purpose", "channel", "when", "objection", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["point"]
        field.queryset = living_points(self.obj)


class OptOut(NumberAct):
    title = _("Opt-out")
    submit = _("Record")
    permission = "consent.add_suppression"
    form_class = OptOutForm

    def effects(self) -> list[str]:
        return [
            gettext("Nobody may call or text this contact for these purposes any more, from now on."),
            gettext("This holds for everybody who is reachable at the numbers, not only for this contact."),
            gettext("What you heard is kept as evidence, under your name."),
            *stakes(point.line_id for point in living_points(self.obj)),
        ]

    def perform(self, form: ActForm) -> str:
        chosen = form.cleaned_data["point"]
        points = [chosen] if chosen else list(living_points(self.obj))
        entries = 0
        with transaction.atomic():
            # In the order in which everyone locks lines.
            for point in sorted(points, key=lambda each: each.line_id):
                entries += len(withdrawal.withdraw_line(point.line, **_heard(self, form)).entries)
        return gettext("%(heard)s: %(numbers)d numbers are suppressed, %(count)d new ledger entries.") % {
            "heard": _told(form),
            "numbers": len(points),
            "count": entries,
        }


class TypedForm(HeardForm):
    numbers = frozenset({"number"})

    number = forms.CharField(
        label=_("Number"), max_length=60, widget=TextInput(attrs={"autocomplete": "off", "inputmode": "tel"})
    )
    country = RegionField()
    field_order = ("number", "country", "heard", "purpose", "channel", "when", "objection", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].help_text = gettext("For a number without a country code, such as GB.")

    def clean_number(self) -> str:
        # `country` comes after it, and is checked on its own.
        region = str(self.data.get("country", "")) or None
        try:
            return phones.read_e164(self.cleaned_data["number"], region=region)
        except phones.NotANumber as error:
            raise forms.ValidationError(faults.message(error.code)) from None


class RecordOptOut(Act):
    title = _("Record an opt-out")
    submit = _("Record")
    permission = "consent.add_suppression"
    form_class = TypedForm

    def effects(self) -> list[str]:
        return [
            gettext("Nobody may call or text this number any more, whether we hold it or not."),
            gettext("Of a number that we do not hold, only a fingerprint is kept: a list cannot bring it in unseen."),
            gettext("What everybody at the number had agreed to ends with an entry in the ledger, under your name."),
        ]

    def perform(self, form: ActForm) -> str:
        done = withdrawal.withdraw(form.cleaned_data["number"], **_heard(self, form))
        return gettext("%(heard)s: recorded as suppression %(id)d, %(count)d new ledger entries.") % {
            "heard": _told(form),
            "id": done.suppression_id,
            "count": len(done.entries),
        }


class ListForm(ScopeForm):
    file = forms.FileField(
        label=_("File"),
        widget=FileInput,
        help_text=_("With a header or without: the numbers are in its phone column, or in its first one."),
    )
    country = RegionField()
    reason = forms.CharField(
        label=_("Reason"),
        max_length=60,
        widget=TextInput,
        help_text=_("How we learned of it, as in: the carrier's list of May. No phone numbers here."),
    )
    field_order = ("file", "country", "reason", "purpose", "channel", "when", "objection")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].help_text = gettext("For numbers without a country code, such as GB.")


class WithdrawList(Act):
    title = _("Withdraw a list")
    submit = _("Withdraw")
    permission = "consent.add_suppression"
    form_class = ListForm
    danger = True

    def effects(self) -> list[str]:
        return [
            gettext("Nobody may call or text any number of the file any more, whether we hold it or not."),
            gettext("What everybody at these numbers had agreed to ends with entries in the ledger, under your name."),
            gettext("Lines that hold no number are named, and hold nothing up. The file is not kept."),
            gettext("Up to %(most)d lines here; longer lists are for the command withdraw_list.")
            % {"most": MOST_LISTED},
        ]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        done = optouts.withdraw_list(
            _listed(form),
            at=said["when"],
            reason=said["reason"],
            method=Method.STAFF,
            actor=self.actor,
            purpose=said["purpose"],
            channel=Channel(said["channel"]) if said["channel"] else None,
            objection=said["objection"],
            region=said["country"],
        )
        told = gettext("Withdrawn: %(held)d that we hold, %(unknown)d others; suppressed already: %(already)d.") % {
            "held": done.withdrawn,
            "unknown": done.unknown,
            "already": done.already,
        }
        return f"{told} {_unread(done.unread)}".strip()


def _heard(act: Act, form: ActForm) -> dict[str, Any]:
    """Return what a withdrawal takes of what was typed; how it was heard is the evidence."""
    said = form.cleaned_data
    return {
        "at": said["when"],
        "reason": suppression.OBJECTION if said["objection"] else said["heard"],
        "method": Method.STAFF,
        "actor": act.actor,
        "purpose": said["purpose"],
        "channel": Channel(said["channel"]) if said["channel"] else None,
        "evidence": ledger.Proof(message=": ".join(filter(None, (said["heard"], said["note"])))),
    }


def _told(form: ActForm) -> str:
    """Return how it was heard, for the admin's log too: where nothing had been given, no entry says so."""
    what = gettext("Objection") if form.cleaned_data["objection"] else gettext("Opt-out")
    return f"{what} ({dict(HEARD)[form.cleaned_data['heard']]})"


def _listed(form: ActForm) -> list[optouts.Listed]:
    """Return the numbers of the uploaded file, which is gone then. Raises Refusal."""
    upload: Any = form.cleaned_data["file"]
    try:
        name, _digest = staging.keep(upload.chunks())
        try:
            listed = list(optouts.read_list(staging.directory() / name, region=form.cleaned_data["country"]))
        finally:
            staging.drop(name)
    except UnreadableFile as error:
        raise Refusal(str(error), "file") from None
    if len(listed) > MOST_LISTED:
        raise Refusal(gettext("The list has more than %(most)d lines.") % {"most": MOST_LISTED}, "file")
    return listed


def _unread(unread: list[tuple[int, str]]) -> str:
    """Return which lines could not be read, and why, in words."""
    if not unread:
        return ""
    named = "; ".join(f"{line}: {faults.message(code)}" for line, code in unread[:MOST_NAMED])
    told = ngettext("%(count)d line could not be read", "%(count)d lines could not be read", len(unread))
    more = " …" if len(unread) > MOST_NAMED else ""
    return f"{told % {'count': len(unread)}}: {named}{more}"
