"""Rewrite what erasures have left in the files of the database."""

from typing import Any

from django.utils import timezone

from crm import residue
from crm.management.base import Answer, JsonCommand, wrong_use
from crm.models import LeaseTaken


class Command(JsonCommand):
    """Do now, for every table, what the night does for those in which something was erased."""

    help = (
        "Rewrites the tables in which people stand, so that nothing erased is left in the files of the database, and "
        "ends sessions in which a number stands. PostgreSQL locks each table meanwhile, SQLite holds up writers. "
        "Exit code 0: done. 1: some were in use and are left. 2: it is being done already."
    )

    def answer(self, **options: Any) -> Answer:
        try:
            cleaned = residue.clean(at=timezone.now(), always=True)
        except LeaseTaken as taken:
            raise wrong_use(str(taken)) from None
        data = {"rewritten": list(cleaned.done), "left": list(cleaned.left), "sessions_ended": cleaned.sessions}
        return Answer(data, fault=bool(cleaned.left))
