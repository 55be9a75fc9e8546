"""Approvals: sensitive acts that one person asks for and another approves. Every decision is taken under a lock.

What is approved is done by the page that knows how, at once; a file is taken by whoever asked for it. Nothing waits
longer than a week.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, models, transaction

from crm.models import Approval, Lease, LeaseTaken
from crm.models.approval import LASTS


class AlreadyAsked(ValueError):
    """The same act on the same object waits already."""


class NotTheSecond(ValueError):
    """Whoever asked for it cannot approve it."""


class NotOpen(ValueError):
    """It was decided, or done, or came too late."""


def needed(kind: str) -> bool:
    """Whether acts of this kind need a second person here."""
    return kind in settings.SECOND_PERSON


def waiting(model: type[models.Model]) -> list[int]:
    """Return the ids of those objects of a model of which an act waits, or is approved and not done."""
    states = [Approval.State.WAITING, Approval.State.APPROVED]
    found = Approval.objects.filter(content_type=ContentType.objects.get_for_model(model), state__in=states)
    return [pk for pk in found.values_list("object_id", flat=True) if pk is not None]


@contextmanager
def alone(approval: Approval, *, at: datetime) -> Iterator[None]:
    """Let nobody else do an approved act meanwhile, from `at` (aware) on. Raises NotOpen: it is being, or was, done."""
    try:
        lease = Lease.objects.take(f"approval {approval.pk}", seconds=settings.PURGE_LEASE_SECONDS, now=at)
    except LeaseTaken:
        raise NotOpen from None
    try:
        if not Approval.objects.filter(pk=approval.pk, state=Approval.State.APPROVED).exists():
            raise NotOpen
        yield
    finally:
        # There is one for each approval: it goes with the work.
        Lease.objects.filter(name=lease.name, holder=lease.holder).delete()


def ask(
    *,
    kind: Approval.Kind,
    act: str,
    model: type[models.Model],
    object_id: int | None,
    said: Mapping[str, Sequence[str]],
    by: User,
    at: datetime,
) -> Approval:
    """Let an act wait for a second person, as asked for at `at` (aware). Raises AlreadyAsked.

    act: the name by which a page of the admin knows it. model, object_id: what it is on; None for no one object. said:
    what stood on its form, by field: never a number.
    """
    of = {"kind": kind, "content_type": ContentType.objects.get_for_model(model), "object_id": object_id}
    expire(at=at)
    kept = {name: list(values) for name, values in said.items()}
    try:
        with transaction.atomic():
            return Approval.objects.create(act=act, said=kept, asked_by=by, asked_at=at, **of)
    except IntegrityError:
        if Approval.objects.filter(state=Approval.State.WAITING, **of).exists():
            raise AlreadyAsked from None
        raise


def approve(approval: Approval, *, by: User, at: datetime) -> Approval:
    """Approve it at `at` (aware) and return it as it stands. Raises NotTheSecond, NotOpen."""
    return _decide(approval, Approval.State.APPROVED, by=by, at=at)


def refuse(approval: Approval, *, by: User, at: datetime) -> Approval:
    """Refuse it at `at` (aware) and return it as it stands; whoever asked for it takes it back so. Raises NotOpen."""
    if by.pk != approval.asked_by_id:
        return _decide(approval, Approval.State.REFUSED, by=by, at=at)
    with transaction.atomic():
        current = _open(approval, at=at)
        current.state, current.said = Approval.State.TAKEN_BACK, {}
        current.save(update_fields=["state", "said"])
    return current


def reopen(approval: Approval) -> None:
    """Let an approved act that could not be done wait again, as if nobody had decided.

    Where it was asked for anew meanwhile, that is what waits, and this one is refused.
    """
    approved = Approval.objects.filter(pk=approval.pk, state=Approval.State.APPROVED)
    try:
        with transaction.atomic():
            approved.update(state=Approval.State.WAITING, decided_by=None, decided_at=None)
    except IntegrityError:
        approved.update(state=Approval.State.REFUSED, said={})


def done(approval: Approval, *, at: datetime) -> None:
    """Write down that an approved act was done at `at` (aware). Raises NotOpen: it was done before."""
    found = Approval.objects.filter(pk=approval.pk, state=Approval.State.APPROVED)
    if not found.update(state=Approval.State.DONE, done_at=at, said={}):
        raise NotOpen


def expire(*, at: datetime) -> int:
    """Close what has waited for a week by `at` (aware), or was approved and not done by then; return how many."""
    late = Approval.objects.filter(asked_at__lte=at - LASTS)
    approved = late.filter(state=Approval.State.APPROVED)
    count = approved.update(state=Approval.State.REFUSED, said={})
    return count + late.filter(state=Approval.State.WAITING).update(state=Approval.State.EXPIRED, said={})


def _decide(approval: Approval, state: Approval.State, *, by: User, at: datetime) -> Approval:
    if by.pk == approval.asked_by_id:
        raise NotTheSecond
    with transaction.atomic():
        current = _open(approval, at=at)
        current.state, current.decided_by, current.decided_at = state, by, at
        if state == Approval.State.REFUSED:
            current.said = {}
        current.save(update_fields=["state", "decided_by", "decided_at", "said"])
    return current


def _open(approval: Approval, *, at: datetime) -> Approval:
    current = Approval.objects.select_for_update().get(pk=approval.pk)
    if not current.is_open(now=at):
        raise NotOpen
    return current
