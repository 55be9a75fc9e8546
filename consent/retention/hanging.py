"""What hangs on an erased number beside the ledger: it goes in the same transaction, or says no more than ids.

Preference links stay as they are: whoever has one can still take consent back (GDPR 7(3)).
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import QuerySet

from consent import suppression
from consent.models import (
    Challenge,
    Disclosure,
    Evidence,
    InboundMessage,
    LegalHold,
    OutgoingMessage,
    SubjectRequest,
    Suppression,
)
from crm import bulk
from crm.erasure import blank_approvals
from crm.merging import kept_as


def let_go(*, points: Collection[int], lines: Collection[int], contacts: Collection[int], at: datetime) -> None:
    """Blank what hangs on points, lines and profiles (ids) that are erased at `at` (aware), and send them no more.

    Must be called within the transaction of the erasure.
    """
    challenges = _ids(bulk.among(Challenge.objects, "point", points))
    messages: set[int] = set()
    waiting = OutgoingMessage.objects.filter(state=OutgoingMessage.State.PENDING)
    if challenges:
        asked = bulk.among(Challenge.objects, "id", challenges)
        asked.filter(closed_at=None).update(closed_at=at, outcome=Challenge.Outcome.ENDED)
        asked.update(**Challenge.privacy.personal)
        messages |= _ids(bulk.among(waiting, "challenge", challenges))
    messages |= _ids(bulk.among(waiting, "line", lines))
    if messages:
        bulk.among(waiting, "id", messages).update(state=OutgoingMessage.State.REFUSED, reason="erased")
    _blank(InboundMessage, bulk.among(InboundMessage.objects, "line", lines))
    lifted = bulk.among(Suppression.objects, "line", lines).filter(lifted_at__isnull=False)
    blank_approvals(Suppression, bulk.among(Suppression.objects, "line", lines).values_list("pk", flat=True))
    # What a person has narrowed down still holds for purposes to come.
    _blank(Suppression, lifted.exclude(lifted_reason=suppression.NARROWED))
    same = kept_as(contacts)
    _blank(SubjectRequest, bulk.among(SubjectRequest.objects, "contact", same))
    _blank(Disclosure, bulk.among(Disclosure.objects, "contact", same))


def delete_evidence(points: Collection[int]) -> dict[int, int]:
    """Delete the evidence of the points' entries, and return how much there was, by point."""
    found = dict(bulk.among(Evidence.objects, "entry__point", points).values_list("pk", "entry__point"))
    if found:
        bulk.among(Evidence.objects, "id", found).delete()
    return Counter(found.values())


def blank_holds(points: Collection[int], contacts: Collection[int]) -> None:
    """Blank what ended holds on these say of why: the reason may tell of the person."""
    ids = _ids(bulk.among(LegalHold.objects, "point", points)) | _ids(
        bulk.among(LegalHold.objects, "contact", contacts)
    )
    if ids:
        bulk.among(LegalHold.objects, "id", ids).update(**LegalHold.privacy.personal)
        history = bulk.among(LegalHold.history, "id", ids)
        history.update(**LegalHold.privacy.personal, history_change_reason="")


def _blank(model: Any, rows: "QuerySet[models.Model]") -> None:
    """Blank what is personal in the rows: most often there are none, and an update of none costs more than a look."""
    ids = _ids(rows)
    if ids:
        bulk.among(model.objects, "id", ids).update(**model.privacy.personal)


def _ids(rows: "QuerySet[models.Model]") -> set[int]:
    return set(rows.values_list("pk", flat=True))
