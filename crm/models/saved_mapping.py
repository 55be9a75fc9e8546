"""Saved mappings: what the columns of a source's files mean, as staff have once corrected it."""

from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models.privacy import Privacy
from crm.models.source import Source


class SavedMapping(models.Model):
    """The mapping for files of one source that have the same columns; the next such file is offered it."""

    privacy = Privacy(
        reference=frozenset({"id", "source", "columns_digest", "saved_by", "saved_at"}),
        exempt={"mapping": "column headers and field names, no cell of a file"},
    )

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="mappings", verbose_name=_("source"))
    columns_digest = models.CharField(_("SHA-256 of the columns"), max_length=64)
    mapping = models.JSONField(_("columns"), default=dict)
    saved_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("saved by")
    )
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        verbose_name = _("saved mapping")
        verbose_name_plural = _("saved mappings")
        ordering = ("source", "-saved_at")
        constraints = [
            models.UniqueConstraint(name="saved_mapping_once_per_columns", fields=["source", "columns_digest"]),
        ]

    def __str__(self) -> str:
        return gettext("Mapping %(id)s") % {"id": self.pk}
