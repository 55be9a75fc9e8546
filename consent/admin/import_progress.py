"""How far a worker is with a batch: for its page, and for the script that asks while it is open."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from crm.imports.undo import KEPT, REVERSED
from crm.models import ImportBatch

Stage = ImportBatch.Stage
# While a worker is at it.
UNDER_WAY = (Stage.PREVIEWING, Stage.CONFIRMED, Stage.UNDOING)


def of(batch: ImportBatch) -> dict[str, Any]:
    """Return the stage of a batch, how many of its rows are done, and the same in words."""
    return {"stage": batch.stage, "done": batch.rows_done, "total": batch.rows_total, "words": words(batch)}


def words(batch: ImportBatch) -> str:
    """Return how far a worker is with a batch, in words."""
    if batch.stage == Stage.UNDOING:
        return ", ".join(_told(batch, "reversed", REVERSED)) or gettext("Nothing has been taken back yet.")
    rows = {"done": f"{batch.rows_done:,}", "total": f"{batch.rows_total:,}"}
    if batch.stage == Stage.PREVIEWING:
        return gettext("%(done)s of %(total)s rows looked at.") % rows
    return gettext("%(done)s of %(total)s rows stored.") % rows


def _told(batch: ImportBatch, does: str, names: Mapping[str, Any]) -> list[str]:
    """Return what an undo reversed or kept, in words."""
    counts = batch.undone.get(does, {})
    prefix = gettext("Kept: ") if does == "kept" else ""
    return [f"{prefix}{counts[name]} {word}" for name, word in names.items() if name in counts]


def undone(batch: ImportBatch) -> list[str]:
    """Return what an undo has reversed so far, and what it kept and why, in words."""
    return [*_told(batch, "reversed", REVERSED), *_told(batch, "kept", KEPT)]
