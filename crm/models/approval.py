"""Approvals: sensitive acts that one person asks for, and that are done when another approves."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models.privacy import Privacy

# What nobody has decided on by then is not done: the ground for it may have gone.
LASTS = timedelta(days=7)


class Approval(models.Model):
    """An act that waits for a second person, with what was said on its form: ids, choices and a reason.

    What was said is blanked once it is done, refused or too late: the act keeps its own record of why it was done.
    """

    class Kind(models.TextChoices):
        """The sensitive acts that a second person may have to approve."""

        ERASE = "erase", _("erase")
        EXPORT = "export", _("export")
        LIFT_SUPPRESSION = "lift_suppression", _("lift a suppression")
        RUN_PURGE = "run_purge", _("run the purge now")
        CHANGE_POLICY = "change_policy", _("change a retention policy")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        TAKEN_BACK = "taken_back", _("taken back")
        EXPIRED = "expired", _("expired")

    privacy = Privacy(
        personal={"said": {}},
        reference=frozenset(
            {"id", "kind", "act", "content_type", "object_id", "asked_by", "asked_at", "state", "decided_by"}
            | {"decided_at", "done_at"}
        ),
    )

    kind = models.CharField(_("kind"), max_length=40, choices=Kind)
    # Which page of the admin knows how to do it.
    act = models.CharField(_("act"), max_length=120)
    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+", verbose_name=_("of what"))
    object_id = models.BigIntegerField(_("of which"), null=True, blank=True)
    said = models.JSONField(_("what was said"), default=dict, blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="approval_is_by_a_second_person",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="approval_is_decided_by_somebody",
                condition=(
                    Q(state__in=["waiting", "taken_back", "expired"])
                    & Q(decided_by__isnull=True, decided_at__isnull=True)
                )
                | (
                    Q(state__in=["approved", "done", "refused"]) & Q(decided_by__isnull=False, decided_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="approval_says_when_it_was_done",
                condition=Q(state="done", done_at__isnull=False) | (~Q(state="done") & Q(done_at__isnull=True)),
            ),
            # Read before an act is asked for: nobody has the same thing wait twice.
            models.UniqueConstraint(
                name="approval_waits_once",
                fields=["kind", "content_type", "object_id"],
                condition=Q(state="waiting", object_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Approval %(id)s") % {"id": self.pk}

    def is_open(self, *, now: datetime) -> bool:
        """Whether somebody may still decide on it at `now` (aware)."""
        return self.state == self.State.WAITING and not self.is_late(now=now)

    def is_late(self, *, now: datetime) -> bool:
        """Whether it has waited for so long by `now` (aware) that nothing comes of it any more."""
        return now >= self.asked_at + LASTS
