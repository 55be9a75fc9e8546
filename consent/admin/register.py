"""The record of processing activities (GDPR 30), as a page and as a CSV file for a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent import reports
from consent.admin import words
from consent.models import CHANNELS, RetentionPolicy
from crm.escaping import escaped

TITLE = _("Processing register")
PERMISSION = "consent.view_purpose"


@dataclass(frozen=True, slots=True)
class Entry:
    """An activity in words: what it is called, where to change it, and what the law asks for, each with its label."""

    name: str
    link: str
    active: bool
    said: Sequence[tuple[str, Sequence[str]]]


def page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Answer with the register as a page. Raises PermissionDenied."""
    found = _register(request)
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": TITLE,
        "opts": model_admin.opts,
        "register": found,
        "entries": [_entry(activity, found) for activity in found.activities],
        "back": reverse("admin:consent_purpose_changelist"),
    }
    return TemplateResponse(request, "admin/consent/purpose/register.html", context)


def file(request: HttpRequest) -> HttpResponse:
    """Answer with the register as CSV: a line for each purpose, nothing to compute. Raises PermissionDenied."""
    found = _register(request)
    text = io.StringIO()
    writer = csv.writer(text)
    entries = [_entry(activity, found) for activity in found.activities]
    labels = [label for label, _lines in entries[0].said] if entries else []
    writer.writerow([gettext("Controller"), gettext("Purpose"), gettext("In use"), *labels])
    controller = ", ".join(filter(None, [found.controller, found.contact]))
    for entry in entries:
        cells = ["; ".join(lines) for _label, lines in entry.said]
        active = gettext("yes") if entry.active else gettext("no")
        writer.writerow(map(escaped, [controller, entry.name, active, *cells]))
    # With the mark by which Excel knows UTF-8.
    answer = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="processing-register-{found.at:%Y-%m-%d}.csv"'
    return answer


def _register(request: HttpRequest) -> reports.Register:
    if request.method != "GET" or not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    return reports.register(at=timezone.now())


def _entry(activity: reports.Activity, register: reports.Register) -> Entry:
    purpose = activity.purpose
    channels = [str(label) for channel, label in CHANNELS if channel in purpose.channels]
    transfers = purpose.transfers or gettext("none")
    said = [
        (gettext("What for"), _lines(purpose.description)),
        (gettext("Lawful basis (GDPR 6)"), [str(words.BASES[purpose.basis])]),
        (gettext("Channels"), channels),
        (gettext("Whose data"), _lines(purpose.data_subjects)),
        (gettext("Which data"), _data()),
        (gettext("Sources"), [_source(source) for source in activity.sources]),
        (gettext("Recipients"), [*_lines(purpose.recipients), *activity.disclosed_to]),
        (gettext("Transfers to third countries"), _lines(transfers)),
        (gettext("Kept until"), _terms(activity, register)),
        (gettext("Security measures"), [*_lines(purpose.safeguards), *_measures()]),
    ]
    link = reverse("admin:consent_purpose_change", args=[purpose.pk])
    return Entry(purpose.name, link, purpose.active, said)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _source(source: Any) -> str:
    supplier = f", {source.supplier}" if source.supplier else ""
    return f"{source.name} ({source.get_kind_display()}{supplier})"


def _terms(activity: reports.Activity, register: reports.Register) -> list[str]:
    """Return the time limits for erasure: of the consent, of each policy that reaches it, and of the proof."""
    terms = []
    if activity.purpose.lapses_after_months:
        months = activity.purpose.lapses_after_months
        terms.append(gettext("consent lapses after %(months)d months") % {"months": months})
    terms += [_term(policy) for policy in activity.policies]
    proof = gettext("proof of consent, which names nobody: %(months)d months after its last use")
    return [*terms, proof % {"months": register.proof_months}]


def _term(policy: RetentionPolicy) -> str:
    months = ngettext("%(count)d month", "%(count)d months", policy.after_months) % {"count": policy.after_months}
    days = ngettext("%(count)d day", "%(count)d days", policy.after_days) % {"count": policy.after_days}
    after = [text for text, number in ((months, policy.after_months), (days, policy.after_days)) if number]
    return gettext("%(policy)s: %(event)s, then %(after)s") % {
        "policy": policy.name,
        "event": policy.get_trigger_display(),
        "after": ", ".join(after) or gettext("at once"),
    }


def _data() -> list[str]:
    return [
        gettext("phone number, its country and kind"),
        gettext("name, organisation, e-mail, postal address, country, language, notes"),
        gettext("what was agreed to and taken back, with its evidence: address on the net, program, form as shown"),
    ]


def _measures() -> list[str]:
    return [
        gettext("numbers stand in one table, everything else refers to them; they are masked wherever they are shown"),
        gettext("fingerprints of numbers are keyed, and the key stands outside the database"),
        gettext("access by role; whoever takes data out says why, and it is kept"),
        gettext("the ledger of consent only grows, and is sealed every hour"),
        gettext("nightly erasure with receipts, and a journal by which a restored backup is erased again"),
    ]
