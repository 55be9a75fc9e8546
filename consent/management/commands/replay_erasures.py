"""`replay_erasures`: after a restore, erase again what was erased since the backup was made."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from consent import journal, replaying
from crm.management.base import Answer, JsonCommand
from crm.models import Actor

ACTOR = Actor.command("replay_erasures")


class Command(JsonCommand):
    """Exit code 1 while anything is left to replay, or the journal is damaged."""

    help = (
        "Erase again, in a restored database, what the journal of erasures says was erased since. Until it has run "
        "nothing is served or sent. Exit code 0: the database has everything that the journal has."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="say what would be erased again, and erase nothing")
        how.add_argument(
            "--accept-lost-journal",
            action="store_true",
            help="go on without what is lost of the journal; what it erased cannot be erased again after a restore",
        )

    def answer(self, **options: Any) -> Answer:
        """Replay the journal and return what was erased again, and every fault of the journal."""
        now = timezone.now()
        given_up = replaying.accept_lost(at=now) if options["accept_lost_journal"] else []
        done = replaying.replay(at=now, actor=ACTOR, dry_run=options["dry_run"])
        data = {
            "dry_run": options["dry_run"],
            **done.counts,
            "not_replayed": [{"record": seq, "reason": reason} for seq, reason in done.left.items()],
            "given_up": given_up,
            "behind": journal.is_behind(),
            "lost": journal.is_lost(),
            "faults": [asdict(fault) for fault in journal.verify()],
        }
        return Answer(data, fault=bool(data["behind"] or data["lost"] or done.left))
