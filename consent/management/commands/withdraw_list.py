"""`withdraw_list FILE --reason TEXT`: take back what was consented to at every number of a list."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from consent import optouts
from consent.ledger import Refused
from consent.management.arguments import purpose_named, reason_told
from consent.models import Method
from consent.rules.lines import Channel
from crm import faults
from crm.imports.reading import UnreadableFile
from crm.management.base import Answer, JsonCommand, moment, wrong_use
from crm.models import Actor

ACTOR = Actor.command("withdraw_list")


class Command(JsonCommand):
    """Exit code 1 when a line could not be read; all others were withdrawn. Done twice it says the same."""

    help = (
        "Withdraw consent at every number of a file, for a purpose and channel or for all, and suppress the lines. "
        "The file may have a header or none; the numbers are in its phone column, or in its first one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--purpose", metavar="SLUG", help="only for this purpose; default: all")
        parser.add_argument("--channel", choices=[channel.value for channel in Channel], help="default: all")
        parser.add_argument("--at", metavar="T", help="when it was said (ISO 8601 with zone); default: now")
        parser.add_argument("--reason", required=True, metavar="TEXT", help="how we learned of it; no number in it")
        parser.add_argument("--region", default="", help="for numbers without a country code, such as GB")
        parser.add_argument("--objection", action="store_true", help="they object to marketing (GDPR 21)")

    def answer(self, **options: Any) -> Answer:
        """Withdraw, and return how many and which lines were not read."""
        try:
            done = optouts.withdraw_list(
                optouts.read_list(options["file"], region=options["region"]),
                purpose=purpose_named(options["purpose"]) if options["purpose"] else None,
                channel=Channel(options["channel"]) if options["channel"] else None,
                at=moment(options["at"], name="--at") if options["at"] else timezone.now(),
                reason=reason_told(options["reason"], region=options["region"]),
                method=Method.STAFF,
                actor=ACTOR,
                objection=options["objection"],
                region=options["region"],
            )
        except (Refused, UnreadableFile) as refused:
            raise wrong_use(f"{str(refused).rstrip('.')}.") from None
        unread = [{"line": line, "code": code, "message": faults.message(code)} for line, code in done.unread]
        counts = {"withdrawn": done.withdrawn, "unknown": done.unknown, "already": done.already}
        return Answer({**counts, "unread": unread}, fault=bool(unread))

    def render(self, data: dict[str, Any]) -> None:
        """Print the counts, and each line that could not be read."""
        for each in data.pop("unread"):
            self.stdout.write(f"line {each['line']}: {each['message']} ({each['code']})")
        super().render(data)
