"""Blame: of each value that an object has, since when it stands there, who brought it, and from where."""

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from crm import bulk
from crm.changes.differences import EMPTY, fields_of

_ORIGIN = (
    "history_date",
    "history_actor",
    "history_user",
    "history_source",
    "history_batch",
    "history_channel",
    "history_change_reason",
)


@dataclass(frozen=True, slots=True)
class Blame:
    """A value as it is stored, and the change that brought it: when (aware), by whom, from which source and batch.

    The ids are those of the account, the source and the batch; None where there is none.
    """

    field: "models.Field[Any, Any]"
    value: Any = dataclasses.field(repr=False)
    since: datetime
    actor: str
    user_id: int | None
    source_id: int | None
    batch_id: int | None
    channel: str
    reason: str = dataclasses.field(repr=False)


def blame(
    model: type[models.Model], ids: Collection[int], *, leave_out: Collection[str] = (), until: datetime | None = None
) -> dict[int, list[Blame]]:
    """Return, for each of these objects (by id), the blame of its fields in their order: one query.

    What never had a value is left out, and so are the fields of these names. until: as it was at this time (aware).
    """
    fields = [each for each in fields_of(model) if each.name not in leave_out]
    history: Any = model.history  # type: ignore[attr-defined]
    rows = bulk.among(history, "id", ids).order_by("id", "history_date", "history_id")
    if until is not None:
        rows = rows.filter(history_date__lte=until)
    found: dict[int, dict[str, Blame]] = {}
    for pk, *rest in rows.values_list("id", *(each.attname for each in fields), *_ORIGIN):
        values, origin = rest[: len(fields)], rest[len(fields) :]
        known = found.setdefault(pk, {})
        for each, value in zip(fields, values, strict=True):
            before = known.get(each.name)
            if before.value == value if before else value in EMPTY:
                continue
            known[each.name] = Blame(each, value, *origin)
    return {pk: [known[each.name] for each in fields if each.name in known] for pk, known in found.items()}
