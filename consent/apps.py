"""The consent app."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    """Keeps the app's triggers in force, its groups in step, and registers its checks."""

    name = "consent"
    verbose_name = _("Consent")

    def ready(self) -> None:
        from consent import checks, roles  # noqa: F401  (models must be loaded first)

        pre_migrate.connect(step_aside, sender=self)
        post_migrate.connect(install_triggers, sender=self)
        post_migrate.connect(roles.sync_after_migrate, sender=self)


def step_aside(*, using: str, plan: Sequence[object], **kwargs: object) -> None:
    """Take the triggers away that name another table, where SQLite is to be migrated: it rebuilds no table they name.

    They are put back when it is done; where it is not, the check of the database says that they are missing.
    """
    from consent.models.triggers import TRIGGERS
    from crm import triggers

    if plan and connections[using].vendor == "sqlite" and triggers.tables_exist(TRIGGERS, using=using):
        triggers.remove(TRIGGERS, using=using)


def install_triggers(*, using: str, **kwargs: object) -> None:
    """Put the app's triggers back: a migration that rebuilt a table on SQLite dropped them."""
    from consent.models.triggers import TRIGGERS
    from crm import triggers

    if triggers.tables_exist(TRIGGERS, using=using):
        triggers.install(TRIGGERS, using=using)
