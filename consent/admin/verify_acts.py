"""What staff do to verify a number: ask its owner through it, and enter the code that the owner tells them."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import ledger, optin, tasks, verifying
from crm.admin.act import ActForm, Refusal
from crm.admin.contact_acts import NumberAct, OnPoint
from crm.theme import TextInput


class VerifyForm(OnPoint):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]


class VerifyNumber(NumberAct):
    title = _("Verify a number")
    submit = _("Send a code")
    form_class = VerifyForm

    def effects(self) -> list[str]:
        return [
            gettext("One text message with a code goes to the number, unless its owner has said no."),
            gettext("It is verified when they reply YES, or tell you the code within ten minutes."),
            gettext("Consent that waits for a yes at this number is confirmed by the same answer."),
        ]

    def perform(self, form: ActForm) -> str:
        try:
            message_ids = verifying.verify(point=form.cleaned_data["point"], at=self.now)
        except verifying.MayNotBeAsked:
            raise Refusal(
                gettext("No text may go to this number now: a no stands, it takes none, or it was asked just before."),
                "point",
            ) from None
        tasks.send_soon(message_ids)
        return gettext("A code is on its way to the number. Enter it here when they tell it to you.")


class CodeForm(VerifyForm):
    # Six digits are no phone number.
    numbers = frozenset({"code"})

    code = forms.CharField(
        label=_("Code"), max_length=10, widget=TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"})
    )
    field_order = ("point", "code")


class EnterCode(NumberAct):
    title = _("Enter the code")
    submit = _("Confirm")
    form_class = CodeForm

    def effects(self) -> list[str]:
        return [
            gettext("With the right code the number counts as verified, and what was asked with it as confirmed."),
            gettext("After five wrong codes no code is right: send a new one then."),
        ]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        evidence = ledger.Proof(message="The code was told to a member of staff.")
        try:
            confirmed = optin.answer_read_out(point=said["point"], code=said["code"], at=self.now, evidence=evidence)
        except optin.WrongCode:
            raise Refusal(gettext("This code is not right, or it is too late for it."), "code") from None
        tasks.send_soon(confirmed.message_ids)
        return gettext("The number is verified; %(count)d new ledger entries.") % {"count": len(confirmed.entries)}
