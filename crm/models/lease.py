"""Leases: a row that lets one worker at a time do a named job, and outlives a worker that died."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from crm.models.privacy import Privacy


class LeaseTaken(RuntimeError):
    """Somebody else holds the lease; `until` (aware) is when it falls free unless it is renewed."""

    def __init__(self, name: str, until: datetime) -> None:
        super().__init__(f"{name} is already being done; its lease runs until {until.isoformat()}")
        self.until = until


class LeaseLost(RuntimeError):
    """The lease ran out and another took it: what was being done must stop."""


# Who holds a lease that was given back: it is free by that, and not by a clock that somebody may yet put back.
NOBODY = uuid.UUID(int=0)

# What ends later was taken under a clock that was wrong, and keeps nobody from the work; a check bounds the setting.
LONGEST = timedelta(hours=1)


class LeaseManager(models.Manager["Lease"]):
    def held(self, *, at: datetime) -> models.QuerySet["Lease"]:
        """Return the leases that somebody holds at `at` (aware)."""
        return self.filter(until__gt=at, until__lte=at + LONGEST).exclude(holder=NOBODY)

    def take_away(self, names: Iterable[str]) -> None:
        """Let the leases fall free, whoever holds them: their holders find them lost."""
        self.filter(name__in=list(names)).update(holder=NOBODY)

    def take(self, name: str, *, seconds: int, now: datetime) -> "Lease":
        """Return the lease `name`, held by the caller for `seconds` from `now`. Raises LeaseTaken."""
        holder, until = uuid.uuid4(), now + timedelta(seconds=seconds)
        with transaction.atomic():
            self.get_or_create(name=name, defaults={"holder": NOBODY, "until": now})
            lease = self.select_for_update().get(name=name)
            if lease.holder != NOBODY and now < lease.until <= now + LONGEST:
                raise LeaseTaken(name, lease.until)
            lease.holder, lease.until = holder, until
            lease.save(update_fields=["holder", "until"])
        return lease


class Lease(models.Model):
    """The right to do a job, by name. The row stays when it is given back."""

    privacy = Privacy(reference=frozenset({"name", "holder", "until"}))

    name = models.CharField(_("job"), max_length=60, primary_key=True)
    holder = models.UUIDField(_("holder"))
    until = models.DateTimeField(_("until"))

    objects = LeaseManager()

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return self.name

    def renew(self, *, seconds: int, now: datetime) -> None:
        """Hold on for `seconds` more from `now`. Within a transaction this also locks the lease. Raises LeaseLost.

        One that ran out is still ours while nobody took it: a slow chunk is no reason to give up.
        """
        until = now + timedelta(seconds=seconds)
        if not Lease.objects.filter(name=self.name, holder=self.holder).update(until=until):
            raise LeaseLost(f"the lease on {self.name} ran out, and another took it")
        self.until = until

    def give_back(self, *, now: datetime) -> None:
        """Let the next one take it at once; nothing happens when it was lost meanwhile."""
        Lease.objects.filter(name=self.name, holder=self.holder).update(holder=NOBODY, until=now)
