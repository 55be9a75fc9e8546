"""What a consent certificate says of one entry: facts, and the codes that whoever prints it puts into words."""

from dataclasses import dataclass
from datetime import datetime

from consent.models import Consent, ConsentEvent, Evidence, SealedEntry
from consent.rules.seals import SealFacts
from consent.rules.times import require_aware
from consent.sealing import facts_of
from crm import phones


@dataclass(frozen=True, slots=True)
class Certificate:
    """One entry, with who, in which words, when, how, and by which seal it stands; times are aware.

    name: of the contact, as far as it is held; erased_at: since when it is not. number: masked, "" where none is held.
    evidence: "held", "erased" or "none". status: of the consent at `made_at`, "" where there is none; since: when that
    began. position: of the entry under its seal. Its repr shows no name.
    """

    entry: ConsentEvent
    name: str
    erased_at: datetime | None
    number: str
    evidence: str
    status: str
    since: datetime | None
    seal: SealFacts | None
    position: int | None
    made_at: datetime

    def __repr__(self) -> str:
        return f"Certificate(entry={self.entry.pk})"


def certificate_of(*, entry: ConsentEvent, at: datetime) -> Certificate:
    """Return the certificate of an entry as of `at` (aware), now. Raises NaiveTimestamp."""
    at = require_aware(at, name="at")
    point = entry.point
    erased_at = point.contact.erased_at
    consent = Consent.objects.filter(point=point, purpose=entry.purpose_id, channel=entry.channel).first()
    sealed = SealedEntry.objects.select_related("seal").filter(pk=entry.pk).first()
    return Certificate(
        entry=entry,
        name="" if erased_at else str(point.contact),
        erased_at=erased_at or point.erased_at,
        number=phones.mask(str(point.line.number)) if point.line and point.line.number else "",
        evidence=_evidence(entry),
        status=consent.status if consent else "",
        since=consent.since if consent else None,
        seal=facts_of(sealed.seal) if sealed else None,
        position=sealed.position if sealed else None,
        made_at=at,
    )


def _evidence(entry: ConsentEvent) -> str:
    if Evidence.objects.filter(entry=entry).exists():
        return "held"
    return "erased" if entry.evidence_digest else "none"
