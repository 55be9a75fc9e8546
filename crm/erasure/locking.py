"""The locks under which a point is erased: its line, itself, and the points that lead to it."""

from collections.abc import Iterable

from django.db import transaction

from crm import bulk
from crm.models import ContactPoint, PhoneNumber


def lock(point_ids: Iterable[int]) -> list[ContactPoint]:
    """Lock the lines of these points, then the points; return those that are not erased, as they now stand.

    Must be called within a transaction. Lines are locked in order of id, as everyone does who locks them, and then
    points in order of id: with them those which they succeeded, for these are written too when a successor goes.
    """
    ids = list(point_ids)
    some = ContactPoint.objects.filter(bulk.one_of("id", ids, text=False), erased_at=None)
    lines = list(some.order_by().values_list("line", flat=True))
    list(PhoneNumber.objects.filter(bulk.one_of("id", lines, text=False)).locked().values_list("pk"))
    succeeded = {
        pk
        for manager in (ContactPoint.objects, ContactPoint.history)
        for pk in manager.filter(bulk.one_of("superseded_by", ids, text=False)).values_list("id", flat=True)
    }
    wanted = set(ids)
    some = ContactPoint.objects.filter(bulk.one_of("id", list(wanted | succeeded), text=False), erased_at=None)
    return [point for point in some.select_for_update().order_by("pk") if point.pk in wanted]


def require_transaction(what: str) -> None:
    """Raise TransactionManagementError outside a transaction: its locks would not be held."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(f"{what} within the transaction that took the locks")
