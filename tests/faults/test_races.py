"""Who acts on a point while it is erased comes first and is respected, or comes too late and is told."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from consent import capture, ledger
from consent.capture import Choice
from consent.models import Consent, LegalHold, Receipt, Suppression
from consent.resources import EvidenceResource
from consent.rules.lines import Channel
from consent.rules.states import Act, Status
from crm.imports import run
from crm.models import PERSON, ContactPoint, ImportBatch, Origin, PhoneNumber, attributed_to
from tests import factories, files
from tests.factories import TESTER
from tests.faults import people
from tests.faults.audit import audit
from tests.faults.copies import a_copy
from tests.faults.counting import Tally, Verdict, tried
from tests.faults.racing import close, nightly, parts, race
from tests.faults.snapshot import Snapshot
from tests.racing import in_threads

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"PURGE_CHUNK_POINTS": 1, "PURGE_LEASE_SECONDS": 60, "IMPORT_CHUNK_ROWS": 1}
AT_ONCE = 50


class Track:
    """The same people for every heat, and how long it takes to erase them."""

    def __init__(self, cases: int, name: str) -> None:
        self.heats = parts(cases, AT_ONCE)
        self.town = people.queue(self.heats[0], now=timezone.now())
        self.before = Snapshot.take()
        self.dice = random.Random(f"{name} {connection.vendor}")
        with a_copy(**SETTINGS):
            since = time.monotonic()
            nightly()
            self.seconds = time.monotonic() - since

    @contextmanager
    def heat(self) -> Iterator[None]:
        """Begin with the same people again."""
        with a_copy(**SETTINGS):
            yield

    def points(self, many: int) -> list[ContactPoint]:
        """Return so many of the points that are due."""
        ids = sorted(self.town.due)[:many]
        return list(ContactPoint.objects.filter(pk__in=ids).select_related("contact", "line").order_by("pk"))


def erased_at() -> dict[int, datetime | None]:
    return dict(ContactPoint.objects.values_list("pk", "erased_at"))


def finished(track: Track, found: Verdict, **how: Any) -> Verdict:
    """Let the next night's run take whoever is left, and look at everything."""
    nightly()
    found.add(audit(track.before, Snapshot.take(), track.town.due, finished=True, newcomers=True, **how))
    return found


def hold(point: ContactPoint, n: int) -> Callable[[], None]:
    """Return the act of placing a hold, on the point, its contact or its source in turn."""
    on: dict[str, Any] = {"point": point}
    if n % 5 == 0:
        on = {"source_id": point.provenances.get().source_id}
    elif n % 2:
        on = {"contact": point.contact}

    def place() -> None:
        with attributed_to(Origin(TESTER, timezone.now(), "claim")):
            LegalHold.objects.create(reason="claim", placed_at=timezone.now(), **on)

    return place


@tried(small=20, full=1000)
def test_a_hold_placed_during_the_run_holds_whatever_was_not_erased_before(cases: int, tally: Tally) -> None:
    track, first, near = Track(cases, "hold"), 0, 0
    for many in track.heats:
        with track.heat():
            points = track.points(many)
            done = race(
                {point.pk: hold(point, n) for n, point in enumerate(points)},
                seconds=track.seconds,
                dice=track.dice,
                expected=IntegrityError,
            )
            erased, found = erased_at(), Verdict()
            near += close(done, erased)
            for pk, each in done.items():
                at = erased[pk]
                first += at is None
                if at is None and isinstance(each.answer, IntegrityError):
                    found.lost.append(f"point {pk} is neither erased nor held")
                if at and not isinstance(each.answer, IntegrityError) and each.ended < at:
                    found.lost.append(f"point {pk} was erased under a hold")
            with attributed_to(Origin(TESTER, timezone.now(), "settled")):
                LegalHold.objects.update(released_at=timezone.now())
            tally.case(finished(track, found), cases=many)
    close_both_ways(tally, "hold placed during the run", cases, first, near)


@tried(small=20, full=1000)
def test_a_consent_given_again_during_the_run_is_kept_or_refused(cases: int, tally: Tally) -> None:
    track, first, near = Track(cases, "consent"), 0, 0
    for many in track.heats:
        with track.heat():

            def give(point: ContactPoint) -> Callable[[], Any]:
                return lambda: factories.entry(point, Act.GIVEN, at=timezone.now())

            done = race(
                {point.pk: give(point) for point in track.points(many)},
                seconds=track.seconds,
                dice=track.dice,
                expected=ledger.PointErased,
            )
            erased, found = erased_at(), Verdict()
            near += close(done, erased)
            for pk, each in done.items():
                given = not isinstance(each.answer, ledger.PointErased)
                first += given
                if given and erased[pk]:
                    found.lost.append(f"point {pk} was erased with a consent that stands")
                if not given and not erased[pk]:
                    found.lost.append(f"point {pk} was refused a consent and stands")
            for point in ContactPoint.objects.filter(pk__in=done, erased_at=None):
                factories.entry(point, Act.WITHDRAWN, at=timezone.now())
            tally.case(finished(track, found), cases=many)
    close_both_ways(tally, "consent given again during the run", cases, first, near)


