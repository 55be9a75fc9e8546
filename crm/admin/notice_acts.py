"""The acts that answer GDPR 14: the people of a source were told, or one of them need not be."""

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crm import intake
from crm.admin.act import Act, ActForm, DatedForm, ReasonedForm, erased_obstacle
from crm.theme import MomentInput


class SentForm(DatedForm):
    """Asks when the notices went out; nothing means just now."""

    when = forms.DateTimeField(
        label=_("When they were sent"), required=False, widget=MomentInput, help_text=_("Empty means just now.")
    )


class RecordNotices(Act):
    title = _("Record notices sent")
    submit = _("They were told")
    permission = "crm.change_source"
    form_class = SentForm

    def obstacle(self) -> str:
        if not intake.untold(self.obj).exists():
            return gettext("Nobody waits for a notice here.")
        return ""

    def effects(self) -> list[str]:
        number = intake.untold(self.obj).count()
        return [
            ngettext(
                "%(number)d number of this source waits for its owner to be told where we have it from (GDPR 14).",
                "%(number)d numbers of this source wait for their owners to be told where we have them from (GDPR 14).",
                number,
            )
            % {"number": number},
            gettext("Those that we had by then count as told, and may be used if nothing else forbids it."),
        ]

    def perform(self, form: ActForm) -> str:
        number = intake.record_notices(self.obj, sent_at=form.cleaned_data["when"])
        return ngettext("%(number)d notice was recorded.", "%(number)d notices were recorded.", number) % {
            "number": number
        }


class ExemptFromNotice(Act):
    title = _("Exempt from notice")
    submit = _("No notice is owed")
    permission = "crm.change_provenance"
    form_class = ReasonedForm

    def obstacle(self) -> str:
        return erased_obstacle(self.obj.point)

    def effects(self) -> list[str]:
        return [gettext("Your decision and its ground are kept (GDPR 14(5)); this person is not told by us.")]

    def perform(self, form: ActForm) -> str:
        intake.exempt_from_notice(self.obj, reason=form.cleaned_data["reason"])
        return gettext("The exemption was recorded.")
