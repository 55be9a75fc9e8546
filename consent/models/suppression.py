"""Suppressions: lines that must not be contacted, or must not be held."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models.ledger import ConsentEvent
from consent.models.purpose import CHANNELS, Purpose
from crm.models import PhoneNumber, Privacy


class Suppression(models.Model):
    """A no that outlives the data: it stands on the line's row, which survives erasure as a keyed fingerprint."""

    class Extent(models.TextChoices):
        CONTACT = "contact", _("must not be contacted")
        HOLD = "hold", _("must not be held")

    class Authority(models.TextChoices):
        """On whose word a suppression was lifted."""

        PERSON = "person", _("The person's own word")
        OFFICIAL = "official", _("A court's or an authority's order")
        MISTAKE = "mistake", _("Ours: it was recorded by mistake")
        READ = "read", _("Ours: an unclear message was read, and is no opt-out")
        # Of before it was asked for.
        NOT_SAID = "not_said", _("Not recorded")

    privacy = Privacy(
        personal={"lifted_reason": "erased"},
        reference=frozenset(
            {"id", "line", "extent", "purpose", "channel", "reason", "since", "recorded_at", "actor_name"}
            | {"actor_user", "lifted_at", "lifted_by", "lifted_authority"}
        ),
    )

    line = models.ForeignKey(PhoneNumber, on_delete=models.PROTECT, related_name="suppressions", verbose_name=_("line"))
    extent = models.CharField(_("extent"), max_length=10, choices=Extent)
    purpose = models.ForeignKey(
        Purpose,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("purpose"),
        help_text=_("Empty means all."),
    )
    channel = models.CharField(
        _("channel"), max_length=10, choices=CHANNELS, blank=True, help_text=_("Empty means all.")
    )
    reason = models.CharField(_("reason"), max_length=60)
    since = models.DateTimeField(_("since"))
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    actor_name = models.CharField(_("acting as"), max_length=60)
    actor_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("account")
    )
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)
    # The person's own new grant, by which a number that might not be held has come back.
    lifted_by = models.ForeignKey(
        ConsentEvent,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("lifted by the entry"),
    )
    lifted_reason = models.TextField(_("lifted because"), blank=True)
    lifted_authority = models.CharField(
        _("lifted on the authority of"), max_length=10, choices=Authority, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="suppression_extent_is_known", condition=Q(extent__in=["contact", "hold"])),
            models.CheckConstraint(
                name="suppression_hold_is_of_everything",
                condition=~Q(extent="hold") | Q(purpose__isnull=True, channel=""),
            ),
            models.CheckConstraint(
                name="suppression_is_lifted_with_a_reason",
                condition=Q(lifted_at__isnull=True) | ~Q(lifted_reason=""),
            ),
            models.CheckConstraint(
                name="suppression_is_lifted_on_an_authority",
                condition=Q(lifted_at__isnull=True, lifted_authority="")
                | Q(
                    lifted_at__isnull=False,
                    lifted_authority__in=["person", "official", "mistake", "read", "not_said"],
                ),
            ),
            models.CheckConstraint(
                name="suppression_hold_is_lifted_by_an_entry",
                condition=~Q(extent="hold") | Q(lifted_at__isnull=True) | Q(lifted_by__isnull=False),
            ),
            models.UniqueConstraint(
                name="suppression_once_for_a_purpose",
                fields=["line", "extent", "purpose", "channel"],
                condition=Q(lifted_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="suppression_once_for_all_purposes",
                fields=["line", "extent", "channel"],
                condition=Q(lifted_at__isnull=True, purpose__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Suppression %(id)s") % {"id": self.pk}
