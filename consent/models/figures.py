"""The figures of the dashboard, as they were counted last: nobody who opens it waits for a count of millions."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models import Privacy


class Figures(models.Model):
    """Counts as of a moment, and nothing but counts, ids of sources, purposes and policies, and dates."""

    privacy = Privacy(reference=frozenset({"id", "at", "seconds", "counts"}))

    at = models.DateTimeField(_("counted at"))
    seconds = models.PositiveIntegerField(_("seconds that it took"))
    counts = models.JSONField(_("counts"), default=dict)

    class Meta:
        verbose_name = _("figures")
        verbose_name_plural = _("figures")
        ordering = ("-id",)

    def __str__(self) -> str:
        return gettext("Figures %(id)s") % {"id": self.pk}
