"""A number that somebody has written back by hand is erased again in the night; of what is merely odd it is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import retention
from consent.models import LegalHold, PurgeRun, Receipt, Suppression
from consent.retention import strays
from crm import intake, traces
from crm.models import (
    NIGHTLY,
    Contact,
    ContactPoint,
    Lease,
    LeaseLost,
    PhoneNumber,
    all_fingerprints,
    attributed_to,
)
from tests import factories
from tests.factories import NOON, TESTER
from tests.raw import copy, update

pytestmark = pytest.mark.django_db

NUMBER = "+12025550143"


def erased(number: str = NUMBER) -> PhoneNumber:
    point = factories.point(number)
    line = point.line
    assert line is not None
    retention.erase(point.contact, reason="request", actor=TESTER, at=NOON)
    return line


def written_back(number: str = NUMBER, **columns: Any) -> PhoneNumber:
    """Return a line that was inserted by hand, under a fingerprint that somebody has made up."""
    made: dict[str, Any] = {"number": number, "number_key": "f" * 64, "region": "US", "line_type": "mobile"}
    return PhoneNumber.objects.create(key_id="k", **(made | columns))


def point_at(line: PhoneNumber, contact: Contact | None = None) -> ContactPoint:
    """Return a point at a line, as whoever writes by hand would make one."""
    with attributed_to(factories.origin()):
        return ContactPoint.objects.create(contact=contact or factories.contact(), line=line, since=NOON)


def night() -> PurgeRun:
    return retention.run(as_of=timezone.now(), actor=NIGHTLY)


def counted(run: PurgeRun) -> tuple[int, int]:
    return run.counts.get("strays", 0), run.counts.get("strays_erased", 0)


def test_an_erased_number_under_a_made_up_fingerprint_is_erased_again() -> None:
    erased()
    stray = written_back()
    assert counted(night()) == (1, 1)
    stray.refresh_from_db()
    assert (stray.number, stray.region, stray.erased_at is not None) == (None, "", True)
    assert Suppression.objects.get(line=stray).extent == "hold"
    assert list(traces.find(NUMBER)) == []
    assert counted(night()) == (0, 0)


def test_whoever_was_put_there_goes_with_a_receipt_and_keeps_what_else_is_theirs() -> None:
    erased()
    stray = written_back()
    kept = factories.contact([factories.number()])
    there = [point_at(stray), point_at(stray, kept)]
    assert counted(night()) == (1, 1)
    assert list(Receipt.objects.filter(reason="stray").values_list("point", flat=True)) == [each.pk for each in there]
    assert [Contact.objects.get(pk=each.contact_id).status for each in there] == ["erased", "live"]
    assert kept.points.filter(erased_at=None).count() == 1


@pytest.mark.parametrize("key", ["right", "made up"])
def test_so_is_one_beside_a_tombstone_under_another_key(key: str, settings: Any) -> None:
    erased()
    settings.FINGERPRINT_KEYS = ["next:" + "ab" * 32, *settings.FINGERPRINT_KEYS]
    stray = written_back(number_key=all_fingerprints(NUMBER)[0] if key == "right" else "f" * 64)
    bystanders = [factories.point() for _ in range(3)]
    assert counted(night()) == (1, 1)
    stray.refresh_from_db()
    assert stray.number is None
    assert not PhoneNumber.objects.filter(points__in=bystanders, number=None).exists()


def test_so_is_one_in_whose_favour_a_tombstone_was_set_aside_by_hand() -> None:
    old, bystander = erased(), factories.point().line
    assert bystander is not None
    update(old, reopened_at=NOON, reopened_as_id=bystander.pk)
    stray = written_back(number_key=all_fingerprints(NUMBER)[0])
    assert counted(night()) == (1, 1)
    stray.refresh_from_db()
    bystander.refresh_from_db()
    assert (stray.number, bystander.number is None) == (None, False)


def test_a_number_that_its_owner_has_given_back_stays() -> None:
    old = erased()
    row = intake.Row({}, [intake.Number(NUMBER)])
    at = NOON + timedelta(days=1)
    stored = intake.store(row, source=factories.source(), actor=TESTER, at=at, reason="", own_grant=True)
    entry = factories.entry(ContactPoint.objects.get(pk=stored.point_ids[0]), at=at)
    lifted = {"lifted_at": at, "lifted_reason": "the owner", "lifted_authority": "person", "lifted_by": entry}
    Suppression.objects.filter(line=old).update(**lifted)
    assert counted(night()) == (0, 0)
    assert PhoneNumber.objects.for_numbers([NUMBER]).get().e164 == NUMBER


def test_a_wrong_fingerprint_of_a_number_that_was_not_erased_is_told_and_stays() -> None:
    stray = written_back()
    copy(stray, number=factories.number(), number_key="e" * 64)
    assert [counted(night()) for _ in range(2)] == [(2, 0), (2, 0)]
    assert PhoneNumber.objects.filter(number=None).count() == 0


def test_under_a_key_that_the_settings_have_lost_nobody_is_erased(settings: Any) -> None:
    living, said_no = factories.point(), factories.number()
    PhoneNumber.objects.create(number_key=all_fingerprints(said_no)[0], key_id="k")
    settings.FINGERPRINT_KEYS = ["next:" + "ab" * 32]
    PhoneNumber.objects.create(number_key=all_fingerprints(living.line.e164)[0], key_id="next")
    assert counted(night()) == (1, 0)
    assert not PhoneNumber.objects.filter(points=living, number=None).exists()


def test_a_legal_hold_keeps_it_until_it_has_ended() -> None:
    erased()
    stray = written_back()
    point = point_at(stray)
    with attributed_to(factories.origin()):
        hold = LegalHold.objects.create(point=point, reason="claim", placed_at=NOON)
    assert counted(night()) == (1, 0)
    LegalHold.objects.filter(pk=hold.pk).update(released_at=NOON)
    assert counted(night()) == (1, 1)
    assert PhoneNumber.objects.get(pk=stray.pk).number is None


def test_it_goes_through_all_of_them_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strays, "_CHUNK", 2)
    numbers = [factories.number() for _ in range(5)]
    for number in numbers:
        erased(number)
    for digit, number in enumerate(numbers):
        factories.point()
        written_back(number, number_key=str(digit) * 64)
    assert counted(night()) == (5, 5)


@pytest.mark.parametrize("written", ["+nobody", "+1", "+12025550143000000000"])
def test_what_is_no_number_is_told_and_does_not_stop_the_night(written: str) -> None:
    copy(written_back(factories.number()), number=written, number_key="e" * 64)
    run = night()
    assert (run.state, *counted(run)) == ("done", 2, 0)


def test_an_erased_number_in_another_spelling_is_erased_again() -> None:
    erased()
    stray = written_back(factories.number())
    copy(stray, number="+1 (202) 555-0143", number_key="e" * 64)
    stray = PhoneNumber.objects.latest("pk")
    assert counted(night()) == (2, 1)
    stray.refresh_from_db()
    assert stray.number is None


def test_whoever_has_lost_the_lease_meanwhile_stops() -> None:
    factories.point()
    lease = Lease.objects.take("purge", seconds=300, now=NOON)
    Lease.objects.take_away(["purge"])
    with pytest.raises(LeaseLost):
        strays.sweep(at=NOON, actor=NIGHTLY, lease=lease)
