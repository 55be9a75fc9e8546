"""Searches for a number: what was found, under a token, so that no number stands in an address."""

import secrets

from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models.privacy import Privacy


def _token() -> str:
    return secrets.token_urlsafe(16)


class NumberSearch(models.Model):
    """The lines that somebody's search found, by their ids. Only who searched can use it, and it is gone in a day."""

    privacy = Privacy(reference=frozenset({"id", "token", "user", "lines", "made_at"}))

    token = models.CharField(_("token"), max_length=32, unique=True, default=_token, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    lines = models.JSONField(_("lines"), default=list)
    # Indexed for the clearing, hourly.
    made_at = models.DateTimeField(_("made at"), db_index=True)

    class Meta:
        verbose_name = _("search for a number")
        verbose_name_plural = _("searches for a number")
        ordering = ("-id",)
        # Nobody looks at these rows.
        default_permissions = ()

    def __str__(self) -> str:
        return gettext("Search %(id)s") % {"id": self.pk}
