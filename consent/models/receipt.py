"""The receipts of erasures."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models.purge_run import PurgeRun
from consent.models.retention import ACTIONS, RetentionPolicy
from crm.models import ContactPoint, Privacy


class Receipt(models.Model):
    """Proof of one erasure: ids, dates, the policy and counts; nothing of the person. One per contact point.

    A contact that had no number left when somebody asked for its erasure has one without a point.
    """

    privacy = Privacy(
        reference=frozenset(
            {"id", "run", "point", "contact_ref", "policy", "trigger", "action", "due_at", "erased_at"}
            | {"actor_name", "actor_user", "counts", "line_erased", "profile_erased", "reason"}
        ),
    )

    run = models.ForeignKey(
        PurgeRun,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="receipts",
        verbose_name=_("purge run"),
    )
    point = models.OneToOneField(
        ContactPoint,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="receipt",
        verbose_name=_("contact point"),
        help_text=_("Empty for a contact that had no number left."),
    )
    # Not a foreign key: a purged contact's row is gone, its receipt stays.
    contact_ref = models.BigIntegerField(_("contact id"), null=True, blank=True)
    policy = models.ForeignKey(
        RetentionPolicy,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="receipts",
        verbose_name=_("policy"),
    )
    trigger = models.CharField(_("counted from"), max_length=20, blank=True)
    action = models.CharField(_("action"), max_length=10, choices=ACTIONS)
    reason = models.CharField(_("reason"), max_length=60)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased at"))
    line_erased = models.BooleanField(_("number erased"), default=False)
    profile_erased = models.BooleanField(_("profile erased"), default=False)
    counts = models.JSONField(_("counts"), default=dict)
    actor_name = models.CharField(_("acting as"), max_length=60)
    actor_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("account")
    )

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ("-id",)
        indexes = [
            # Read by the timeline of a contact that had no number left.
            models.Index(fields=["contact_ref"], name="receipt_of_a_contact", condition=Q(point__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="receipt_is_of_a_run_or_of_a_person",
                condition=Q(run__isnull=False, policy__isnull=False) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="receipt_is_of_a_point_or_of_a_contact",
                condition=Q(point__isnull=False) | Q(contact_ref__isnull=False, profile_erased=True),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Receipt %(id)s") % {"id": self.pk}
