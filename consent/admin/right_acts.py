"""What staff do for a contact's rights: write down a request, or to whom data went; make a preference link."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import access, ledger, preferences, requests
from consent.models import Purpose, SubjectRequest
from crm.admin.act import Act, ActForm, DatedForm, Refusal, Secret, erased_obstacle
from crm.admin.contact_acts import NumberAct, OnPoint
from crm.theme import MomentInput, Select, TextInput

# How a request came, as it is kept: people ask by any means (GDPR 12(2)).
CAME_BY = [
    ("phone", _("On the phone")),
    ("shop", _("In a shop")),
    ("letter", _("By letter")),
    ("e-mail", _("By e-mail")),
]


class RequestForm(DatedForm):
    kind = forms.ChoiceField(label=_("What they ask for"), choices=SubjectRequest.Kind.choices, widget=Select)
    came_by = forms.ChoiceField(label=_("How it came"), choices=CAME_BY, widget=Select)
    when = forms.DateTimeField(
        label=_("Received"), required=False, widget=MomentInput, help_text=_("Empty means just now.")
    )
    field_order = ("kind", "came_by", "when")


class RecordRequest(Act):
    title = _("Record a request")
    submit = _("Record")
    permission = "consent.add_subjectrequest"
    form_class = RequestForm

    def obstacle(self) -> str:
        return erased_obstacle(self.obj)

    def effects(self) -> list[str]:
        return [
            gettext("The request is listed until somebody says what was done: within a month (GDPR 12(3))."),
            gettext("Nothing else happens by itself: an erasure is done, and an objection recorded, by its own act."),
        ]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        request = requests.open_request(
            contact=self.obj, kind=SubjectRequest.Kind(said["kind"]), at=said["when"], came_by=said["came_by"]
        )
        return gettext("%(request)s is open.") % {"request": request}


class DisclosureForm(DatedForm):
    recipient = forms.CharField(
        label=_("Recipient"), max_length=200, widget=TextInput, help_text=_("The organisation that received the data.")
    )
    purpose = forms.ModelChoiceField(
        Purpose.objects.all(), label=_("Purpose"), required=False, empty_label=_("None of ours"), widget=Select
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        required=False,
        widget=TextInput,
        help_text=_("Why, and what of it. No phone numbers here."),
    )
    field_order = ("recipient", "purpose", "when", "note")


class RecordDisclosure(Act):
    title = _("Record disclosure")
    submit = _("Record")
    permission = "consent.add_disclosure"
    form_class = DisclosureForm

    def obstacle(self) -> str:
        return erased_obstacle(self.obj)

    def effects(self) -> list[str]:
        return [
            gettext("The person sees whom their data was given to, and when (GDPR 15(1)(c))."),
            gettext("The recipient is to be told of a correction, an erasure or a restriction (GDPR 19)."),
        ]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        try:
            disclosure = requests.disclosed(
                contact=self.obj,
                recipient=said["recipient"],
                purpose=said["purpose"],
                at=said["when"],
                note=said["note"],
                actor=self.actor,
            )
        except (access.NoRecipient, access.NumberInRecipient, requests.NumberInText):
            raise Refusal(gettext("Name the recipient, and leave phone numbers out.")) from None
        return gettext("%(disclosure)s was recorded.") % {"disclosure": disclosure}


class LinkForm(OnPoint):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]


class PreferenceLink(NumberAct):
    title = _("Preference link")
    submit = _("Make a link")
    permission = "consent.add_preferencetoken"
    form_class = LinkForm

    def effects(self) -> list[str]:
        return [
            gettext(
                "A new link is made for this number, and shown to you once: give it to its owner, and nobody else."
            ),
            gettext("Whoever has it sees what was agreed to at the number, and can take it back or agree anew."),
            gettext("Links that were made before stay good."),
        ]

    def perform(self, form: ActForm) -> str:
        try:
            token = preferences.issue(point=form.cleaned_data["point"], at=self.now)
        except ledger.PointErased:
            raise Refusal(gettext("This number was erased."), "point") from None
        self.secret = Secret(
            gettext("The link"),
            preferences.address(token),
            gettext("Send it to the person in a way that only they can read."),
        )
        return gettext("A preference link was made.")
