"""Access records: who looked at full numbers or took people's data out, and why."""

from django.contrib.auth.models import User
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models import Privacy


class AccessRecord(models.Model):
    """An access that was granted: it stands before the data is handed over, and never changes (GDPR 5(2), 32).

    scope: what was asked for, as ids: "contacts" (those that were chosen), "lines", "source", "purpose", "channel";
    what is not named was not narrowed. left_out: counts by reason code.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", _("Export")
        REVEAL = "reveal", _("Full number shown")

    privacy = Privacy(
        reference=frozenset(
            {"id", "kind", "at", "actor_name", "actor_user", "format", "masked", "contacts", "points", "scope"}
            | {"left_out"}
        ),
        exempt={"reason": "why a member of staff took data out, refused where it holds a number (GDPR 5(2), 32(4))"},
    )

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    at = models.DateTimeField(_("at"))
    actor_name = models.CharField(_("acting as"), max_length=60)
    actor_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("account")
    )
    reason = models.CharField(_("reason"), max_length=200)
    format = models.CharField(_("format"), max_length=10, blank=True)
    masked = models.BooleanField(_("numbers masked"))
    contacts = models.PositiveIntegerField(_("contacts"))
    points = models.PositiveIntegerField(_("numbers"))
    scope = models.JSONField(_("what was asked for"), default=dict, blank=True)
    left_out = models.JSONField(_("left out"), default=dict, blank=True)

    class Meta:
        verbose_name = _("access record")
        verbose_name_plural = _("access records")
        ordering = ("-id",)
        indexes = [
            # Read by the timeline: who looked at a contact. SQLite takes it for a plain one, which nobody reads there.
            GinIndex(fields=["scope"], name="access_scope", opclasses=["jsonb_path_ops"]),
            # Read at every look at a full number, and by the watch: who has looked at how many of late.
            models.Index(fields=["at"], name="access_reveals", condition=Q(kind="reveal")),
        ]
        constraints = [
            models.CheckConstraint(name="access_kind_is_known", condition=Q(kind__in=["export", "reveal"])),
            models.CheckConstraint(name="access_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(name="access_has_an_actor", condition=~Q(actor_name="")),
            models.CheckConstraint(name="access_export_names_its_format", condition=~Q(kind="export") | ~Q(format="")),
            # How many somebody looks at is counted by the account: there is none without one.
            models.CheckConstraint(
                name="access_reveal_is_by_an_account",
                condition=~Q(kind="reveal") | Q(actor_user__isnull=False, masked=False, points=1),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Access record %(id)s") % {"id": self.pk}
