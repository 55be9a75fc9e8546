"""The contact data app."""

import phonenumbers
from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CrmConfig(AppConfig):
    """Keeps the app's triggers in force and registers its checks."""

    name = "crm"
    verbose_name = _("Contact data")

    def ready(self) -> None:
        # The application of Celery becomes the current one by being imported, and shared tasks ask for that.
        from crm import celery, checks  # noqa: F401  (models must be loaded first)
        from crm.signing_in import log

        # Python's regex cache thrashes over all regions' patterns: a tenfold difference per number.
        phonenumbers.enable_pattern_cache()
        log.listen()
        post_migrate.connect(install_triggers, sender=self)


def install_triggers(*, using: str, **kwargs: object) -> None:
    """Put the app's triggers back: a migration that rebuilt a table on SQLite dropped them."""
    from crm import triggers
    from crm.models.triggers import TRIGGERS

    if triggers.tables_exist(TRIGGERS, using=using):
        triggers.install(TRIGGERS, using=using)
