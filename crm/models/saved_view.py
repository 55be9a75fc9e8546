"""Saved views: filters of the list of contacts under a name."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models.privacy import Privacy


class SavedView(models.Model):
    """What somebody filters the list of contacts by. `filters`: parameter -> value, as they stand in the address."""

    privacy = Privacy(
        reference=frozenset({"id", "user", "filters", "shared", "made_at"}),
        exempt={"name": "names a choice of filters, refused where it holds a number"},
    )

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    name = models.CharField(_("name"), max_length=60)
    filters = models.JSONField(_("filters"), default=dict)
    shared = models.BooleanField(_("shared with everybody"), default=False)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ("name", "id")
        # Whoever may look at contacts keeps views of their own.
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="saved_view_once_per_name", fields=["user", "name"]),
            models.CheckConstraint(name="saved_view_has_a_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return gettext("View %(id)s") % {"id": self.pk}
