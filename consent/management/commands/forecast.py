"""`forecast`: what the nightly job will erase in each of the coming nights, and why."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from consent import retention
from consent.models import RetentionPolicy
from crm.management.base import Answer, JsonCommand, wrong_use

# As far as a policy's months can be foreseen at all: ten years of nights.
MOST = 3660


class Command(JsonCommand):
    """Reads facts as they stand, and changes nothing."""

    help = "Say what the nightly job will erase in each of the coming nights, by policy."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--nights", type=int, default=90, metavar="N", help="how many nights; default: 90")

    def answer(self, **options: Any) -> Answer:
        """Return the nights in which something goes, with the counts by policy."""
        if not 0 < options["nights"] <= MOST:
            raise wrong_use(f"--nights: give a number from 1 to {MOST}.")
        as_of = timezone.now()
        nights = retention.forecast(as_of=as_of, nights=options["nights"])
        slugs = dict(RetentionPolicy.objects.values_list("pk", "slug"))
        return Answer(
            {
                "as_of": as_of,
                "nights": options["nights"],
                "due": sum(night.due for night in nights),
                "by_night": [
                    {
                        "at": night.at.isoformat(),
                        "due": night.due,
                        "by_policy": {slugs[pk]: count for pk, count in night.by_policy.items()},
                    }
                    for night in nights
                    if night.due
                ],
            }
        )

    def render(self, data: dict[str, Any]) -> None:
        """Print a line for each night in which something goes."""
        for night in data["by_night"]:
            why = ", ".join(f"{slug} {count}" for slug, count in night["by_policy"].items())
            self.stdout.write(f"{night['at']}: {night['due']} ({why})")
        self.stdout.write(f"in {data['nights']} nights: {data['due']} contact points")
