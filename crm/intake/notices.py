"""Telling people where we have their number from (GDPR 14): what was sent, and what needs no sending."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from crm.models import Provenance, Source
from crm.rows import Fault, Rejected


def untold(source: Source) -> QuerySet[Provenance]:
    """Return what a third party brought and nobody was told of yet; of any other source nothing (GDPR 13)."""
    if not source.is_third_party:
        return Provenance.objects.none()
    return source.provenances.filter(notice_sent_at=None, notice_exempt="", point__erased_at=None)


def record_notices(source: Source, *, sent_at: datetime) -> int:
    """State that everyone whom `source` had brought by `sent_at` (aware) was told then; return how many they were."""
    return untold(source).filter(obtained_at__lte=sent_at).update(notice_sent_at=sent_at)


def exempt_from_notice(provenance: Provenance, *, reason: str) -> None:
    """Record the decision that no notice is owed for one provenance, and why (GDPR 14(5)). Raises Rejected."""
    with transaction.atomic():
        owed = untold(provenance.source).filter(pk=provenance.pk)
        if not owed.update(notice_exempt=reason):
            raise Rejected(Fault("notice", "no_notice_owed"))
