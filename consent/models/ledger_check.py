"""Checks of the whole ledger: who asked for one, and what it found."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models import Privacy


class LedgerCheck(models.Model):
    """One verification of the ledger, from its first entry to its last. The row is the queue's truth.

    found: the first of the faults, as kinds, ids and details; `faults` says how many there are.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a worker")
        RUNNING = "running", _("Under way")
        WHOLE = "whole", _("Whole")
        FAULTY = "faulty", _("Faults were found")
        FAILED = "failed", _("Failed")

    privacy = Privacy(
        reference=frozenset({"id", "state", "asked_at", "asked_by", "started_at", "finished_at", "entries", "seals"})
        | {"faults", "found", "error"},
    )

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(_("asked for at"))
    asked_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked for by")
    )
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    entries = models.PositiveBigIntegerField(_("entries"), default=0)
    seals = models.PositiveIntegerField(_("seals"), default=0)
    faults = models.PositiveIntegerField(_("faults"), default=0)
    found = models.JSONField(_("what was found"), default=list, blank=True)
    error = models.CharField(_("error"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("ledger check")
        verbose_name_plural = _("ledger checks")
        ordering = ("-id",)
        constraints = [
            # No other state is known either.
            models.CheckConstraint(
                name="ledger_check_ended_is_dated",
                condition=Q(state__in=["waiting", "running"], finished_at__isnull=True)
                # SQL takes a comparison with null for passed.
                | Q(
                    state__in=["whole", "faulty", "failed"],
                    started_at__isnull=False,
                    finished_at__isnull=False,
                    finished_at__gte=F("started_at"),
                ),
            ),
            models.CheckConstraint(
                name="ledger_check_whole_has_no_fault", condition=~Q(state="whole") | Q(faults=0, error="")
            ),
            models.CheckConstraint(name="ledger_check_faulty_has_one", condition=~Q(state="faulty") | Q(faults__gt=0)),
            # Whoever asks while one waits is answered by that.
            models.UniqueConstraint(
                name="ledger_check_one_waiting", fields=["state"], condition=Q(state__in=["waiting", "running"])
            ),
        ]

    def __str__(self) -> str:
        return gettext("Ledger check %(id)s") % {"id": self.pk}
