"""What a receipt says of one erasure, and many receipts written at once."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from consent.models import PurgeRun, Receipt
from consent.rules.retention import Action, Due
from crm import bulk
from crm.models import Origin


@dataclass(frozen=True, slots=True)
class Gone:
    """One point that was erased, or (without a point) one contact that had none; ids and counts by table alone."""

    point_id: int | None
    contact_id: int
    action: Action
    line_erased: bool
    profile_erased: bool
    counts: Mapping[str, int]
    origin: Origin

    def columns(self) -> dict[str, Any]:
        """Return what a receipt says of it whoever asked, by the columns of the table."""
        return {
            "point_id": self.point_id,
            "contact_ref": self.contact_id,
            "action": self.action.value,
            "erased_at": self.origin.at,
            "line_erased": self.line_erased,
            "profile_erased": self.profile_erased,
            "counts": self.counts,
            "actor_name": self.origin.actor.name,
            "actor_user_id": self.origin.actor.user_id,
        }


def write(gone: Iterable[tuple[Gone, Due]], purge_run: PurgeRun) -> None:
    """Write the receipts of a run: of what is gone, each with why it had to."""
    rows = [
        each.columns()
        | {
            "run_id": purge_run.pk,
            "policy_id": due.policy.id,
            "trigger": due.policy.trigger.value,
            "reason": due.policy.trigger.value,
            "due_at": due.due_at,
            "counts": _as_json(tuple(each.counts.items())),
        }
        for each, due in gone
    ]
    if rows:
        bulk.insert(Receipt, list(rows[0]), (tuple(row.values()) for row in rows))


@lru_cache(maxsize=1024)
def _as_json(counts: tuple[tuple[str, int], ...]) -> str:
    """Return counts as the text that either database takes; those of many points are the same."""
    return json.dumps(dict(counts))
