"""Access records: the only insert of one. What is handed over is written down before, or it is not handed over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from consent.models import AccessRecord
from consent.rules.times import require_aware
from crm import phones
from crm.models import Actor


class NoReason(ValueError):
    """Nobody takes people's data out without saying why."""


class NumberInReason(ValueError):
    """The reason holds a phone number; access records stay for good, and no erasure reaches them."""


def check_reason(reason: str) -> str:
    """Return a reason as it is kept. Raises NoReason, NumberInReason."""
    if not (reason := reason.strip()):
        raise NoReason
    if phones.mentions_number(reason):
        raise NumberInReason
    return reason


def record(
    *,
    kind: AccessRecord.Kind,
    actor: Actor,
    at: datetime,
    reason: str,
    masked: bool,
    contacts: int,
    points: int,
    format: str = "",
    scope: Mapping[str, Any],
    left_out: Mapping[str, int],
) -> AccessRecord:
    """Write down an access that `actor` is granted at `at` (aware), and return the record once it is committed.

    scope, left_out: see AccessRecord. Raises NoReason, NumberInReason, NaiveTimestamp; RuntimeError within another
    transaction, which could take the record back after the data is gone.
    """
    at, reason = require_aware(at, name="at"), check_reason(reason)
    with transaction.atomic(durable=True):
        return AccessRecord.objects.create(
            kind=kind,
            at=at,
            actor_name=actor.name,
            actor_user_id=actor.user_id,
            reason=reason,
            format=format,
            masked=masked,
            contacts=contacts,
            points=points,
            scope=dict(scope),
            left_out=dict(left_out),
        )
