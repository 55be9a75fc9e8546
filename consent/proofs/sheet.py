"""A consent certificate in words, for whoever reads it on a screen or on paper."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from consent import access, words
from consent.models import AccessRecord
from consent.proofs.certificate import Certificate
from consent.proofs.printing import Section, Sheet
from crm.models import Actor


def put_on_record(certificates: Sequence[Certificate], *, format: str, actor: Actor) -> None:
    """Write down that certificates are taken out of the house as `format`, before they are: those that name somebody.

    All are made at one time.
    """
    named = [made for made in certificates if made.name or made.number]
    if not named:
        return
    entries = [made.entry for made in named]
    contacts = sorted({entry.point.contact_id for entry in entries})
    scope: dict[str, Any] = {"contacts": contacts, "entries": [entry.pk for entry in entries]}
    access.record(
        kind=AccessRecord.Kind.EXPORT,
        actor=actor,
        at=named[0].made_at,
        reason=_("Consent certificate of entry %(id)s") % {"id": ", ".join(str(entry.pk) for entry in entries)},
        masked=True,
        contacts=len(contacts),
        points=len({entry.point_id for entry in entries}),
        format=format,
        scope=scope,
        left_out={},
    )


def sheet_of(certificate: Certificate) -> Sheet:
    """Return a certificate in words, in the language of the reader."""
    entry, notice = certificate.entry, certificate.entry.notice
    erased = _("erased on %(date)s") % {"date": _moment(certificate.erased_at)} if certificate.erased_at else ""
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
