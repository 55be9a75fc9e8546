"""`migrate`, which is how the database is put in order: it does not ask beforehand whether it is."""

from typing import Any

from django.core.management.commands import migrate


class Command(migrate.Command):
    """Django's own, without the checks of the database, which say themselves that it is to be migrated."""

    def check(self, *args: Any, **options: Any) -> None:
        """Run the checks of the settings and of the code."""
        super().check(*args, **options | {"databases": None})
