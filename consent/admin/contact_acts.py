"""What staff do about a contact's consent: withdraw it, record it, and erase the contact."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import journal, ledger, retention, withdrawal
from consent.admin import words
from consent.admin.stakes import stakes
from consent.models import CHANNELS, Method, Notice, Purpose
from consent.rules.lines import Channel
from consent.rules.states import Act as ConsentAct
from crm.admin.act import Act, ActForm, DatedForm, Refusal, erased_obstacle
from crm.admin.contact_acts import NumberAct, OnPoint, living_points
from crm.models import Source
from crm.theme import Select, Textarea, TextInput


class DatedOnPoint(DatedForm, OnPoint):
    """Asks for which number, and when it happened."""


class WithdrawForm(DatedOnPoint):
    purpose = forms.ModelChoiceField(
        Purpose.objects.all(), label=_("Purpose"), required=False, empty_label=_("All purposes"), widget=Select
    )
    channel = forms.ChoiceField(
        label=_("Channel"), required=False, choices=[("", _("All channels")), *CHANNELS], widget=Select
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=60, widget=TextInput, help_text=_("As in: said so on the phone.")
    )
    evidence = forms.CharField(
        label=_("Evidence"),
        max_length=2000,
        required=False,
        widget=Textarea(attrs={"rows": 3}),
        help_text=_("What was said or written, and who heard or keeps it. No phone numbers here."),
    )
    field_order = ("point", "purpose", "channel", "when", "reason", "evidence")


class Withdraw(NumberAct):
    title = _("Withdraw consent")
    submit = _("Withdraw")
    form_class = WithdrawForm
    prefilled = ("point", "purpose", "channel")

    def effects(self) -> list[str]:
        return [
            gettext("Nobody may call or text this number for these purposes any more, from now on."),
            gettext("This holds for everybody who is reachable at the number, not only for this contact."),
            gettext("The number is erased when the retention policies say so, mostly in the next night."),
            *stakes(point.line_id for point in living_points(self.obj)),
        ]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        number = said["point"].line.e164
        if not number:
            raise Refusal(gettext("This number was erased."), "point")
        try:
            done = withdrawal.withdraw(
                number,
                at=said["when"],
                reason=said["reason"],
                method=Method.STAFF,
                actor=self.actor,
                purpose=said["purpose"],
                channel=Channel(said["channel"]) if said["channel"] else None,
                evidence=ledger.Proof(message=said["evidence"]) if said["evidence"] else None,
            )
        except ledger.Refused:
            raise Refusal(gettext("This cannot be recorded: somebody else has changed this consent.")) from None
        return gettext("Consent was withdrawn: %(count)d new ledger entries, and the number is suppressed.") % {
            "count": len(done.entries)
        }


class NoticeField(forms.ModelChoiceField):
    """The published wording that the person was shown or read out: it names the purpose too."""

    def label_from_instance(self, obj: Any) -> str:
        return gettext("%(purpose)s: version %(version)s (%(language)s)") % {
            "purpose": obj.purpose,
            "version": obj.version,
            "language": obj.language,
        }


class RecordForm(DatedOnPoint):
    notice = NoticeField(
        Notice.objects.filter(published_at__isnull=False, purpose__active=True).select_related("purpose"),
        label=_("Purpose and wording"),
        empty_label=None,
        widget=Select,
    )
    channel = forms.ChoiceField(label=_("Channel"), choices=CHANNELS, widget=Select)
    act = forms.ChoiceField(
        label=_("What the person did"),
        choices=[(act.value, words.ACTS[act]) for act in (ConsentAct.GIVEN, ConsentAct.CONFIRMED, ConsentAct.REFUSED)],
        widget=Select,
    )
    evidence = forms.CharField(
        label=_("Evidence"),
        max_length=2000,
        widget=Textarea(attrs={"rows": 4}),
        help_text=_("What was said or signed, where, and who heard or keeps it. No phone numbers here."),
    )
    field_order = ("point", "notice", "channel", "act", "when", "evidence")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]


class RecordConsent(NumberAct):
    title = _("Record consent")
    submit = _("Record")
    form_class = RecordForm
    prefilled = ("point", "notice", "channel")

    def effects(self) -> list[str]:
        return [
            gettext("An entry is added to the ledger under your name. It cannot be changed or taken back."),
            gettext("A purpose with double opt-in stays closed until the person confirms through the number itself."),
        ]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        try:
            entry = ledger.record(
                point=said["point"],
                purpose=said["notice"].purpose,
                channel=Channel(said["channel"]),
                act=ConsentAct(said["act"]),
                occurred_at=said["when"],
                method=Method.STAFF,
                actor=self.actor,
                notice=said["notice"],
                evidence=ledger.Proof(message=said["evidence"]),
                source=Source.objects.for_staff(),
            )
        except ledger.PointErased:
            raise Refusal(gettext("This number was erased."), "point") from None
        except ledger.Refused:
            raise Refusal(gettext("The purpose does not cover this channel."), "channel") from None
        return gettext("%(entry)s was added to the ledger.") % {"entry": entry}


ERASURE_REASONS = [
    ("request", _("The person asked for it (GDPR 17)")),
    ("objection", _("The person objected (GDPR 21)")),
    ("unlawful", _("It should not have been collected")),
    ("mistake", _("It was entered by mistake")),
]


class EraseForm(ActForm):
    reason = forms.ChoiceField(label=_("Reason"), choices=ERASURE_REASONS, widget=Select)


class Erase(Act):
    title = _("Erase now")
    submit = _("Erase for good")
    permission = "consent.erase_contact"
    form_class = EraseForm
    danger = True
    sensitive = "erase"

    def obstacle(self) -> str:
        return erased_obstacle(self.obj)

    def effects(self) -> list[str]:
        return [
            gettext("Numbers that are erased: %(count)d.") % {"count": self.obj.points.filter(erased_at=None).count()},
            gettext("The profile goes with them, and its history, its evidence and what the admin's log says of it."),
            gettext("A number that another contact is reachable at too stays for that contact."),
            gettext("An import cannot bring the numbers back; only their owner's own new consent can."),
            gettext("This cannot be undone."),
        ]

    def perform(self, form: ActForm) -> str:
        try:
            receipts = retention.erase(self.obj, reason=form.cleaned_data["reason"], actor=self.actor, at=self.now)
        except retention.Held:
            raise Refusal(
                gettext("Nothing was erased: a legal hold or a restriction stands. It must be released first.")
            ) from None
        except (journal.JournalNotWritten, journal.JournalLost):
            raise Refusal(
                gettext(
                    "Nothing was erased: the journal of erasures cannot be written. Tell whoever runs this service."
                )
            ) from None
        if not receipts:
            raise Refusal(gettext("Nothing was erased: somebody else has erased this contact just now."))
        return gettext("The contact was erased; receipts: %(receipts)s.") % {
            "receipts": ", ".join(str(receipt.pk) for receipt in receipts)
        }
