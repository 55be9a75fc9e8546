"""The pages of a contact beside its form: one frame, with a tab for each, and the right that each needs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.admin import erased
from crm.models import Contact
from crm.theme import MomentInput


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of a contact: the end of its name, what it is called, and the right to look at it."""

    name: str
    title: Any
    permission: str
    # Whether anything is left to be shown there of an erased contact.
    of_erased: bool = False


PROFILE = Tab("change", _("Profile"), "crm.view_contact", of_erased=True)
NUMBERS = Tab("numbers", _("Numbers"), "crm.view_contactpoint")
CONSENT = Tab("consent", _("Consent"), "consent.view_consent")
PERMISSION = Tab("permission", _("Permission"), "consent.view_consent")
TIMELINE = Tab("timeline", _("Timeline"), "crm.view_historicalcontact", of_erased=True)
BLAME = Tab("blame", _("Blame"), "crm.view_historicalcontact")
RETENTION = Tab("retention", _("Retention"), "consent.view_retentionpolicy")
AS_OF = Tab("as_of", _("As of"), "crm.view_historicalcontact")
TABS = (PROFILE, NUMBERS, CONSENT, PERMISSION, TIMELINE, BLAME, RETENTION, AS_OF)


class TimesForm(forms.Form):
    """Asks as of when; nothing means now. A time to come is refused: what will be allowed then nobody knows yet."""

    at = forms.DateTimeField(label=_("As of"), required=False, widget=MomentInput)
    known_at = forms.DateTimeField(
        label=_("As known on"), required=False, widget=MomentInput, help_text=_("Empty means by all that we know now.")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("at", "known_at"):
            if cleaned.get(name) and cleaned[name] > timezone.now():
                self.add_error(name, gettext("This lies in the future."))
        return cleaned

    def times(self, *, now: datetime) -> tuple[datetime, datetime | None]:
        """Return as of when, and by what was known when; of what cannot be read: now."""
        if not self.is_valid():
            return now, None
        return self.cleaned_data["at"] or now, self.cleaned_data["known_at"]


def tabs(request: HttpRequest, contact: Contact, *, current: Tab) -> list[dict[str, Any]]:
    """Return the tabs that the signed-in person may open of a contact, with their addresses."""
    return [
        {
            "title": tab.title,
            "link": reverse(f"admin:crm_contact_{tab.name}", args=[contact.pk]),
            "current": tab is current,
        }
        for tab in TABS
        if request.user.has_perm(tab.permission) and (tab.of_erased or not contact.erased_at)
    ]


def page(
    model_admin: Any, request: HttpRequest, object_id: str, tab: Tab, template: str, fill: Callable[[Contact], Any]
) -> HttpResponse:
    """Answer a page of a contact, with what `fill` gives for the template. Raises PermissionDenied."""
    if request.method != "GET" or not request.user.has_perm(tab.permission):
        raise PermissionDenied
    contact = model_admin.get_object(request, unquote(object_id))
    if contact is None:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)
    if not model_admin.has_view_permission(request, contact):
        raise PermissionDenied
    request.current_app = model_admin.admin_site.name
    gone = bool(contact.erased_at) and not tab.of_erased
    context = {
        **model_admin.admin_site.each_context(request),
        "title": str(contact) if not contact.erased_at else erased.words_of(contact),
        "subtitle": tab.title,
        "opts": model_admin.opts,
        "original": contact,
        "contact": contact,
        "tabs": tabs(request, contact, current=tab),
        "tab": tab,
        "erased": erased.words_of(contact),
        **({} if gone else fill(contact)),
    }
    answer = TemplateResponse(request, "admin/consent/contact/gone.html" if gone else template, context)
    answer["Cache-Control"] = "no-store"
    return answer
