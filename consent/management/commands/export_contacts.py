"""`export_contacts OUT --format csv|xlsx|vcard --reason TEXT`: write contacts to a file, and that it was done."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from consent import access
from consent.exporting import Use, export
from consent.management.arguments import purpose_named
from consent.management.base import GuardedCommand
from consent.rules.lines import Channel
from crm.exports import FORMATS, TooMany
from crm.logs import mask_text
from crm.management.base import Answer, new_file, wrong_use
from crm.models import Actor, Source

ACTOR = Actor.command("export_contacts")


class Command(GuardedCommand):
    """The answer has counts only; the people are in the file, which is its owner's alone."""

    help = "Write contacts to a new file that import_contacts reads back: CSV, XLSX or vCard."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("out", type=Path, metavar="OUT", help="the file to make; one that is there is not touched")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--reason", required=True, metavar="TEXT", help="what it is for; no number in it")
        parser.add_argument("--source", metavar="SLUG", help="only the people and numbers that came from there")
        parser.add_argument("--purpose", metavar="SLUG", help="only numbers that may be contacted for this purpose")
        parser.add_argument("--channel", choices=[channel.value for channel in Channel], help="needed with --purpose")
        parser.add_argument("--recipient", default="", metavar="NAME", help="who gets the file, if not the office")
        parser.add_argument("--masked", action="store_true", help="with masked numbers")

    def answer(self, **options: Any) -> Answer:
        """Write the file and return how many are in it and how many were left out, and why."""
        if bool(options["purpose"]) != bool(options["channel"]):
            raise wrong_use("--purpose and --channel: one says nothing without the other.")
        source = Source.objects.filter(slug=options["source"]).first() if options["source"] else None
        if options["source"] and source is None:
            raise wrong_use(f"--source: there is no source {options['source']!r}.")
        purpose = purpose_named(options["purpose"]) if options["purpose"] else None
        try:
            with new_file(options["out"]) as out:
                record = export(
                    to=out,
                    format=options["format"],
                    masked=options["masked"],
                    actor=ACTOR,
                    at=timezone.now(),
                    reason=options["reason"],
                    source=source,
                    use=Use(purpose, Channel(options["channel"])) if purpose else None,
                    recipient=options["recipient"],
                )
        except access.NoReason:
            raise wrong_use("--reason: say what the file is for.") from None
        except access.NumberInReason:
            raise wrong_use("--reason: there is a phone number in the reason.") from None
        except access.NumberInRecipient:
            raise wrong_use("--recipient: there is a phone number in the recipient's name.") from None
        except TooMany:
            raise wrong_use("--format: there are more people than a sheet has rows; take csv.") from None
        except OSError as error:
            raise wrong_use(f"OUT: {mask_text(options['out'].name)}: {error.strerror}.") from None
        return Answer(
            {
                "access": record.pk,
                "format": record.format,
                "masked": record.masked,
                "contacts": record.contacts,
                "points": record.points,
                "left_out": record.left_out,
            }
        )

    def render(self, data: dict[str, Any]) -> None:
        """Print the counts, then a line for each reason."""
        masked = " (masked)" if data["masked"] else ""
        self.stdout.write(
            f"Access record {data['access']}: {data['contacts']} contacts with {data['points']} numbers{masked}."
        )
        for reason, count in sorted(data["left_out"].items()):
            self.stdout.write(f"  left out: {count} {reason}")
