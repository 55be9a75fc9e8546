"""Exports with their record: for the office everybody, for a purpose only whom one may contact for it."""

import io
from datetime import timedelta
from typing import Any

import pytest

from consent import access, suppression
from consent.exporting import Use, export
from consent.models import AccessRecord, Disclosure
from consent.rules.lines import Channel
from consent.rules.states import Act
from crm import bulk, intake
from crm.models import Contact
from tests import factories
from tests.exporting import table
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db


def taken(**how: Any) -> tuple[list[dict[str, str]], AccessRecord]:
    """Return the rows of the file that is written, and the record of it."""
    file = io.BytesIO()
    given: dict[str, Any] = {"format": "csv", "masked": False, "actor": TESTER, "at": NOON, "reason": "test"}
    record = export(to=file, **given | how)
    return table(file.getvalue()), record


def use(slug: str = "news", channel: Channel = Channel.SMS) -> Use:
    return Use(factories.purpose(slug), channel)


def test_for_the_office_everybody_is_taken_whatever_they_said() -> None:
    point = factories.point("+12025550100", given_name="Ann")
    factories.entry(point, Act.WITHDRAWN)

    rows, record = taken()
    assert rows == [{"Given name": "Ann", "Phone 1 - Value": "+12025550100"}]
    assert (record.kind, record.contacts, record.points, record.scope, record.left_out) == ("export", 1, 1, {}, {})


def test_for_a_purpose_only_who_may_be_contacted_is_taken_and_every_no_is_counted() -> None:
    given, withdrawn, asked, stopped, restricted = (
        factories.point(given_name=name) for name in ("Ann", "Bo", "Cy", "Di", "Ed")
    )
    for point in (given, withdrawn, stopped, restricted):
        factories.entry(point, Act.GIVEN)
    factories.entry(withdrawn, Act.WITHDRAWN, at=NOON - timedelta(days=2))
    factories.entry(asked, Act.REQUESTED)
    assert stopped.line
    suppression.suppress(stopped.line, since=NOON - timedelta(days=1), reason="stop", actor=TESTER)
    intake.restrict(restricted.contact, on=True, actor=TESTER, at=NOON, reason="asked")
    purpose = factories.purpose()

    rows, record = taken(use=use())
    assert [row["Given name"] for row in rows] == ["Ann"]
    assert (record.contacts, record.points) == (1, 1)
    assert record.left_out == {"withdrawn": 1, "not_confirmed": 1, "suppressed": 1, "contact_restricted": 1}
    assert record.scope == {"purpose": purpose.pk, "channel": "sms"}


def test_what_was_agreed_to_for_texts_is_not_taken_for_calls() -> None:
    factories.entry(factories.point(), channel=Channel.SMS)

    assert taken(use=use(channel=Channel.CALL))[1].left_out == {"no_consent": 1}


def test_at_night_a_list_is_written_as_by_day() -> None:
    factories.entry(factories.point())

    assert taken(use=use(), at=NOON.replace(hour=6))[1].points == 1


def test_the_record_names_by_id_what_was_asked_for() -> None:
    source = factories.source()
    ids = [factories.point(given_name=name).contact_id for name in ("Ann", "Bo")]

    _rows, record = taken(contact_ids=[ids[1], ids[0], ids[1]], source=source, masked=True)
    assert record.scope == {"contacts": ids, "source": source.pk}
    assert record.masked


@pytest.mark.parametrize(("reason", "error"), [("", access.NoReason), ("for +44 20 7946 0123", access.NumberInReason)])
def test_without_a_good_reason_nothing_is_even_read(reason: str, error: type[Exception]) -> None:
    factories.point()
    file = io.BytesIO()
    with pytest.raises(error):
        export(to=file, format="csv", masked=True, actor=TESTER, at=NOON, reason=reason)
    assert file.getvalue() == b""
    assert not AccessRecord.objects.exists()


def test_the_queries_of_an_export_for_a_purpose_do_not_grow(django_assert_num_queries: Any) -> None:
    asked = use()
    for _each in range(4):
        factories.entry(factories.point())
    # 4 to read, 4 to decide; a savepoint, the record, and the end of the savepoint.
    with django_assert_num_queries(11):
        taken(use=asked)
    assert Contact.objects.count() == 4


def test_who_gets_the_file_is_written_down_for_everybody_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "CHUNK", 2)
    points = [factories.point() for _each in range(4)]
    for point in points[:3]:
        factories.entry(point)

    _rows, record = taken(use=use(), recipient=" Mailing Ltd ", masked=True)
    found = Disclosure.objects.order_by("pk")
    assert [each.contact_id for each in found] == [point.contact_id for point in points[:3]]
    assert {
        (each.recipient, each.purpose, each.at, each.actor_name, each.access_record, each.note) for each in found
    } == {("Mailing Ltd", factories.purpose(), NOON, "tester", record, "")}


def test_what_stays_in_the_office_is_no_disclosure() -> None:
    factories.point()

    taken(recipient=" ")
    assert not Disclosure.objects.exists()


def test_a_recipient_with_a_number_is_refused_before_anything_is_read() -> None:
    factories.point()
    file = io.BytesIO()
    with pytest.raises(access.NumberInRecipient):
        export(
            to=file,
            format="csv",
            masked=True,
            actor=TESTER,
            at=NOON,
            reason="test",
            recipient="Ann +44 20 7946 0123",
        )
    assert file.getvalue() == b""
    assert not AccessRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_record_and_the_disclosures_are_written_together_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: Any) -> None:
        raise OSError("disk full")

    factories.point()
    monkeypatch.setattr(bulk, "insert", full)
    with pytest.raises(OSError, match="disk full"):
        taken(recipient="Mailing Ltd")
    assert not AccessRecord.objects.exists()
    assert not Disclosure.objects.exists()
