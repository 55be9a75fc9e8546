"""A no that stands in a file: it stands on the line before anybody of the file is held, and outlives all else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent import ledger, undoing
from consent.models import Consent, ConsentEvent, Purpose, Suppression
from consent.permission import may_contact
from consent.resources import EvidenceResource
from consent.rules.lines import Channel
from consent.rules.permission import Reason
from consent.rules.states import Act
from consent.suppression import lift
from crm.imports import run
from crm.models import Contact, PhoneNumber
from tests import factories
from tests.factories import NOON, TESTER, entry, number, source
from tests.files import confirmed, csv_file, faults, imported, outcomes, staged

pytestmark = pytest.mark.django_db

ANN = "+12025550100"
GIVEN = "2026-01-05T10:00:00Z"
EVIDENCE = ("Purpose", "Given at", "Wording version")


@pytest.fixture(autouse=True)
def _news(settings, tmp_path):
    settings.STAGING_DIR = tmp_path / "staging"
    factories.notice(factories.purpose("news"))


def noes() -> list[tuple[str, datetime]]:
    """Return the channel and the beginning of what stands against Ann's line."""
    line = PhoneNumber.objects.for_numbers([ANN])
    standing = Suppression.objects.filter(line__in=line, extent="contact", purpose=None, lifted_at=None)
    return list(standing.order_by("channel").values_list("channel", "since"))


def ann(column: str, cell: str, **more: str) -> bytes:
    cells = {"Name": "Ann", "Phone": ANN} | {column: cell} | more
    return csv_file(tuple(cells), tuple(cells.values()))


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize(
    ("column", "cell", "channel", "since"),
    [
        ("DoNotCall", "true", "call", NOON),
        ("Do Not Sms", "1", "sms", NOON),
        ("UNSUB_TIME", "2025-04-03 02:01:00", "", datetime(2025, 4, 3, 2, 1, tzinfo=UTC)),
        ("UNSUB_TIME", "2025-04-03T02:01:00+02:00", "", datetime(2025, 4, 3, 0, 1, tzinfo=UTC)),
        ("UNSUB_TIME", "2026-03-02T12:00:01Z", "", NOON),
        ("UNSUB_TIME", "0001-01-01T00:00:00+14:00", "", NOON),
        ("UNSUB_TIME", "2025-02-31", "", NOON),
        ("UNSUB_REASON", "too many calls", "", NOON),
    ],
)
def test_a_no_suppresses_the_line_for_its_channel_since_the_time_in_its_cell_or_now(held, column, cell, channel, since):
    if held:
        factories.point(ANN, given_name="Ann")

    batch = imported(ann(column, cell))

    assert outcomes(batch) == {"unchanged" if held else "created": 1}
    assert noes() == [(channel, since)]
    no = Suppression.objects.get()
    assert (no.reason, no.actor_name) == (f"opt-out in import {batch.pk}", "tester")


@pytest.mark.parametrize("cell", ["", "0", "false", "No", "0000-00-00 00:00:00"])
def test_a_cell_that_says_no_no_suppresses_nothing_and_lifts_nothing(cell):
    imported(ann("DoNotCall", cell))
    assert noes() == []

    imported(ann("DoNotCall", "true"))
    imported(ann("DoNotCall", cell))
    assert noes() == [("call", NOON)]


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"E-mail": "nowhere"}, "rejected"),
        ({"Country": "Atlantis"}, "rejected"),
        ({"Purpose": "weather"}, "rejected"),
        ({"Other phone": "+19005550100"}, "flagged"),
    ],
)
def test_a_no_counts_also_where_the_rest_of_its_row_is_of_no_use_and_then_keeps_the_fingerprint_alone(more, outcome):
    batch = imported(ann("DoNotCall", "1", **more))

    assert outcomes(batch) == {outcome: 1}
    assert noes() == [("call", NOON)]
    assert {line.number for line in PhoneNumber.objects.all()} == {None}
    assert not Contact.objects.exists()
    assert outcomes(imported(ann("Note", ""))) == {"suppressed": 1}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("size", [1, 2])
