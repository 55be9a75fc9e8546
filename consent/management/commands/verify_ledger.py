"""`verify_ledger`: is the ledger whole, does every consent follow from it, do its database rules stand?"""

from dataclasses import asdict
from typing import Any

from django.db.models import Count, Q

from consent import journal, ledger, sealing
from consent.models import Consent, ConsentEvent, Evidence, Seal
from consent.models.triggers import TRIGGERS
from crm import triggers
from crm.management.base import Answer, JsonCommand


class Command(JsonCommand):
    """Exit code 1 when anything is amiss."""

    help = (
        "Verify the ledger: its seals, counts, evidence, the consents that follow from it, its triggers, and the "
        "journal of erasures. Each fault names its entry, seal or record. Exit code 1: there is one."
    )

    def answer(self, **options: Any) -> Answer:
        """Return the counts and every fault that was found."""
        by_act = dict(ConsentEvent.objects.order_by("act").values_list("act").annotate(Count("id")))
        differences = [asdict(difference) for difference in ledger.differences()]
        broken = ledger.broken_evidence()
        missing = triggers.missing(TRIGGERS)
        faults = [asdict(fault) for fault in sealing.verify()]
        journal_faults = [asdict(fault) for fault in journal.verify()]
        waiting = sealing.waiting()
        data = {
            "entries": sum(by_act.values()),
            "by_act": by_act,
            "consents": Consent.objects.count(),
            "evidence": Evidence.objects.count(),
            "evidence_erased": ConsentEvent.objects.filter(~Q(evidence_digest=""), evidence=None).count(),
            "seals": Seal.objects.count(),
            "not_sealed": waiting.entries,
            "oldest_not_sealed": waiting.oldest,
            "differences": differences,
            "evidence_not_matching": broken,
            "triggers_missing": missing,
            "faults": faults,
            "journal_faults": journal_faults,
        }
        return Answer(data, fault=bool(differences or broken or missing or faults or journal_faults))

    def render(self, data: dict[str, Any]) -> None:
        """Print the counts, and each fault of the seals as a line: what, of which seal, which entry."""
        faults = data.pop("faults")
        super().render(data)
        for fault in faults:
            self.stdout.write(" ".join(str(part) for part in _parts(fault)))
        self.stdout.write(f"faults: {len(faults)}")


def _parts(fault: dict[str, Any]) -> list[str]:
    named = [f"{name} {fault[name]}" for name in ("seal", "entry", "notice") if fault[name] is not None]
    return [fault["kind"], *named, *([f"({fault['detail']})"] if fault["detail"] else [])]
