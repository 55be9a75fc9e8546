"""Alerts: what somebody has to look at, once for as long as it lasts."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models import Privacy


class Alert(models.Model):
    """Something is wrong with the nightly work, since when, and whom we have told when."""

    class Kind(models.TextChoices):
        OVERDUE = "overdue", _("Something due has waited too long")
        RUN_FAILED = "run_failed", _("The last purge run failed")
        RUN_WAITING = "run_waiting", _("A purge run waits for approval")
        NOT_RUN = "not_run", _("The nightly job has not run")
        SEAL = "seal", _("The ledger was not sealed, or does not verify")
        REVEALS = "reveals", _("Somebody looks at many full numbers")
        JOURNAL = "journal", _("The database is older than the journal of erasures")

    privacy = Privacy(
        reference=frozenset({"id", "kind", "opened_at", "sent_at", "closed_at"}),
        exempt={"detail": "ids, counts and dates of our own processing"},
    )

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    sent_at = models.DateTimeField(_("last sent at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="alert_once_while_it_lasts", fields=["kind"], condition=Q(closed_at__isnull=True)
            ),
            models.CheckConstraint(
                name="alert_closes_after_it_opens",
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
