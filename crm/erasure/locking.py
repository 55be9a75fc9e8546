"""The locks under which a point is erased: its line, itself, and the points that lead to it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce

from crm import bulk
from crm.models import ContactPoint, PhoneNumber


class Point(NamedTuple):
    """What erasure needs of a contact point and its line; times are aware.

    No model's object: of a hundred thousand points, these would take longer to make than the points to erase.
    """

    pk: int
    contact_id: int
    line_id: int | None
    since: datetime
    until: datetime | None
    region: str
    line_type: str


def read(points: "QuerySet[ContactPoint]") -> list[Point]:
    """Return points as erasure takes them, in order of id."""
    found = points.order_by("pk").values_list(
        *("pk", "contact", "line", "since", "until"),
        *(Coalesce(name, Value("")) for name in ("line__region", "line__line_type")),
    )
    return [Point(*row) for row in bulk.rows_of(found)]


def lock(point_ids: Iterable[int]) -> list[Point]:
    """Lock the lines of these points, then the points; return those that are not erased, as they now stand.

    Must be called within a transaction. Lines are locked in order of id, as everyone does who locks them, and then
    points in order of id: with them those which they succeeded, for these are written too when a successor goes.
    """
    ids = list(point_ids)
    lines = bulk.among(ContactPoint.objects, "id", ids).filter(erased_at=None).values_list("line", flat=True)
    list(PhoneNumber.objects.filter(bulk.one_of("id", set(lines), text=False)).locked().values_list("pk"))
    succeeded = {
        pk
        for manager in (ContactPoint.objects, ContactPoint.history)
        for pk in bulk.among(manager, "superseded_by", ids).values_list("id", flat=True)
    }
    wanted = set(ids)
    some = (
        bulk.among(ContactPoint.objects, "id", wanted | succeeded)
        .filter(erased_at=None)
        .select_for_update(of=("self",))
    )
    return [point for point in read(some) if point.pk in wanted]


def require_transaction(what: str) -> None:
    """Raise TransactionManagementError outside a transaction: its locks would not be held."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(f"{what} within the transaction that took the locks")
