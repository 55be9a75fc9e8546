"""`may_contact NUMBER --purpose SLUG --channel sms|call`: may we, at a time, and why?"""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from consent import permission
from consent.management.arguments import purpose_named
from consent.management.base import GuardedCommand
from consent.rules.lines import Channel
from crm.management.base import Answer, moment, number


class Command(GuardedCommand):
    """Exit code 0 whatever the verdict: a no is an answer."""

    help = "Say whether a number may be contacted for a purpose, and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("number", metavar="NUMBER")
        parser.add_argument("--purpose", required=True, metavar="SLUG")
        parser.add_argument("--channel", required=True, choices=[channel.value for channel in Channel])
        parser.add_argument("--at", metavar="T", help="at this time (ISO 8601 with zone); default: now")
        parser.add_argument("--known-at", metavar="T", help="as we would have answered at that time")
        parser.add_argument("--region", default="", help="for a number without a country code, such as GB")

    def answer(self, **options: Any) -> Answer:
        """Return the decision."""
        decision = permission.may_contact(
            number(options["number"], region=options["region"] or None),
            purpose=purpose_named(options["purpose"]),
            channel=Channel(options["channel"]),
            at=moment(options["at"], name="--at") if options["at"] else timezone.now(),
            known_at=moment(options["known_at"], name="--known-at") if options["known_at"] else None,
        )
        return Answer(
            {
                "verdict": decision.verdict,
                "reason": decision.reason,
                "basis": decision.basis,
                "until": decision.until,
                "entries": list(decision.entries),
                "rule_set": decision.rule_set,
            }
        )
