"""`rebuild_consents`: fold the ledger again; with --check, only report where the consents differ from it."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from consent import ledger
from crm.management.base import Answer, JsonCommand
from crm.models import Actor

ACTOR = Actor.command("rebuild_consents")


class Command(JsonCommand):
    """Exit code 1 when --check found a difference."""

    help = "Fold the ledger again and mend every consent that differs from it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--check", action="store_true", help="report differences and mend nothing")

    def answer(self, **options: Any) -> Answer:
        """Return the differences, which are mended unless only a check was asked for."""
        found = list(ledger.differences())
        if not options["check"]:
            for difference in found:
                ledger.rebuild(difference, actor=ACTOR, at=timezone.now())
        data = {
            "checked_only": options["check"],
            "differences": [asdict(difference) for difference in found],
            "rebuilt": 0 if options["check"] else len(found),
        }
        return Answer(data, fault=options["check"] and bool(found))

    def render(self, data: dict[str, Any]) -> None:
        """Print a line for each difference."""
        for each in data["differences"]:
            self.stdout.write(
                f"point {each['point_id']}, {each['purpose']}, {each['channel']}: "
                f"the consent says {each['held']}, its entries say {each['folded']}"
            )
        self.stdout.write(f"{len(data['differences'])} differences, {data['rebuilt']} consents rebuilt.")
