"""Keeping watch over the nightly work: what is wrong is written down once, and told until it is right again.

A number that should be gone and is not is a broken promise that nobody sees. So somebody looks who is not the
nightly job: hourly, by what stands in the database, and whoever answers for compliance hears of it by e-mail.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext

from consent import access, retention
from consent.models import Alert, ConsentEvent, LedgerCheck, PurgeRun, RetentionPolicy, SealedEntry
from consent.rules.times import require_aware

log = logging.getLogger(__name__)

OFFICERS = "Compliance officer"
# Who has been told is told again after this long, while it lasts.
AGAIN = timedelta(hours=24)
# To say how many are overdue, so many are counted and no more.
COUNTED = 1000
Kind = Alert.Kind


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong now; `detail` says ids, counts and dates."""

    kind: Alert.Kind
    detail: str


def watch(*, at: datetime) -> list[Alert]:
    """Look at `at` (aware) for what is wrong, open and close alerts, tell of them, and return those that are open.

    Raises NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    found = {problem.kind: problem for problem in (*standing(at=at), *_overdue(at=at))}
    with transaction.atomic():
        for alert in Alert.objects.filter(closed_at=None).exclude(kind__in=found):
            alert.closed_at = max(at, alert.opened_at)
            alert.save(update_fields=["closed_at"])
            log.info("alert %s is over: %s", alert.pk, alert.kind)
        alerts = [_open(problem, at=at) for problem in found.values()]
    _tell([alert for alert in alerts if alert.sent_at is None or alert.sent_at <= at - AGAIN], at=at)
    return alerts


def standing(*, at: datetime) -> list[Problem]:
    """Return what is wrong at `at` (aware), as far as a few cheap looks can tell; what is overdue is not looked for."""
    return [*_runs(at=at), *_seals(at=at), *_reveals(at=at)]


def tell_of_reveals(*, at: datetime) -> None:
    """Open an alert where somebody has looked at many full numbers by `at` (aware), and tell of it at once, once."""
    for problem in _reveals(at=require_aware(at, name="at")):
        alert = _open(problem, at=at)
        if alert.sent_at is None:
            _tell([alert], at=at)


def kinds_of_trouble(*, at: datetime) -> list[str]:
    """Return the kinds (see Alert.Kind) of what is wrong at `at` (aware), and of the alerts that are open, in order."""
    found = {problem.kind.value for problem in standing(at=at)}
    return sorted(found | set(Alert.objects.filter(closed_at=None).values_list("kind", flat=True)))


def _runs(*, at: datetime) -> Iterator[Problem]:
    last = PurgeRun.objects.exclude(state__in=[PurgeRun.State.REPLACED, PurgeRun.State.RUNNING]).first()
    if last and last.state == PurgeRun.State.FAILED:
        yield Problem(Kind.RUN_FAILED, f"run {last.pk}: {last.error}")
    if last and last.state == PurgeRun.State.WAITING:
        yield Problem(Kind.RUN_WAITING, f"run {last.pk}: {last.due} contact points due, {last.brake}")
    latest = at - timedelta(hours=settings.OVERDUE_HOURS)
    policies = RetentionPolicy.objects.filter(active=True, created_at__lte=latest)
    if policies.exists() and not PurgeRun.objects.filter(started_at__gt=latest).exists():
        yield Problem(Kind.NOT_RUN, f"no run since {latest:%Y-%m-%d %H:%M} UTC")


def _seals(*, at: datetime) -> Iterator[Problem]:
    latest = at - timedelta(hours=settings.OVERDUE_HOURS)
    entry = ConsentEvent.objects.filter(recorded_at__lte=latest).order_by("-id").first()
    if entry and not SealedEntry.objects.filter(pk=entry.pk).exists():
        yield Problem(Kind.SEAL, f"entry {entry.pk} is not sealed")
    # The last one that came to an end: a later check that finds nothing closes the alert.
    check = LedgerCheck.objects.filter(state__in=[LedgerCheck.State.WHOLE, LedgerCheck.State.FAULTY]).first()
    if check and check.state == LedgerCheck.State.FAULTY:
        yield Problem(Kind.SEAL, f"ledger check {check.pk}: {check.faults} faults")


def _reveals(*, at: datetime) -> Iterator[Problem]:
    """Whoever copies people out number by number is not after one of them."""
    looks = access.reveals(since=at - access.LATELY).order_by().values("actor_user").annotate(many=Count("pk"))
    many = looks.filter(many__gte=settings.REVEALS_ALERT).order_by("actor_user").values_list("actor_user", "many")
    if said := ", ".join(f"account {user_id}: {count}" for user_id, count in many):
        yield Problem(Kind.REVEALS, f"within an hour, {said}"[:200])


def _overdue(*, at: datetime) -> Iterator[Problem]:
    """Whatever was due so long ago, and stands as due still, should be gone."""
    late = list(islice(retention.due(as_of=at - timedelta(hours=settings.OVERDUE_HOURS)), COUNTED))
    if late:
        oldest = min(late, key=lambda found: found.due.due_at)
        many = f"{len(late)}" if len(late) < COUNTED else f"{COUNTED} or more"
        since = f"{oldest.due.due_at:%Y-%m-%d %H:%M} UTC"
        yield Problem(Kind.OVERDUE, f"{many} contact points; the oldest, {oldest.point_id}, since {since}")


def _open(problem: Problem, *, at: datetime) -> Alert:
    alert, created = Alert.objects.get_or_create(
        kind=problem.kind, closed_at=None, defaults={"detail": problem.detail, "opened_at": at}
    )
    if not created and alert.detail != problem.detail:
        alert.detail = problem.detail
        alert.save(update_fields=["detail"])
    return alert


def _tell(alerts: Sequence[Alert], *, at: datetime) -> None:
    """Say it in the log, and by e-mail to the officers who have an address. Ids only: mail is kept everywhere."""
    if not alerts:
        return
    for alert in alerts:
        log.error("alert %s: %s: %s", alert.pk, alert.kind, alert.detail)
    lines = [f"{alert.get_kind_display()}: {alert.detail}" for alert in alerts]
    to = list(
        User.objects.filter(groups__name=OFFICERS, is_active=True)
        .exclude(email="")
        .order_by("pk")
        .values_list("email", flat=True)
    )
    try:
        if to:
            send_mail(
                gettext("Ringfence needs you"),
                "\n".join([*lines, "", settings.PUBLIC_URL + "/admin/consent/alert/"]),
                None,
                to,
            )
    except OSError as error:
        # Not told: the next watch tries again.
        log.error("alerts could not be sent: %s", type(error).__name__)
        return
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(sent_at=at)
