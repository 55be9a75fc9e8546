"""What commands share that hand out people's data, or take it in."""

from typing import Any

from consent import journal
from crm.management.base import JsonCommand, wrong_use


class GuardedCommand(JsonCommand):
    """Wrong use while the database is older than the journal of erasures: whoever was erased stands in it again."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer as ever, unless the database lacks erasures. Raises CommandError (exit code 2)."""
        try:
            journal.require_current()
        except journal.DatabaseBehind as behind:
            raise wrong_use(f"{behind}.") from None
        super().handle(*args, **options)
