"""The page on which staff take contacts out: it asks why, writes down who did, and only then gives the file."""

import tempfile
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.exporting import Use, export
from consent.models import CHANNELS, Purpose
from consent.rules.lines import Channel
from crm import approvals
from crm.admin import second_person, ways
from crm.admin.act import ReasonedForm
from crm.admin.gate import is_confirmed, must_ask
from crm.exports import FORMATS, TooMany
from crm.imports import staging
from crm.models import Actor, Approval, Contact, Source
from crm.theme import Select, TextInput

TITLE = _("Export")
FULL = "crm.export_full_numbers"
SENSITIVE = "export"
WAY = "consent.admin.exporting"
TOO_MANY = _("There are more people than a sheet has rows; take CSV.")
# More are not sent along with a form; whoever wants so many takes a source, or all.
MOST_CHOSEN = 10_000


class ExportForm(ReasonedForm):
    """Which contacts, which of their numbers, and how. `may_unmask`: whether full numbers are a choice."""

    format = forms.ChoiceField(
        label=_("Format"), choices=[(name, format.title) for name, format in FORMATS.items()], widget=Select
    )
    shown = forms.ChoiceField(
        label=_("Numbers"), choices=[("masked", _("Masked")), ("full", _("In full"))], widget=Select
    )
    source = forms.ModelChoiceField(
        Source.objects.all(), label=_("Source"), required=False, empty_label=_("All sources"), widget=Select
    )
    purpose = forms.ModelChoiceField(
        Purpose.objects.filter(active=True),
        label=_("To be contacted for"),
        required=False,
        empty_label=_("Nothing: this is for the office"),
        widget=Select,
    )
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=[("", "—"), *CHANNELS], widget=Select)
    recipient = forms.CharField(
        label=_("Recipient"),
        required=False,
        max_length=200,
        widget=TextInput,
        help_text=_("The organisation that gets the file. Empty: it stays in the office."),
    )
    contacts = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("format", "shown", "source", "purpose", "channel", "recipient", "reason")

    def __init__(self, *args: Any, may_unmask: bool, **kwargs: Any) -> None:
        super().__init__(*args, obj=None, **kwargs)
        if not may_unmask:
            del self.fields["shown"]

    def clean_contacts(self) -> list[int] | None:
        """Return the ids of the chosen contacts; None for all."""
        text: str = self.cleaned_data["contacts"]
        ids = text.split(",") if text else []
        if len(ids) > MOST_CHOSEN or not all(each.isascii() and each.isdecimal() for each in ids):
            raise forms.ValidationError(gettext("Choose the contacts again."))
        return [int(each) for each in ids] or None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("purpose") and not cleaned.get("channel"):
            self.add_error("channel", gettext("Say how they are to be contacted."))
        if cleaned.get("channel") and not cleaned.get("purpose") and "purpose" not in self.errors:
            self.add_error("purpose", gettext("Say what they are to be contacted for."))
        return cleaned


def page(model_admin: Any, request: HttpRequest, *, chosen: Sequence[int] | None = None) -> HttpResponseBase:
    """Show the page, or on POST give the file. Raises PermissionDenied.

    chosen: contacts that were just chosen in the list; the page is shown for them, whatever the method.
    """
    if request.method not in ("GET", "POST") or not model_admin.has_view_permission(request):
        raise PermissionDenied
    data = request.POST if request.method == "POST" and chosen is None else None
    may_unmask = request.user.has_perm(FULL)
    form = ExportForm(data, may_unmask=may_unmask, initial={"contacts": ",".join(map(str, chosen or ()))})
    if asks := must_ask(request, SENSITIVE):
        return asks
    if form.is_valid() and is_confirmed(request, SENSITIVE, form):
        if approvals.needed(SENSITIVE):
            said = second_person.said_on(form)
            second_person.hold(request, kind=SENSITIVE, act=WAY, model=Contact, obj=None, said=said)
            return HttpResponseRedirect(reverse("admin:crm_approval_changelist"))
        try:
            return _file(request.user, form.cleaned_data)
        except TooMany:
            form.add_error("format", TOO_MANY)
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": TITLE,
        "opts": model_admin.opts,
        "act": {"effects": _effects(form, may_unmask=may_unmask), "submit": TITLE},
        "form": form,
        "media": model_admin.media + form.media,
        "post_to": reverse("admin:crm_contact_export"),
        "back": reverse("admin:crm_contact_changelist"),
    }
    return TemplateResponse(request, "admin/act.html", context)


def _file(user: Any, said: dict[str, Any]) -> FileResponse:
    """Return the file, whole and on record. It has no name on the disk, and is gone once it is sent."""
    kind, out = FORMATS[said["format"]], tempfile.TemporaryFile(dir=staging.directory())  # noqa: SIM115
    try:
        export(
            to=out,
            format=said["format"],
            masked=said.get("shown") != "full",
            actor=Actor.staff(user),
            at=timezone.now(),
            reason=said["reason"],
            contact_ids=said["contacts"],
            source=said["source"],
            use=Use(said["purpose"], Channel(said["channel"])) if said["purpose"] else None,
            recipient=said["recipient"],
        )
    except BaseException:
        out.close()
        raise
    out.seek(0)
    # A name without data, and the admin says no-store of every page.
    return FileResponse(out, as_attachment=True, filename=f"contacts.{kind.ending}", content_type=kind.media_type)


def _effects(form: ExportForm, *, may_unmask: bool) -> list[str]:
    ids = str(form["contacts"].value() or "")
    chosen = ids.count(",") + 1 if ids else 0
    whom = gettext("Contacts that you have chosen: %(count)d.") % {"count": chosen} if chosen else gettext("Everybody.")
    return [
        whom,
        gettext("Restricted contacts are left out (GDPR 18), and numbers that have ended."),
        gettext("A file for the office says nothing of whom one may call: for that, say what it is for."),
        gettext("Who took the file, when and why is recorded, and stays."),
        gettext("A recipient is written down for each contact in the file, and named to those who ask."),
        *([] if may_unmask else [gettext("The numbers are masked: you may not take them out in full.")]),
    ]


def _form_of(approval: Approval) -> ExportForm:
    return ExportForm(second_person.data_of(approval), may_unmask=approval.asked_by.has_perm(FULL))


def _effects_of(approval: Approval) -> list[str]:
    return _effects(_form_of(approval), may_unmask=approval.asked_by.has_perm(FULL))


def _file_of(approval: Approval) -> FileResponse:
    """Return the approved file, for whoever asked. Raises CannotBeDone."""
    form = _form_of(approval)
    if not form.is_valid():
        raise second_person.CannotBeDone(gettext("This cannot be exported any more: ask again."))
    try:
        return _file(approval.asked_by, form.cleaned_data)
    except TooMany:
        raise second_person.CannotBeDone(str(TOO_MANY)) from None


# Who may take full numbers out may say what others take.
ways.of_page(WAY, ways.Way(FULL, "crm.view_contact", _("Export contacts"), _form_of, _effects_of, file=_file_of))
