"""The runs of the nightly job, and the shares that its workers take."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models.seal import Seal
from crm.models import Privacy


class PurgeRun(models.Model):
    """One run of the nightly job: as of when, how it ended, what it did by policy."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        WAITING = "waiting", _("Waiting for approval")
        REPLACED = "replaced", _("Replaced by a later run")

    class Brake(models.TextChoices):
        """Why a run waits for a second person."""

        SHARE = "share", _("It would erase more than the share that may go unasked")
        CLOCK = "clock", _("The clock has jumped since the last run")

    privacy = Privacy(
        reference=frozenset(
            {
                "id",
                "as_of",
                "state",
                "actor_name",
                "started_at",
                "finished_at",
                "counts",
                "oldest_due_at",
                "error",
                "brake",
                "due",
                "held",
                "actor_user",
                "approved_by",
                "approved_at",
                "seal",
            }
        ),
    )

    as_of = models.DateTimeField(_("as of"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    actor_name = models.CharField(_("acting as"), max_length=60)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    oldest_due_at = models.DateTimeField(_("oldest due"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    actor_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("account")
    )
    brake = models.CharField(_("why it waited"), max_length=10, choices=Brake, blank=True)
    due = models.PositiveIntegerField(_("contact points due"), null=True, blank=True)
    held = models.PositiveIntegerField(_("contact points held"), null=True, blank=True)
    approved_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    seal = models.ForeignKey(
        Seal, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("seal")
    )

    class Meta:
        verbose_name = _("purge run")
        verbose_name_plural = _("purge runs")
        ordering = ("-id",)
        permissions = [
            ("run_purge", _("Can run the purge")),
            ("approve_purge", _("Can approve a purge that waits")),
            ("erase_contact", _("Can erase a contact")),
        ]
        constraints = [
            models.CheckConstraint(
                name="run_state_is_known", condition=Q(state__in=["running", "done", "failed", "waiting", "replaced"])
            ),
            models.CheckConstraint(
                name="run_ended_is_dated",
                condition=Q(state__in=["running", "waiting"]) | Q(finished_at__isnull=False),
            ),
            models.CheckConstraint(name="run_waits_for_a_reason", condition=~Q(state="waiting") | ~Q(brake="")),
            models.CheckConstraint(name="run_brake_is_known", condition=Q(brake__in=["", "share", "clock"])),
            # Whoever began it is not the second person.
            models.CheckConstraint(
                name="run_is_approved_by_another",
                condition=Q(approved_by__isnull=True) | Q(actor_user__isnull=True) | ~Q(approved_by=F("actor_user")),
            ),
            models.CheckConstraint(
                name="run_approval_is_dated_and_signed",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Purge run %(id)s") % {"id": self.pk}

    @property
    def foreseen(self) -> dict[int, int]:
        """How many contact points a run that waits would erase, by policy (id)."""
        found = (key.partition("due by policy ") for key in self.counts)
        return {int(policy_id): self.counts[words + policy_id] for _before, words, policy_id in found if words}

    @property
    def duration(self) -> timedelta | None:
        """How long it worked, or None while it does and where it never began."""
        over = self.finished_at is not None and self.state != self.State.REPLACED
        return self.finished_at - self.started_at if over and self.finished_at else None

    @property
    def overdue(self) -> timedelta | None:
        """How long the oldest of what it erased had been due by its time, or None where it erased nothing."""
        return self.as_of - self.oldest_due_at if self.oldest_due_at else None


class PurgeShare(models.Model):
    """A part of a run that one worker does: the contacts whose id, divided by the run's shares, leaves `number`."""

    privacy = Privacy(
        reference=frozenset({"id", "run", "number", "of", "counts", "oldest_due_at", "started_at", "finished_at"}),
    )

    run = models.ForeignKey(PurgeRun, on_delete=models.PROTECT, related_name="shares", verbose_name=_("purge run"))
    number = models.PositiveSmallIntegerField(_("number"))
    of = models.PositiveSmallIntegerField(_("of"))
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    oldest_due_at = models.DateTimeField(_("oldest due"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("share of a purge run")
        verbose_name_plural = _("shares of a purge run")
        ordering = ("run", "number")
        constraints = [
            models.UniqueConstraint(name="purge_share_once", fields=["run", "number"]),
            models.CheckConstraint(name="purge_share_is_one_of_its_run", condition=Q(number__lt=F("of"))),
        ]

    def __str__(self) -> str:
        return gettext("Share %(number)s of purge run %(run)s") % {"number": self.number, "run": self.run_id}
