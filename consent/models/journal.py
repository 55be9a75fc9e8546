"""What the database knows of the journal of erasures, which stands outside it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models import Privacy


class JournalMark(models.Model):
    """One record of the journal has taken effect here: written in the transaction of the erasure, or of its replay."""

    privacy = Privacy(reference=frozenset({"seq", "mac", "marked_at", "replayed"}))

    seq = models.BigIntegerField(_("record of the journal"), primary_key=True)
    mac = models.CharField(_("message authentication code"), max_length=64)
    marked_at = models.DateTimeField(_("marked at"))
    replayed = models.BooleanField(_("replayed"), default=False)

    class Meta:
        verbose_name = _("mark of the journal")
        verbose_name_plural = _("marks of the journal")
        ordering = ("-seq",)
        constraints = [models.CheckConstraint(name="journal_counts_from_one", condition=Q(seq__gte=1))]

    def __str__(self) -> str:
        return gettext("Journal record %(seq)s") % {"seq": self.pk}
