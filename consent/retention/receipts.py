"""What a receipt says of one erasure, and many receipts written at once."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from consent.models import PurgeRun, Receipt
from consent.rules.retention import Action, Due
from crm import bulk
from crm.erasure import Erased
from crm.models import Origin


class Gone(NamedTuple):
    """One point that was erased, with the rows of each table that went; ids and counts alone."""

    erased: Erased
    counts: Mapping[str, int]
    action: Action
    origin: Origin

    def receipt(self, **more: Any) -> Receipt:
        """Return its receipt, not yet saved."""
        return Receipt(**dict(zip(_COLUMNS, self.row(self.counts), strict=True)), **more)

    def row(self, counts: Any) -> tuple[Any, ...]:
        """Return what a receipt says of it whoever asked, with the counts as they are given."""
        erased, origin = self.erased, self.origin
        return (
            *(erased.point_id, erased.contact_id, self.action.value, origin.at, erased.line_erased),
            *(erased.profile_erased, counts, origin.actor.name, origin.actor.user_id),
        )


_COLUMNS = (
    *("point_id", "contact_ref", "action", "erased_at", "line_erased", "profile_erased", "counts"),
    *("actor_name", "actor_user_id"),
)


def write(gone: Iterable[tuple[Gone, Due]], purge_run: PurgeRun) -> None:
    """Write the receipts of a run: of what is gone, each with why it had to."""
    bulk.insert(
        Receipt,
        (*_COLUMNS, "run_id", "policy_id", "trigger", "reason", "due_at"),
        (
            (
                *each.row(_as_json(tuple(each.counts.items()))),
                *(purge_run.pk, due.policy.id, due.policy.trigger.value, due.policy.trigger.value, due.due_at),
            )
            for each, due in gone
        ),
    )


@lru_cache(maxsize=1024)
def _as_json(counts: tuple[tuple[str, int], ...]) -> str:
    """Return counts as the text that either database takes; those of many points are the same."""
    return json.dumps(dict(counts))
