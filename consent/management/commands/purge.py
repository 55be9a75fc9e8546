"""`purge`: the nightly job, by hand; with --dry-run, what it would do."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.utils import timezone

from consent import journal, retention
from consent.models import RetentionPolicy
from crm.management.base import Answer, JsonCommand, moment, wrong_use
from crm.models import Actor, LeaseTaken

ACTOR = Actor.command("purge")


class Command(JsonCommand):
    """Makes the same one call as the nightly task."""

    help = "Anonymize or purge the numbers whose consent was withdrawn or whose retention ran out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--as-of", metavar="T", help="decide as of this time (ISO 8601 with zone); default: now")
        parser.add_argument("--dry-run", action="store_true", help="say what is due, and erase nothing")

    def answer(self, **options: Any) -> Answer:
        """Run the purge, or list what is due, and return the counts by policy."""
        as_of = moment(options["as_of"], name="--as-of") if options["as_of"] else timezone.now()
        if options["dry_run"]:
            by_policy = Counter(found.due.policy.id for found in retention.due(as_of=as_of))
            return Answer(
                {
                    "dry_run": True,
                    "as_of": as_of,
                    "due": by_policy.total(),
                    "by_policy": self._named(by_policy),
                }
            )
        try:
            run = retention.run(as_of=as_of, actor=ACTOR)
        except (LeaseTaken, journal.DatabaseBehind) as refused:
            raise wrong_use(f"{refused}.") from None
        by_policy = Counter(run.receipts.values_list("policy", flat=True))
        return Answer(
            {
                "dry_run": False,
                "as_of": as_of,
                "run": run.pk,
                "state": run.state,
                "erased": by_policy.total(),
                "kept_under_lock": run.counts.get("kept", 0),
                "expired": run.counts.get("expired", 0),
                "numbers": run.counts.get("numbers", 0),
                "profiles": run.counts.get("profiles", 0),
                "by_policy": self._named(by_policy),
                "oldest_due": run.oldest_due_at,
            }
        )

    def _named(self, by_policy: "Counter[int]") -> dict[str, int]:
        slugs = dict(RetentionPolicy.objects.filter(pk__in=by_policy).values_list("pk", "slug"))
        return {slugs[policy_id]: number for policy_id, number in sorted(by_policy.items())}