def test_whether_a_row_of_no_use_comes_first_decides_whether_its_number_may_be_held(settings, first, size):
    settings.IMPORT_CHUNK_ROWS = size
    rows = [("Ann", ANN, "", "nowhere", "1"), ("Ann", ANN, "", "", "")]
    header = ("Name", "Phone", "Mobile", "E-mail", "DoNotCall")
    batch = staged(csv_file(header, *(rows if first else rows[::-1])))
    run.dry_run(batch, resource=EvidenceResource, actor=TESTER, at=NOON)
    foreseen = batch.counts
    run.confirm(batch, actor=TESTER, at=NOON)
    run.commit(batch, resource=EvidenceResource, at=NOON)

    assert outcomes(batch) == {"rejected": 1, "suppressed" if first else "created": 1}
    assert batch.counts == foreseen
    assert noes() == [("call", NOON)]


def test_every_number_of_the_row_is_suppressed_and_of_several_times_the_first_counts():
    header = ("Name", "Phone", "Mobile", "UNSUB_REASON", "UNSUB_TIME")

    imported(csv_file(header, ("Ann", ANN, number(1), "bored", "2025-04-03")))

    assert noes() == [("", datetime(2025, 4, 3, tzinfo=UTC))]
    assert Suppression.objects.count() == 2


def test_what_everyone_at_the_line_had_given_ends_with_an_entry_that_names_the_batch():
    for name in ("Ann", "Bo"):
        point = factories.point(ANN, given_name=name)
        for channel in Channel:
            entry(point, Act.GIVEN, channel=channel)
    list_ = source("list", kind="third_party")

    batch = imported(ann("DoNotCall", "2026-02-01"), of=list_)

    ends = ConsentEvent.objects.filter(act="withdrawn")
    said = ends.values_list("point", "channel", "batch", "source", "method", "occurred_at", "actor_name")
    when = datetime(2026, 2, 1, tzinfo=UTC)
    points = Contact.objects.order_by("pk").values_list("points", flat=True)
    assert sorted(said) == [(pk, "call", batch.pk, list_.pk, "third_party", when, "tester") for pk in points]
    assert set(Consent.objects.values_list("channel", "status")) == {("call", "withdrawn"), ("sms", "given")}
    assert set(
        Consent.history.filter(status="withdrawn").values_list(
            "history_batch", "history_actor", "history_change_reason"
        )
    ) == {(batch.pk, "tester", "withdrawn")}
    assert list(ledger.differences()) == []


def test_a_no_to_all_before_the_consent_leaves_a_no_to_calls_after_it_its_say():
    point = factories.point(ANN, given_name="Ann")
    for channel in Channel:
        entry(point, Act.GIVEN, channel=channel, at=NOON - timedelta(days=9))

    imported(ann("UNSUB_TIME", "2025-04-03", DoNotCall="2026-03-01"))

    assert set(Consent.objects.values_list("channel", "status")) == {("call", "withdrawn"), ("sms", "given")}


def test_what_the_row_itself_says_was_given_ends_with_its_no():
    evidence = dict(zip(EVIDENCE, ("news", GIVEN, "1"), strict=True))

    imported(ann("UNSUB_TIME", "2026-02-01", **evidence))

    assert set(Consent.objects.values_list("status", "given_at")) == {
        ("withdrawn", datetime(2026, 1, 5, 10, tzinfo=UTC))
    }
    assert list(ledger.differences()) == []


def test_a_file_that_comes_again_suppresses_and_ends_nothing_twice():
    evidence = dict(zip(EVIDENCE, ("news", GIVEN, "1"), strict=True))
    content = ann("UNSUB_TIME", "2026-02-01", **evidence)
    imported(content)

    again = imported(content, at=NOON + timedelta(days=1))

    assert outcomes(again) == {"unchanged": 1}
    assert Suppression.objects.count() == 1
    assert ConsentEvent.objects.count() == 4


