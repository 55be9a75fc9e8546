"""What stands in the ledger, held against its seal while somebody looks: one entry, or all that one seal is over."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext

from consent import proofs, sealing
from consent.models import ConsentEvent, Seal
from crm.theme import timed

# So many faults are named on the page.
MOST_NAMED = 100


def entry_page(model_admin: Any, request: HttpRequest, entry: ConsentEvent) -> HttpResponse:
    """Answer with whether an entry is what was sealed, and the path from it to the root of its seal."""
    steps: list[tuple[str, str]] = []
    faults: list[str] = []
    waits = False
    try:
        proof = proofs.prove(entries=[entry])
    except proofs.NotSealed:
        waits = True
    except proofs.Broken:
        faults.append(gettext("The entry is not what was sealed: it, its wording or its leaf was changed since."))
    else:
        (one,), (seal,) = proof["entries"], proof["seals"]
        steps = [
            (gettext("Leaf, over the bytes of the entry"), one["leaf"]),
            *((gettext("with") + f" {number}", sibling) for number, sibling in enumerate(one["path"], 1)),
            (gettext("Root of seal %(number)s") % {"number": seal["number"]}, seal["root"]),
        ]
    said = [
        (gettext("Happened"), timed(entry.occurred_at)),
        (gettext("Recorded"), timed(entry.recorded_at)),
    ]
    back = reverse("admin:consent_consentevent_change", args=[entry.pk])
    return _page(model_admin, request, title=str(entry), said=said, steps=steps, faults=faults, waits=waits, back=back)


def seal_page(model_admin: Any, request: HttpRequest, number: str) -> HttpResponse:
    """Answer with whether everything under one seal is what was sealed. Raises PermissionDenied, Http404."""
    if request.method != "GET" or not request.user.has_perm("consent.view_seal"):
        raise PermissionDenied
    seal = Seal.objects.filter(number=number).first() if number.isdecimal() else None
    if seal is None:
        raise Http404
    found = sealing.verify_seal(seal.number)
    faults = [_named(fault) for fault in found[:MOST_NAMED]]
    if len(found) > MOST_NAMED:
        faults.append(gettext("and %(count)d more") % {"count": len(found) - MOST_NAMED})
    said = [
        (gettext("Entries"), str(seal.entries)),
        (gettext("Sealed"), timed(seal.sealed_at)),
        (gettext("Root"), seal.root),
        (gettext("Digest, as published"), seal.digest),
    ]
    back = reverse("admin:consent_seal_change", args=[seal.number])
    return _page(model_admin, request, title=str(seal), said=said, steps=[], faults=faults, waits=False, back=back)


def _named(fault: sealing.Fault) -> str:
    named = [f"{name} {value}" for name in ("seal", "entry", "notice") if (value := getattr(fault, name)) is not None]
    return ", ".join(filter(None, [fault.kind.value.replace("_", " "), *named, fault.detail]))


def _page(
    model_admin: Any,
    request: HttpRequest,
    *,
    title: str,
    said: Sequence[tuple[str, str]],
    steps: Sequence[tuple[str, str]],
    faults: Sequence[str],
    waits: bool,
    back: str,
) -> HttpResponse:
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Verification: %(what)s") % {"what": title},
        "opts": model_admin.opts,
        "said": said,
        "steps": steps,
        "faults": faults,
        "waits": waits,
        "back": back,
    }
    return TemplateResponse(request, "admin/desk/verified.html", context)
