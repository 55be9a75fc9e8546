"""A list of opt-outs: every number of it is withdrawn, held or not, and what cannot be read holds nothing up."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent import ledger, suppression
from consent.models import Challenge, Consent, ConsentEvent, Evidence, Method, Suppression
from consent.optouts import Listed, Tally, read_list, withdraw_list
from consent.retention import erase
from consent.rules.lines import Channel
from consent.rules.times import NaiveTimestamp
from crm import bulk
from crm.imports.reading import UnreadableFile
from crm.models import PhoneNumber
from tests import capturing
from tests.factories import NOON, TESTER, entry, number, point, purpose

pytestmark = pytest.mark.django_db

ANN, BO, CY = "+12025550100", "+12025550101", "+12025550102"


@pytest.fixture(autouse=True)
def _staging(settings: Any, tmp_path: Path) -> None:
    settings.STAGING_DIR = tmp_path / "staging"


def withdrawn(*texts: str, **values: Any) -> Tally:
    said: dict[str, Any] = {"at": NOON, "reason": "told the partner", "method": Method.STAFF, "actor": TESTER}
    return withdraw_list([Listed(line, text) for line, text in enumerate(texts, 1)], **said | values)


def test_numbers_that_are_held_erased_or_never_known_are_withdrawn_alike() -> None:
    entry(point(ANN))
    erase(point(BO).contact, reason="request", actor=TESTER, at=NOON)

    assert withdrawn(ANN, BO, CY) == Tally(withdrawn=1, unknown=2)

    for e164 in (ANN, BO, CY):
        no = Suppression.objects.get(line__in=PhoneNumber.objects.for_numbers([e164]), extent="contact")
        assert (no.purpose, no.channel, no.since, no.reason) == (None, "", NOON, "told the partner")
    assert PhoneNumber.objects.for_numbers([CY]).get().number is None
    assert Consent.objects.get().status == "withdrawn"
    assert list(ledger.differences()) == []


def test_an_entry_says_when_how_and_why() -> None:
    for channel in Channel:
        entry(point(ANN, given_name="Ann"), channel=channel)

    withdrawn(ANN, at=NOON - timedelta(days=1))

    ends = ConsentEvent.objects.filter(act="withdrawn")
    assert set(ends.values_list("channel", "occurred_at", "method", "actor_name")) == {
        (channel.value, NOON - timedelta(days=1), "staff", "tester") for channel in Channel
    }
    assert set(Evidence.objects.filter(entry__in=ends).values_list("message", flat=True)) == {"told the partner"}
    assert ledger.broken_evidence() == []


def test_a_scope_is_kept_to() -> None:
    at = point(ANN)
    for of in ("news", "offers"):
        for channel in Channel:
            entry(at, of=purpose(of), channel=channel)

    withdrawn(ANN, purpose=purpose("news"), channel=Channel.CALL)

    ended = Consent.objects.filter(status="withdrawn")
    assert list(ended.values_list("purpose__slug", "channel")) == [("news", "call")]
    assert list(Suppression.objects.values_list("purpose__slug", "channel")) == [("news", "call")]


def test_done_twice_it_says_so_and_adds_nothing() -> None:
    entry(point(ANN))
    withdrawn(ANN, CY)

    assert withdrawn(ANN, CY) == Tally(already=2)

    assert ConsentEvent.objects.filter(act="withdrawn").count() == 1
    assert Suppression.objects.count() == 2


def test_what_was_given_again_since_a_no_that_stands_is_ended_by_the_next() -> None:
    at = point(ANN)
    withdrawn(ANN, at=NOON - timedelta(days=9))
    entry(at, at=NOON - timedelta(days=8))

    assert withdrawn(ANN) == Tally(already=1)

    assert Consent.objects.get().status == "withdrawn"


def test_a_number_that_stands_there_twice_is_counted_once() -> None:
    point(ANN)

    assert withdrawn(ANN, "+1 202 555 0100", ANN, CY) == Tally(withdrawn=1, unknown=1, already=2)

    assert Suppression.objects.count() == 2


def test_a_line_in_its_other_form_is_the_same_line() -> None:
    assert withdrawn("+5215512345678", "+525512345678") == Tally(unknown=1, already=1)


@pytest.mark.parametrize("e164", ["+447700900123", "+33639981234"])
def test_a_number_that_is_valid_no_more_can_still_say_stop(e164: str) -> None:
    assert withdrawn(f"{e164[:3]} {e164[3:7]}-{e164[7:]}") == Tally(unknown=1)
    assert PhoneNumber.objects.for_numbers([e164]).exists()


def test_lines_that_cannot_be_read_are_named_and_all_others_done(settings: Any) -> None:
    settings.IMPORT_CHUNK_ROWS = 2

    done = withdrawn("call me", ANN, "", "202 555 0101", "4.47912E+11", CY)

    assert done == Tally(unknown=2, unread=[(1, "letters"), (3, "empty"), (4, "no_region"), (5, "scientific")])


def test_national_numbers_are_read_by_the_region() -> None:
    assert withdrawn("(202) 555-0100", region="US") == Tally(unknown=1)
    assert PhoneNumber.objects.for_numbers([ANN]).exists()


def test_an_objection_outranks_a_no_that_stands() -> None:
    withdrawn(ANN)

    assert withdrawn(ANN, BO, objection=True) == Tally(unknown=1, already=1)
    assert set(Suppression.objects.values_list("reason", flat=True)) == {suppression.OBJECTION}

    withdrawn(ANN)
    assert set(Suppression.objects.values_list("reason", flat=True)) == {suppression.OBJECTION}


def test_a_question_that_waits_for_a_yes_ends_with_a_no() -> None:
    at = point(ANN)
    capturing.challenge(at)

    withdrawn(ANN, channel=Channel.CALL)
    assert Challenge.objects.get().outcome == ""

    withdrawn(ANN)
    assert Challenge.objects.get().outcome == "ended"


def test_a_time_to_come_is_refused_whole() -> None:
    with pytest.raises(ledger.Refused):
        withdrawn(ANN, at=timezone.now() + timedelta(hours=1))
    with pytest.raises(NaiveTimestamp):
        withdrawn(ANN, at=NOON.replace(tzinfo=None))
    assert not PhoneNumber.objects.exists()


def test_each_chunk_is_whole_and_those_before_a_failure_are_done(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.IMPORT_CHUNK_ROWS = 2
    entry(point(CY))
    real = suppression.suppress_all

    def fail_for_the_second(since: Any, **values: Any) -> None:
        if Suppression.objects.exists():
            raise ZeroDivisionError
        real(since, **values)

    monkeypatch.setattr(suppression, "suppress_all", fail_for_the_second)
    with pytest.raises(ZeroDivisionError):
        withdrawn(ANN, BO, CY)

    assert Suppression.objects.count() == 2
    assert Consent.objects.get().status == "given"
    assert list(PhoneNumber.objects.for_numbers([CY]).values_list("suppressions", flat=True)) == [None]


def test_a_line_that_somebody_else_makes_at_the_same_time_is_taken_from_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_late(*args: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(bulk, "insert", too_late)
    with monkeypatch.context() as patched:
        patched.setattr(suppression, "suppress_all", lambda *args, **values: None)
        withdrawn(ANN, BO)

    assert PhoneNumber.objects.for_numbers([ANN, BO]).count() == 2


def test_two_thousand_take_as_many_queries_as_twenty(settings: Any) -> None:
    def queries(numbers: list[str]) -> int:
        for e164 in numbers[:10]:
            entry(point(e164))
        with CaptureQueriesContext(connection) as said:
            done = withdrawn(*numbers)
        assert (done.withdrawn, done.unknown) == (10, len(numbers) - 10)
        return len(said)

    few = queries([number(n) for n in range(20)])
    many = queries([f"+{area}{n:03d}" for area in (442079460, 493023125) for n in range(1000)])

    assert many <= few <= 30
    assert Suppression.objects.count() == 2020
    assert set(Consent.objects.values_list("status", flat=True)) == {"withdrawn"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"Name,Mobile\nAnn,{ANN}\nBo,{BO}\n", [(2, ANN), (3, BO)]),
        (f"Telefon;Grund\n{ANN};zu viel\n", [(2, ANN)]),
        (f"who,how\n{ANN},by letter\n", [(2, ANN)]),
        (f"why,whom\nby letter,{ANN}\n", [(2, ANN)]),
        (f"{ANN}\n{BO}\n{CY}\n", [(1, ANN), (2, BO), (3, CY)]),
        (f"{ANN},stop\n{BO},stop\n", [(1, ANN), (2, BO)]),
        ("said\nnothing\n", [(2, "nothing")]),
        (f"{ANN}\n", [(1, ANN)]),
    ],
)
def test_a_file_has_a_header_or_none_and_its_numbers_in_the_phone_column_or_the_first(
    tmp_path: Path, content: str, expected: list[tuple[int, str]]
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(content)
    assert list(read_list(path)) == expected


def test_national_numbers_without_a_header_are_seen_by_the_region(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("202 555 0100\n202 555 0101\n")
    assert [line for line, _text in read_list(path, region="us")] == [1, 2]


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"%PDF-1.7\n")
    with pytest.raises(UnreadableFile):
        list(read_list(path))
    with pytest.raises(UnreadableFile):
        list(read_list(tmp_path / "gone.csv"))
    path.write_text(ANN)
    with pytest.raises(UnreadableFile):
        list(read_list(path, region="XX"))
