"""`verify_ledger`: is the ledger whole, does every consent follow from it, do its database rules stand?"""

from dataclasses import asdict
from typing import Any

from django.db.models import Count, Q

from consent import ledger
from consent.models import Consent, ConsentEvent, Evidence
from consent.models.triggers import TRIGGERS
from crm import triggers
from crm.management.base import Answer, JsonCommand


class Command(JsonCommand):
    """Exit code 1 when anything is amiss."""

    help = "Verify the ledger: counts, evidence, the consents that follow from it, and its triggers."

    def answer(self, **options: Any) -> Answer:
        """Return the counts and every fault that was found."""
        by_act = dict(ConsentEvent.objects.order_by("act").values_list("act").annotate(Count("id")))
        differences = [asdict(difference) for difference in ledger.differences()]
        broken = ledger.broken_evidence()
        missing = triggers.missing(TRIGGERS)
        data = {
            "entries": sum(by_act.values()),
            "by_act": by_act,
            "consents": Consent.objects.count(),
            "evidence": Evidence.objects.count(),
            "evidence_erased": ConsentEvent.objects.filter(~Q(evidence_digest=""), evidence=None).count(),
            "differences": differences,
            "evidence_not_matching": broken,
            "triggers_missing": missing,
        }
        return Answer(data, fault=bool(differences or broken or missing))
