"""The consent certificate of an entry, as a page to print and as a PDF; its proof file and its receipt to take away."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from consent import proofs
from consent.models import ConsentEvent
from consent.proofs import Sheet
from crm.models import Actor

PERMISSION = "consent.view_consentevent"


def entry_of(request: HttpRequest, object_id: str) -> ConsentEvent:
    """Return the entry that a page is about. Raises PermissionDenied, Http404."""
    if request.method != "GET" or not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    try:
        return ConsentEvent.objects.select_related(
            "purpose", "notice", "source", "actor_user", "point__contact", "point__line"
        ).get(pk=int(unquote(object_id)))
    except (ValueError, ConsentEvent.DoesNotExist):
        raise Http404 from None


def page(request: HttpRequest, entry: ConsentEvent) -> HttpResponse:
    """Answer with the certificate as a page that prints well."""
    sheet = _sheet(request, entry, "html")
    return render(request, "admin/certificate.html", {"sheet": sheet, "entry": entry})


def paper(request: HttpRequest, entry: ConsentEvent) -> HttpResponse:
    """Answer with the certificate as a PDF."""
    content = proofs.pdf(_sheet(request, entry, "pdf"))
    return _download(content, "application/pdf", f"consent-certificate-{entry.pk}.pdf")


def proof(entry: ConsentEvent) -> HttpResponse:
    """Answer with the proof file. Raises NotSealed, Broken."""
    return _json(proofs.prove(entries=[entry]), f"consent-proof-{entry.pk}.json")


def receipt(entry: ConsentEvent) -> HttpResponse:
    """Answer with the receipt."""
    return _json(proofs.receipt_of(entry=entry), f"consent-receipt-{entry.pk}.json")


def _sheet(request: HttpRequest, entry: ConsentEvent, format: str) -> Sheet:
    """Return the certificate in words, on record where it names somebody."""
    user: Any = request.user
    certificate = proofs.certificate_of(entry=entry, at=timezone.now())
    proofs.put_on_record([certificate], format=format, actor=Actor.staff(user))
    return proofs.sheet_of(certificate)


def _json(content: dict[str, Any], name: str) -> HttpResponse:
    return _download(proofs.as_json(content), "application/json", name)


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
