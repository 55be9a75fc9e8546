"""The locks under which a point is erased: its line, itself, and the points that lead to it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

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
    rows = _rows(points)
    lines = bulk.among(PhoneNumber.objects, "id", {row[2] for row in rows if row[2]})
    return _with_lines(rows, lines.values_list(*_OF_LINES))


def lock(point_ids: Iterable[int]) -> list[Point]:
    """Lock the lines of these points, then the points; return those that are not erased, as they now stand.

    Must be called within a transaction. Lines are locked in order of id, as everyone does who locks them, and then
    points in order of id: with them those which they succeeded, for these are written too when a successor goes.
    """
    wanted = set(point_ids)
    ids = bulk.among(ContactPoint.objects, "id", wanted).filter(erased_at=None).values_list("line", flat=True)
    lines = PhoneNumber.objects.filter(bulk.one_of("id", set(ids), text=False)).locked()
    of_lines = list(lines.values_list(*_OF_LINES))
    succeeded = {
        pk
        for manager in (ContactPoint.objects, ContactPoint.history)
        for pk in bulk.among(manager, "superseded_by", wanted).values_list("id", flat=True)
    }
    living = bulk.among(ContactPoint.objects, "id", wanted | succeeded).filter(erased_at=None)
    rows = [row for row in _rows(living.select_for_update()) if row[0] in wanted]
    return _with_lines(rows, of_lines)


_OF_LINES = ("pk", "region", "line_type")


def _rows(points: "QuerySet[ContactPoint]") -> list[tuple[Any, ...]]:
    return bulk.rows_of(points.order_by("pk").values_list("pk", "contact", "line", "since", "until"))


def _with_lines(rows: Iterable[tuple[Any, ...]], of_lines: Iterable[tuple[int, str, str]]) -> list[Point]:
    lines = {pk: said for pk, *said in of_lines}
    return [Point(*row, *lines.get(row[2], _NOTHING)) for row in rows]


_NOTHING = ("", "")


def require_transaction(what: str) -> None:
    """Raise TransactionManagementError outside a transaction: its locks would not be held."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(f"{what} within the transaction that took the locks")
