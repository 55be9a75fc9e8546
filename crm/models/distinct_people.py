"""Pairs of contacts that look like one person and are two: somebody has looked, and it is not suggested again."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models.contact import Contact
from crm.models.privacy import Privacy


class DistinctPeople(models.Model):
    """Two contacts, the smaller id first. It says nothing of either but that they differ."""

    privacy = Privacy(reference=frozenset({"id", "first", "second", "decided_at", "decided_by"}))

    first = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False, related_name="+")
    second = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    decided_at = models.DateTimeField(_("decided at"))
    decided_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("distinct people")
        verbose_name_plural = _("distinct people")
        constraints = [
            models.UniqueConstraint(name="distinct_people_once", fields=["first", "second"]),
            models.CheckConstraint(name="distinct_people_in_order", condition=Q(first__lt=F("second"))),
        ]

    def __str__(self) -> str:
        return gettext("Distinct people %(id)s") % {"id": self.pk}