@tried(small=20, full=1000)
def test_a_form_filled_in_again_during_the_run_is_never_lost(cases: int, tally: Tally) -> None:
    track, first, near = Track(cases, "form"), 0, 0
    news = factories.purpose("news")
    place = factories.place(asks=[news])
    choice = Choice(purpose=news, channel=Channel.SMS, notice=factories.notice(news), given=True)
    for many in track.heats:
        with track.heat():

            def fill_in(point: ContactPoint) -> Callable[[], Any]:
                said: dict[str, Any] = {"number": point.line.e164, "region": "", "language": "en", "actor": PERSON}
                said["evidence"] = ledger.Proof(shown="the form", ip="192.0.2.1")
                return lambda: capture.capture(place=place, choices=[choice], at=timezone.now(), **said)

            points = track.points(many)
            numbers = {point.pk: point.line.e164 for point in points}
            done = race(
                {point.pk: fill_in(point) for point in points},
                seconds=track.seconds,
                dice=track.dice,
                expected=ledger.PointErased,
            )
            nightly()
            erased, found = erased_at(), Verdict()
            near += close(done, erased)
            given = Consent.objects.filter(status=Status.GIVEN, point__erased_at=None)
            held = Counter(map(str, given.values_list("point__line__number", flat=True)))
            for pk, each in done.items():
                first += erased[pk] is None
                if not each.answer.stored or not held[numbers[pk]]:
                    found.lost.append(f"what was given at point {pk} does not stand")
                elif held[numbers[pk]] > 1:
                    found.doubled.append(f"what was given at point {pk} stands twice")
                if Receipt.objects.filter(point=pk).count() != (erased[pk] is not None):
                    found.half_erased.append(f"point {pk} and its receipt disagree")
            tally.case(found, cases=many)
    close_both_ways(tally, "form filled in again during the run", cases, first, near)


@tried(small=20, full=1000)
def test_a_number_imported_while_it_is_erased_does_not_come_back(cases: int, tally: Tally) -> None:
    track, first = Track(cases, "import"), 0
    for many in track.heats:
        with track.heat():
            points = track.points(many)
            names = {point.pk: point.contact.given_name for point in points}
            # Half of the rows are of the same people, half of others who share their lines.
            rows = [(names[point.pk] if n % 2 else f"Zoe {n}", point.line.e164) for n, point in enumerate(points)]
            track.dice.shuffle(rows)
            # Three files, one begun shortly before the run, the others while it goes on.
            rows_of = (files.csv_file(("Given name", "Phone"), *rows[n::3]) for n in range(3))
            batches = [files.confirmed(each, at=timezone.now()) for each in rows_of]
            third = track.seconds / 3

            def purge(wait=third / 2) -> None:
                time.sleep(wait)
                nightly()

            def bring(batch: ImportBatch, wait: float) -> None:
                time.sleep(wait)
                run.commit(batch, resource=EvidenceResource, at=timezone.now())

            imports = (partial(bring, each, third * (n + track.dice.random())) for n, each in enumerate(batches))
            in_threads(purge, *imports)
            for each in batches:
                each.refresh_from_db()
                first += sum(files.outcomes(each).values()) - files.outcomes(each).get("suppressed", 0)
            tally.case(finished(track, came_back()), cases=many)
    close_both_ways(tally, "import racing erasure", cases, first, None)


def came_back() -> Verdict:
    """Return which numbers stand although they were erased: in their row again, or in another."""
    found = Verdict()
    barred = Suppression.objects.filter(extent=Suppression.Extent.HOLD, lifted_at=None).values("line")
    for pk in PhoneNumber.objects.filter(pk__in=barred, number__isnull=False).values_list("pk", flat=True):
        found.back.append(f"line {pk} was erased and has its number")
    keys = PhoneNumber.objects.filter(number=None).values("number_key")
    for pk in PhoneNumber.objects.filter(number_key__in=keys, number__isnull=False).values_list("pk", flat=True):
        found.back.append(f"line {pk} has the number of an erased one")
    for pk in Receipt.objects.filter(point__erased_at=None).values_list("point", flat=True):
        found.back.append(f"point {pk} has a receipt and stands")
    return found


def close_both_ways(tally: Tally, fault: str, cases: int, first: int, near: int | None) -> None:
    """Say how often either came first; a race that only one can win was none."""
    tally.note(f"{first} came first, {cases - first} too late" + (f", {near} within 20 ms" if near is not None else ""))
    tally.close(fault, cases)
    assert 0 < first < cases, "the race was won by the same side each time"
