"""Provenance: which source brought which contact point, when, and whether its owner was told."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models.contact_point import ContactPoint
from crm.models.import_batch import ImportBatch
from crm.models.privacy import Privacy
from crm.models.source import Source


class Provenance(models.Model):
    """A contact point as one source gave it. Several may stand behind a point; it goes when none carries it."""

    privacy = Privacy(
        personal={"row": None, "notice_exempt": "", "external_key": ""},
        reference=frozenset({"id", "point", "source", "batch", "collected_at", "obtained_at", "notice_sent_at"}),
    )

    point = models.ForeignKey(
        ContactPoint, on_delete=models.CASCADE, related_name="provenances", verbose_name=_("contact point")
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="provenances", verbose_name=_("source"))
    batch = models.ForeignKey(
        ImportBatch,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="provenances",
        verbose_name=_("import batch"),
    )
    row = models.PositiveIntegerField(_("row"), null=True, blank=True)
    # A keyed fingerprint of the id that the person has at the source: by it the next file of theirs is matched.
    external_key = models.CharField(_("fingerprint of their id"), max_length=64, blank=True, editable=False)
    collected_at = models.DateTimeField(_("collected at, by them"), null=True, blank=True)
    obtained_at = models.DateTimeField(_("obtained at, by us"))
    # GDPR 14(3): when the notice is due is counted from obtained_at by consent.rules, never stored.
    notice_sent_at = models.DateTimeField(_("notice sent"), null=True, blank=True)
    notice_exempt = models.CharField(
        _("exempt from notice because"),
        max_length=200,
        blank=True,
        help_text=_("GDPR 14(5): say which and why."),
    )

    class Meta:
        verbose_name = _("provenance")
        verbose_name_plural = _("provenances")
        ordering = ("obtained_at", "id")
        indexes = [
            # Read by intake, which matches a row to a contact by the id it has at the source.
            models.Index(
                fields=["source", "external_key"], name="crm_provenance_external", condition=~Q(external_key="")
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="provenance_once_per_batch", fields=["point", "source", "batch"]),
            models.UniqueConstraint(
                name="provenance_once_without_batch",
                fields=["point", "source"],
                condition=Q(batch__isnull=True),
            ),
            models.CheckConstraint(
                name="provenance_row_is_of_a_batch", condition=Q(row__isnull=True) | Q(batch__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return gettext("Provenance %(id)s") % {"id": self.pk}
