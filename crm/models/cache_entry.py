"""The table of the cache: what all processes know together for a while. Django's cache reads and writes it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.privacy import Privacy


class CacheEntry(models.Model):
    """One entry. The columns are those that Django's cache in a table expects."""

    privacy = Privacy(
        reference=frozenset({"cache_key", "expires"}),
        exempt={"value": "how often staff failed to sign in, and that a code was used; nothing of a contact"},
    )

    cache_key = models.CharField(_("key"), max_length=255, primary_key=True)
    value = models.TextField(_("value"))
    expires = models.DateTimeField(_("expires"), db_index=True)

    class Meta:
        verbose_name = _("cache entry")
        verbose_name_plural = _("cache entries")

    def __str__(self) -> str:
        return self.cache_key