def test_many_noes_take_as_many_queries_as_few():
    def queries(numbers: range) -> int:
        for n in numbers:
            entry(factories.point(number(n)), Act.GIVEN)
        with CaptureQueriesContext(connection) as said:
            imported(csv_file(("Phone", "UNSUB_REASON"), *((number(n), "bored") for n in numbers)))
        return len(said)

    few, many = queries(range(10, 12)), queries(range(20, 26))

    assert set(Consent.objects.values_list("status", flat=True)) == {"withdrawn"}
    assert few == many


def test_a_no_to_all_and_a_no_to_calls_are_two():
    imported(ann("DoNotCall", "1"))
    imported(ann("UNSUB_REASON", "bored"))

    assert noes() == [("", NOON), ("call", NOON)]


def test_a_no_that_was_lifted_stands_again_when_a_later_file_says_it():
    imported(ann("DoNotCall", "1"))
    lift(Suppression.objects.get(), reason="She called us.", authority=Suppression.Authority.PERSON, at=NOON)

    imported(ann("DoNotCall", "1"), at=NOON + timedelta(days=1))

    assert noes() == [("call", NOON + timedelta(days=1))]
    assert Suppression.objects.count() == 2


def test_overwriting_what_is_there_loosens_no_no():
    imported(ann("DoNotCall", "1"))
    batch = confirmed(ann("DoNotCall", "false", Company="Acme"))
    batch.overwrite = True
    batch.save()

    run.commit(batch, resource=EvidenceResource, at=NOON)

    assert outcomes(batch) == {"updated": 1}
    assert noes() == [("call", NOON)]


@pytest.mark.parametrize("third_party", [True, False])
@pytest.mark.parametrize("size", [1, 2])
def test_a_no_holds_against_what_a_list_says_in_its_next_row(settings, size, third_party):
    settings.IMPORT_CHUNK_ROWS = size
    list_ = source("list", kind="third_party", names_us=True) if third_party else source()
    rows = (("Ann", ANN, "2026-01-01", "", "", ""), ("Ann", ANN, "", "news", GIVEN, "1"))
    batch = staged(csv_file(("Name", "Phone", "UNSUB_TIME", *EVIDENCE), *rows), of=list_)
    expected = run.dry_run(batch, resource=EvidenceResource, actor=TESTER, at=NOON)
    run.confirm(batch, actor=TESTER, at=NOON)
    run.commit(batch, resource=EvidenceResource, at=NOON)

    assert faults(batch) == [(fault.line, fault.column, fault.code) for fault in expected]
    assert faults(batch) == ([(3, "Purpose", "opted_out")] if third_party else [])


def test_nobody_of_the_file_is_held_before_the_no_stands():
    imported(ann("DoNotCall", "1"))

    assert Suppression.objects.get().recorded_at < Contact.objects.get().created_at


def test_whoever_said_no_may_not_be_contacted():
    point = factories.point(ANN, given_name="Ann")
    entry(point, Act.GIVEN, channel=Channel.CALL)

    imported(ann("DoNotCall", "1"))

    decision = may_contact(ANN, purpose=Purpose.objects.get(), channel=Channel.CALL, at=NOON)
    assert decision.reason is Reason.SUPPRESSED


def test_undoing_the_import_keeps_the_no_and_the_number_that_it_is_about():
    batch = imported(ann("DoNotCall", "1"))

    undone = undoing.undo(batch, actor=TESTER, at=NOON + timedelta(days=1))

    assert undone.kept == {"suppressed": 1}
    assert noes() == [("call", NOON)]


def test_the_preview_says_how_many_rows_say_no():
    header = ("Name", "Phone", "DoNotCall", "Do Not Sms")
    rows = (("Ann", ANN, "1", "1"), ("Bo", number(1), "1", ""), ("Cy", number(2), "", ""), ("Di", "call me", "1", ""))
    batch = staged(csv_file(header, *rows))

    run.preview(batch, resource=EvidenceResource, actor=TESTER, at=NOON)

    assert batch.preview["opted_out"] == 2
    assert not Suppression.objects.exists()
