"""`withdraw NUMBER --reason TEXT`: take back what was consented to at a number, held or not."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from consent import withdrawal
from consent.ledger import Proof, Refused
from consent.management.arguments import purpose_named, reason_told
from consent.models import Method
from consent.rules.lines import Channel
from crm.management.base import Answer, JsonCommand, moment, number, wrong_use
from crm.models import Actor

ACTOR = Actor.command("withdraw")


class Command(JsonCommand):
    """Done twice it says the same: a withdrawal always works."""

    help = "Withdraw consent at a number, for a purpose and channel or for all, and suppress the line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("number", metavar="NUMBER")
        parser.add_argument("--purpose", metavar="SLUG", help="only for this purpose; default: all")
        parser.add_argument("--channel", choices=[channel.value for channel in Channel], help="default: all")
        parser.add_argument("--at", metavar="T", help="when it was said (ISO 8601 with zone); default: now")
        parser.add_argument("--reason", required=True, metavar="TEXT", help="how we learned of it; no number in it")
        parser.add_argument("--region", default="", help="for a number without a country code, such as GB")

    def answer(self, **options: Any) -> Answer:
        """Withdraw, and return what was ended."""
        region = options["region"] or None
        reason = reason_told(options["reason"], region=options["region"])
        try:
            done = withdrawal.withdraw(
                number(options["number"], region=region),
                purpose=purpose_named(options["purpose"]) if options["purpose"] else None,
                channel=Channel(options["channel"]) if options["channel"] else None,
                at=moment(options["at"], name="--at") if options["at"] else timezone.now(),
                reason="withdrawn",
                method=Method.STAFF,
                actor=ACTOR,
                evidence=Proof(message=reason),
            )
        except Refused as refused:
            raise wrong_use(f"{refused}.") from None
        return Answer(
            {
                "line": done.line_id,
                "held": done.held,
                "withdrawn": len(done.entries),
                "entries": list(done.entries),
                "suppression": done.suppression_id,
            }
        )
