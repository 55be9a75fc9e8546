"""The brake: a run that would erase very much, or that a jumping clock began, waits until a second person agrees."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from consent.models import PurgeRun, RetentionPolicy
from consent.retention.candidates import candidates
from consent.retention.selection import due, policies
from consent.rules.braking import clock_has_jumped, is_too_much
from consent.rules.times import require_aware
from crm.models import ContactPoint, Lease

PERMISSION = "consent.approve_purge"
# So many points are counted before the lease is renewed.
COUNTED = 10_000


class NotApproved(ValueError):
    """The run was not approved."""


class NotWaiting(NotApproved):
    """The run does not wait, or was approved before."""


class NoRight(NotApproved):
    """The account may not approve runs."""


class NotTheSecond(NotApproved):
    """The account began the run: approval takes two."""


class ChangedPolicies(NotApproved):
    """The account has changed a retention policy that no run has been through since."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run is about to do to the `held` points: what is due by policy (id); None where too few to be counted."""

    by_policy: Mapping[int, int] | None
    held: int
    brake: str

    @property
    def due(self) -> int | None:
        """How many points are due, where they were counted."""
        return None if self.by_policy is None else sum(self.by_policy.values())

    def grown_too_much(self, *, since: int | None) -> bool:
        """Whether so much more is due than `since` that it would have needed to be asked about by itself."""
        return _is_too_much((self.due or 0) - (since or 0), self.held)


def load(*, as_of: datetime, lease: Lease, exactly: bool = False) -> Load:
    """Return what a run as of `as_of` (aware) has before it, and whether the brake holds it: "", "share" or "clock".

    exactly: count what is due in any case. The lease is renewed meanwhile. Raises LeaseLost.
    """
    held = ContactPoint.objects.filter(erased_at=None).count()
    last = PurgeRun.objects.exclude(state__in=[PurgeRun.State.WAITING, PurgeRun.State.REPLACED]).first()
    jumped = clock_has_jumped(
        now=timezone.now(), last=last.started_at if last else None, hours=settings.CLOCK_JUMP_HOURS
    )
    # A count by the database is cheap, and never less than what is due.
    may_be_due = candidates(policies(), as_of=as_of).count()
    if not exactly and not jumped and not _is_too_much(may_be_due, held):
        return Load(None, held, "")
    found: Counter[int] = Counter()
    for number, point in enumerate(due(as_of=as_of), 1):
        found[point.due.policy.id] += 1
        if number % COUNTED == 0:
            lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
    if jumped:
        return Load(found, held, PurgeRun.Brake.CLOCK)
    return Load(found, held, PurgeRun.Brake.SHARE if _is_too_much(found.total(), held) else "")


def _is_too_much(number: int, held: int) -> bool:
    return is_too_much(due=number, held=held, percent=settings.PURGE_BRAKE_PERCENT, points=settings.PURGE_BRAKE_POINTS)


def approve(run: PurgeRun, *, user: User, at: datetime) -> None:
    """Let a run that waits go ahead, on the word of `user` at `at` (aware); a worker takes it up from there.

    Raises NotWaiting, NoRight, NotTheSecond, ChangedPolicies, NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    with transaction.atomic():
        waiting = PurgeRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if refusal := why_not(waiting, user=user):
            raise refusal
        waiting.approved_by, waiting.approved_at = user, at
        waiting.save(update_fields=["approved_by", "approved_at"])
    run.refresh_from_db()


def why_not(run: PurgeRun, *, user: User) -> NotApproved | None:
    """Return why `user` is not the one to approve `run`, or None."""
    if run.state != PurgeRun.State.WAITING or run.approved_by_id:
        return NotWaiting(f"purge run {run.pk} does not wait for approval")
    if not user.has_perm(PERMISSION):
        return NoRight(f"account {user.pk} may not approve a purge")
    if run.actor_user_id == user.pk:
        return NotTheSecond(f"account {user.pk} began purge run {run.pk}")
    if _has_changed_policies(user):
        return ChangedPolicies(f"account {user.pk} has changed a retention policy since the last run")
    return None


def _has_changed_policies(user: User) -> bool:
    """Whether a change of the account's has not yet been through a run from beginning to end."""
    changes = RetentionPolicy.history.filter(history_user=user)
    done = PurgeRun.objects.filter(state=PurgeRun.State.DONE).first()
    return bool(changes.filter(history_date__gt=done.started_at).exists() if done else changes.exists())
