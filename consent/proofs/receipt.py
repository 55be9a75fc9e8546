"""The receipt of an entry for other programs: fields of the Kantara Consent Receipt 1.1, and of ISO/IEC TS 27560.

Ids and our own words only: no name and no number stands in it. The names of the second standard's fields are ours to
choose (it states no schema); they follow its sections (?).
"""

from typing import Any

from django.conf import settings

from consent.models import CollectionPoint, Consent, ConsentEvent, Disclosure, SealedEntry
from consent.rules.seals import moment
from consent.rules.states import Act, Status
from consent.sealing import facts_of

# ISO 3166-1 leaves it to users: no country is known.
NOWHERE = "ZZ"


def receipt_of(*, entry: ConsentEvent) -> dict[str, Any]:
    """Return the receipt of an entry as JSON takes it, by the settings ORGANISATION, HELP_CONTACT and PUBLIC_URL."""
    purpose, notice, line = entry.purpose, entry.notice, entry.point.line
    jurisdiction = (line.region if line else "") or NOWHERE
    language = notice.language if notice else settings.LANGUAGE_CODE
    principal = f"contact point {entry.point_id}"
    place = CollectionPoint.objects.filter(purposes=purpose).exclude(policy_url="").order_by("pk").first()
    policy_url = place.policy_url if place else settings.PUBLIC_URL
    return {
        "version": "KI-CR-v1.1.0",
        "jurisdiction": jurisdiction,
        "consentTimestamp": int(entry.occurred_at.timestamp()),
        "collectionMethod": entry.method,
        "consentReceiptID": str(entry.uid),
        "language": language,
        "piiPrincipalId": principal,
        "piiControllers": [_controller()],
        "policyUrl": policy_url,
        "services": [{"service": settings.ORGANISATION, "purposes": [_purpose(entry)]}],
        "sensitive": False,
        "spiCat": [],
        "record": {
            "schema": "ISO/IEC TS 27560:2023",
            "record_id": str(entry.uid),
            "receipt_id": str(entry.uid),
            "pii_principal_id": principal,
            "notice": notice
            and {
                "language": notice.language,
                "version": notice.version,
                "wording": notice.text,
                "digest": f"sha256:{notice.digest}",
            },
            "purpose": {"id": purpose.slug, "name": purpose.name, "description": purpose.description},
            "lawful_basis": purpose.basis,
            "personal_data": ["phone number"],
            "processing": [entry.channel],
            "controllers": [settings.ORGANISATION],
            "storage_location": settings.PUBLIC_URL,
            "retention_period": f"P{settings.PROOF_MONTHS}M",
            "jurisdiction": jurisdiction,
            "recipients": _recipients(entry),
            "withdrawal_method": _withdrawal(entry),
            "event": _event(entry),
            "state": _state(entry),
        },
        "seal": _seal(entry),
    }


def _controller() -> dict[str, Any]:
    contact = settings.HELP_CONTACT
    return {
        "piiController": settings.ORGANISATION,
        "onBehalf": False,
        "contact": contact or settings.ORGANISATION,
        "email": contact if "@" in contact else "",
        "phone": "",
        "address": {},
        "piiControllerUrl": settings.PUBLIC_URL,
    }


def _purpose(entry: ConsentEvent) -> dict[str, Any]:
    purpose = entry.purpose
    explicit = entry.act in (Act.GIVEN, Act.CONFIRMED, Act.RENEWED)
    months = purpose.lapses_after_months
    return {
        "purpose": purpose.name,
        "purposeCategory": [purpose.slug],
        "consentType": "EXPLICIT" if explicit else "N/A",
        "piiCategory": ["phone number"],
        "primaryPurpose": purpose.necessary,
        "termination": f"P{months}M after it was given, or when it is withdrawn" if months else "when it is withdrawn",
        "thirdPartyDisclosure": bool(recipients := _recipients(entry)),
        "thirdPartyName": ", ".join(recipients),
    }


def _recipients(entry: ConsentEvent) -> list[str]:
    found = Disclosure.objects.filter(contact=entry.point.contact_id, purpose=entry.purpose_id)
    return sorted(set(found.values_list("recipient", flat=True)))


def _withdrawal(entry: ConsentEvent) -> list[str]:
    ways = ["reply STOP to any text message"]
    return [*ways, f"ask {settings.HELP_CONTACT}"] if settings.HELP_CONTACT else ways


def _event(entry: ConsentEvent) -> dict[str, Any]:
    return {
        "type": entry.act,
        "at": moment(entry.occurred_at),
        "recorded_at": moment(entry.recorded_at),
        "method": entry.method,
        "by": entry.actor_name,
        "evidence": f"sha256:{entry.evidence_digest}" if entry.evidence_digest else None,
    }


def _state(entry: ConsentEvent) -> dict[str, Any] | None:
    consent = Consent.objects.filter(point=entry.point_id, purpose=entry.purpose_id, channel=entry.channel).first()
    if consent is None:
        return None
    return {"status": f"dpv:{Status(consent.status).dpv}", "since": moment(consent.since)}


def _seal(entry: ConsentEvent) -> dict[str, Any] | None:
    sealed = SealedEntry.objects.select_related("seal").filter(pk=entry.pk).first()
    if sealed is None:
        return None
    return {**facts_of(sealed.seal).said(), "position": sealed.position, "leaf": sealed.leaf}
