"""The pages of contacts, measured in the database of the environment: `python -m tests.benchmarks.desk CONTACTS`.

The database is migrated and filled before, if nobody is in it yet. Prints what was measured as JSON.
"""

import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from string import ascii_lowercase
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import F  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from consent.models import Consent, LegalHold, Purpose, RetentionPolicy  # noqa: E402
from crm.models import Contact, ContactPoint, PhoneNumber, Source, attributed_to  # noqa: E402
from tests import factories  # noqa: E402
from tests.benchmarks import population  # noqa: E402

ROUNDS = 40
LIST = "/admin/crm/contact/"


def add_to(contacts: int) -> None:
    """Put beside the people what the desk shows of them: policies, holds, tags, and a few of what is rare.

    As far as it can be, a filter leaves a full page at any size: pages of a row and of fifty do not compare.
    """
    policies: tuple[tuple[str, dict[str, Any]], ...] = (
        ("consent_withdrawn", {"after_days": 30}),
        ("consent_lapsed", {"after_months": 1}),
    )
    for trigger, values in policies:
        if not RetentionPolicy.objects.filter(trigger=trigger).exists():
            factories.policy(trigger, **values)
    rare = list(ContactPoint.objects.order_by("pk").values_list("pk", "contact")[: contacts // 7 : contacts // 100])
    with attributed_to(factories.origin(timezone.now())):
        for point_id, contact_id in rare:
            LegalHold.objects.create(contact_id=contact_id, reason="claim", placed_at=timezone.now())
            factories.tagged(ContactPoint.objects.get(pk=point_id).contact)
    PhoneNumber.objects.filter(points__in=[pk for pk, _contact in rare]).update(line_type="pager")
    Contact.objects.annotate(part=F("pk") % 13).filter(part=0).update(status="restricted")
    # Whoever took one consent back took back all.
    withdrew = Consent.objects.filter(status="withdrawn").values("point")
    Consent.objects.filter(point__in=withdrew).update(status="withdrawn")
    for turn in range(ROUNDS):
        Contact.objects.filter(pk=1 + turn * contacts // ROUNDS).update(family_name=_name(turn))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _name(turn: int) -> str:
    """Return a name that one of the people has, and no other: of letters alone, as one of digits is none."""
    return f"Hart{ascii_lowercase[turn // 26]}{ascii_lowercase[turn % 26]}"


def pages(client: Client, contacts: int) -> dict[str, Callable[[int], Any]]:
    """Return, by name, what asks for a page; each time it is given another number."""
    news = Purpose.objects.get(slug="news").pk
    shop = Source.objects.get(slug="shop").pk
    numbers = population.held(ROUNDS, contacts)

    def listed(**filters: str) -> Callable[[int], Any]:
        return lambda _turn: client.get(LIST, filters)

    def search(text: Callable[[int], str]) -> Callable[[int], Any]:
        return lambda turn: client.post(f"{LIST}search/", {"find": text(turn)}, follow=True)

    return {
        "list": listed(),
        "list, page 20": listed(p="20"),
        "search: whole number": search(lambda turn: numbers[turn % len(numbers)]),
        "search: last four digits": search(lambda turn: f"{turn % 3:04}"),
        "search: name": search(_name),
        "search: beginning of a name": search(lambda turn: "family1"),
        "search: e-mail": search(lambda turn: f"person{turn + 1}@example.com"),
        "filter: consent given": listed(**{f"purpose_{news}": "given"}),
        "filter: consent withdrawn": listed(**{f"purpose_{news}": "withdrawn"}),
        "filter: consent refused (nobody)": listed(**{f"purpose_{news}": "refused"}),
        "filter: source": listed(source=str(shop)),
        "filter: country": listed(country="US"),
        "filter: kind of line (few)": listed(line_type="pager"),
        "filter: tag (few)": listed(tag=str(factories.tag().pk)),
        "filter: held (few)": listed(held="1"),
        "filter: restricted": listed(status="restricted"),
        "filter: goes within 30 nights": listed(due="30"),
        "filter: source, withdrawn, mobile": listed(
            **{"source": str(shop), f"purpose_{news}": "withdrawn", "line_type": "fixed_line_or_mobile"}
        ),
        "contact": lambda turn: client.get(f"{LIST}{1 + turn * contacts // ROUNDS}/change/"),
    }


def measure(contacts: int) -> dict[str, dict[str, float]]:
    """Return the p50 and p95 of each page, in milliseconds, how many queries it takes, and how many rows it shows."""
    client = Client()
    client.force_login(factories.user("desk", is_superuser=True))
    asking = pages(client, contacts)
    found: dict[str, dict[str, float]] = {}
    taken: dict[str, list[float]] = {name: [] for name in asking}
    for name, ask in asking.items():
        with CaptureQueriesContext(connection) as queries:
            answer = ask(0)
        if answer.status_code != 200:
            raise SystemExit(f"{name}: {answer.status_code}")
        found[name] = {"queries": len(queries), "rows": answer.content.count(b'<tr class="data-row')}
    # Each page in turn, so that what else the machine does falls on all of them.
    for turn in range(ROUNDS):
        for name, ask in asking.items():
            began = time.perf_counter()
            ask(turn)
            taken[name].append((time.perf_counter() - began) * 1000)
    for name, times in taken.items():
        found[name] |= {"p50": statistics.median(times), "p95": statistics.quantiles(times, n=20)[-1]}
    return found


def main(contacts: int) -> None:
    """Fill the database, measure, and print what was found."""
    logging.disable(logging.WARNING)
    call_command("migrate", verbosity=0)
    if not Purpose.objects.exists():
        population.build(contacts)
        add_to(contacts)
    json.dump(measure(contacts), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
