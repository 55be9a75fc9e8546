"""The consent certificate of an entry, as a page to print and as a PDF; its proof file and its receipt to take away."""

import json
from typing import Any

from django.conf import settings
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from consent import access, proofs
from consent.admin import words
from consent.models import AccessRecord, ConsentEvent
from consent.proofs import Certificate, Section, Sheet
from crm import theme
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
    """Return the certificate in words. One that names somebody is taken out of the house: that is on record before."""
    certificate = proofs.certificate_of(entry=entry, at=timezone.now())
    if certificate.name or certificate.number:
        user: Any = request.user
        access.record(
            kind=AccessRecord.Kind.EXPORT,
            actor=Actor.staff(user),
            at=certificate.made_at,
            reason=_("Consent certificate of entry %(id)s") % {"id": entry.pk},
            masked=True,
            contacts=1,
            points=1,
            format=format,
            scope={"contacts": [entry.point.contact_id], "purpose": entry.purpose_id, "channel": entry.channel},
            left_out={},
        )
    return sheet_of(certificate)


def sheet_of(certificate: Certificate) -> Sheet:
    """Return a certificate in words, in the language of the reader."""
    entry, notice = certificate.entry, certificate.entry.notice
    erased = theme.erased_on(certificate.erased_at) if certificate.erased_at else ""
    consent = [
        (_("Purpose"), entry.purpose.name),
        (_("Channel"), entry.get_channel_display()),
        (_("What happened"), str(words.ACTS[entry.act])),
        (_("When"), _moment(entry.occurred_at)),
        (_("Recorded"), _moment(entry.recorded_at)),
        (_("Captured by"), entry.get_method_display()),
        (_("Source"), str(entry.source) if entry.source else "—"),
        (_("Acting as"), entry.actor_name),
    ]
    now = str(words.STATUSES[certificate.status]) if certificate.status else "—"
    since = f", {_('since')} {_moment(certificate.since)}" if certificate.since else ""
    wording = _("Wording, language %(language)s, version %(version)s")
    return Sheet(
        title=_("Consent certificate"),
        subtitle=_("Entry %(id)s of the consent ledger of %(organisation)s")
        % {"id": entry.pk, "organisation": settings.ORGANISATION},
        sections=[
            Section(
                _("Who"),
                [
                    (_("Name"), certificate.name or erased or "—"),
                    (_("Number"), certificate.number or erased or "—"),
                    (_("Record id"), str(entry.uid)),
                ],
            ),
            Section(_("What"), consent),
            Section(
                wording % {"language": notice.language, "version": notice.version} if notice else _("Wording"),
                [] if notice else [(_("Notice"), _("none: this act needs no wording"))],
                notice.text if notice else "",
            ),
            Section(_("Evidence"), _evidence(certificate)),
            Section(_("Seal"), _seal(certificate)),
            Section(_("Status of this consent"), [(_("When this was made"), f"{now}{since}")]),
            Section(_("How to check this"), [("", line) for line in _advice(certificate)]),
        ],
        foot=_("Made %(at)s. %(help)s") % {"at": _moment(certificate.made_at), "help": settings.HELP_CONTACT},
    )


def _evidence(certificate: Certificate) -> list[tuple[str, str]]:
    said = {
        "held": _("held; its salted digest is below"),
        "erased": _("erased with the person; its salted digest stays"),
        "none": _("none was recorded"),
    }
    lines = [(_("Evidence"), said[certificate.evidence])]
    if digest := certificate.entry.evidence_digest:
        lines.append((_("Digest (SHA-256)"), digest))
    return lines


def _seal(certificate: Certificate) -> list[tuple[str, str]]:
    seal = certificate.seal
    if seal is None or certificate.position is None:
        return [(_("Seal"), _("not sealed yet: the next nightly or hourly seal takes this entry"))]
    place = _("number %(number)s, place %(place)s of %(entries)s")
    return [
        (_("Seal"), place % {"number": seal.number, "place": certificate.position + 1, "entries": seal.entries}),
        (_("Sealed"), _moment(seal.sealed_at)),
        (_("Root"), seal.root),
        (_("Digest of the seal"), seal.digest),
    ]


def _advice(certificate: Certificate) -> list[str]:
    if certificate.seal is None:
        return [_("Ask for the proof file once the entry is sealed.")]
    return [
        _("The proof file of this entry shows, without our database, that it is under the seal above."),
        _("Check it with: manage.py verify_proof FILE --seals SEALS, where SEALS is the published file of seals."),
        _("The digest of the seal must be the one that was published for its number; every later seal depends on it."),
    ]


def _moment(at: Any) -> str:
    """Return a moment as a stranger in another zone can read it."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _json(content: dict[str, Any], name: str) -> HttpResponse:
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    return _download(text.encode(), "application/json", name)


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
