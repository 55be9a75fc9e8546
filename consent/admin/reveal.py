"""Showing one full number: for a reason, on record before it is seen, on that answer alone, and not to many a time."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import access, alerts
from crm.admin.act import Act, ActForm, ReasonedForm, Refusal, Secret, erased_obstacle
from crm.admin.contact_acts import OnPoint, living_points
from crm.models import Contact, PhoneNumber


class RevealForm(ReasonedForm):
    """Asks why somebody must see the number."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("As in: calls back about an order. It is kept, and the person may see it.")


class RevealOnPoint(RevealForm, OnPoint):
    """Asks for which of the contact's numbers."""

    field_order = ("point", "reason")


class Reveal(Act):
    """Shows a full number, which `number_of` names, once."""

    title = _("Show number")
    submit = _("Show")
    permission = "crm.reveal_numbers"

    def effects(self) -> list[str]:
        return [
            gettext("That you looked, when and why is written down before you see the number, and stays."),
            gettext("The number is shown on the next page alone. It is still masked everywhere else."),
            gettext("You may look at %(most)d numbers an hour; the compliance officers hear of %(many)d.")
            % {"most": settings.REVEALS_PER_HOUR, "many": settings.REVEALS_ALERT},
        ]

    def number_of(self, form: ActForm) -> tuple[PhoneNumber, Sequence[int]]:
        """Return the line, and the ids of the contacts of whom that tells."""
        raise NotImplementedError

    def perform(self, form: ActForm) -> str:
        line, contact_ids = self.number_of(form)
        try:
            seen = access.reveal(
                line.pk, contact_ids=contact_ids, user=self.user, at=self.now, reason=form.cleaned_data["reason"]
            )
        except access.TooManyReveals:
            raise Refusal(
                gettext("You have looked at as many numbers in the last hour as one may. Ask a compliance officer.")
            ) from None
        except access.NumberGone:
            raise Refusal(gettext("This number was erased.")) from None
        except access.NumberInReason:
            raise Refusal(gettext("Leave the phone number out: the record is not its place."), "reason") from None
        if seen.of_late >= settings.REVEALS_ALERT:
            alerts.tell_of_reveals(at=self.now)
        advice = gettext("Use it for the reason you gave.")
        self.secret = Secret(gettext("The full number"), seen.number, advice, kept=True)
        return gettext("The number was shown; %(record)s.") % {"record": seen.record}


class RevealOfContact(Reveal):
    form_class = RevealOnPoint

    def obstacle(self) -> str:
        if obstacle := erased_obstacle(self.obj):
            return obstacle
        return "" if living_points(self.obj).exists() else gettext("There is no number here.")

    def effects(self) -> list[str]:
        restricted = self.obj.status == Contact.Status.RESTRICTED
        warning = (
            [gettext("The contact is restricted: the number may only be kept (GDPR 18(2)).")] if restricted else []
        )
        return [*warning, *super().effects()]

    def number_of(self, form: ActForm) -> tuple[PhoneNumber, Sequence[int]]:
        return form.cleaned_data["point"].line, [self.obj.pk]


class RevealLine(Reveal):
    form_class = RevealForm

    def obstacle(self) -> str:
        return "" if self.obj.number is not None else gettext("We do not hold this number any more.")

    def number_of(self, form: ActForm) -> tuple[PhoneNumber, Sequence[int]]:
        points = self.obj.points.filter(erased_at=None).order_by("contact")
        return self.obj, list(dict.fromkeys(points.values_list("contact", flat=True)))
