"""What an anonymized contact point leaves behind: a count, which says nothing of any one person."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models.privacy import Privacy


class AnonymousCount(models.Model):
    """How many points were anonymized, by coarse facts. No id, no key, no link back (WP216)."""

    privacy = Privacy(
        reference=frozenset({"id"}),
        exempt=dict.fromkeys(
            ["region", "line_type", "month", "source_kind", "count"], "an aggregate without any identifier"
        ),
    )

    region = models.CharField(_("region"), max_length=3, blank=True)
    line_type = models.CharField(_("line type"), max_length=20, blank=True)
    month = models.DateField(_("month obtained"))
    source_kind = models.CharField(_("kind of source"), max_length=20, blank=True)
    count = models.PositiveIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("anonymous count")
        verbose_name_plural = _("anonymous counts")
        ordering = ("-month", "region")
        constraints = [
            models.UniqueConstraint(
                name="anonymous_count_once", fields=["region", "line_type", "month", "source_kind"]
            ),
            models.CheckConstraint(name="anonymous_count_is_of_a_month", condition=Q(month__day=1)),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.region} {self.line_type}"
