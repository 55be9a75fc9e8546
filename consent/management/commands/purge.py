"""`purge`: the nightly job, by hand; with --dry-run, or as of a time to come, what it would do."""

from argparse import ArgumentParser
from collections import Counter
from datetime import datetime
from typing import Any

from django.utils import timezone

from consent import journal, retention
from consent.models import PurgeRun, RetentionPolicy
from crm.management.base import Answer, JsonCommand, moment, wrong_use
from crm.models import Actor, LeaseTaken

ACTOR = Actor.command("purge")
# Whoever has the shell, and says so, is the second person.
APPROVED = Actor.command("purge --approve")


class Command(JsonCommand):
    """Makes the same one call as the nightly task."""

    help = (
        "Anonymize or purge the numbers whose consent was withdrawn or whose retention ran out. Exit code 1: the run "
        "waits for a second person, and nothing was erased."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument(
            "--as-of",
            metavar="T",
            help="decide as of this time (ISO 8601 with zone); default: now. One to come is a rehearsal, which erases "
            "nothing, unless --approve stands beside it",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what is due, and erase nothing")
        parser.add_argument(
            "--approve",
            action="store_true",
            help="erase also what would wait for a second person: very many contact points, after a jump of the clock, "
            "or as of a time to come",
        )

    def answer(self, **options: Any) -> Answer:
        """Run the purge, or list what is due, and return the counts by policy."""
        now = timezone.now()
        as_of = moment(options["as_of"], name="--as-of") if options["as_of"] else now
        if options["dry_run"]:
            return Answer({"dry_run": True, **self._due(as_of)})
        if as_of > now and not options["approve"]:
            return Answer({"dry_run": True, "rehearsal": True, **self._due(as_of)})
        how: dict[str, Any] = {"actor": APPROVED, "approved": True} if options["approve"] else {"actor": ACTOR}
        try:
            run = retention.run(as_of=as_of, **how)
        except (LeaseTaken, journal.DatabaseBehind) as refused:
            raise wrong_use(f"{refused}.") from None
        if run.state == PurgeRun.State.WAITING:
            return Answer(self._waiting(run), fault=True)
        return Answer(self._done(run))

    def _due(self, as_of: datetime) -> dict[str, Any]:
        by_policy = Counter(found.due.policy.id for found in retention.due(as_of=as_of))
        return {"as_of": as_of, "due": by_policy.total(), "by_policy": self._named(by_policy)}

    def _waiting(self, run: PurgeRun) -> dict[str, Any]:
        return {
            "dry_run": False,
            "as_of": run.as_of,
            "run": run.pk,
            "state": run.state,
            "erased": 0,
            "brake": run.brake,
            "due": run.due,
            "held": run.held,
            "by_policy": self._named(Counter(run.foreseen)),
            "approval": "Nothing was erased. A second person approves the run in the admin; or, by whoever answers for "
            "it here: purge --approve",
        }

    def _done(self, run: PurgeRun) -> dict[str, Any]:
        by_policy = Counter(run.receipts.values_list("policy", flat=True))
        return {
            "dry_run": False,
            "as_of": run.as_of,
            "run": run.pk,
            "state": run.state,
            "erased": by_policy.total(),
            "kept_under_lock": run.counts.get("kept", 0),
            "expired": run.counts.get("expired", 0),
            "numbers": run.counts.get("numbers", 0),
            "profiles": run.counts.get("profiles", 0),
            "by_policy": self._named(by_policy),
            "oldest_due": run.oldest_due_at,
            "overdue_seconds": run.overdue.total_seconds() if run.overdue else None,
            "seconds": run.duration.total_seconds() if run.duration else None,
            "brake": run.brake or None,
        }

    def _named(self, by_policy: "Counter[int]") -> dict[str, int]:
        slugs = dict(RetentionPolicy.objects.filter(pk__in=by_policy).values_list("pk", "slug"))
        return {slugs[policy_id]: number for policy_id, number in sorted(by_policy.items())}
