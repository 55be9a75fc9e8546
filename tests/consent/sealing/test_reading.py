"""The bytes of entries as the database gives them are those that Python makes of the same entry, on both databases."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.models import ConsentEvent, Notice
from consent.rules import merkle
from consent.rules.entries import COLUMNS, Entry, Wording, canonical
from consent.sealing import reading
from crm import bulk
from tests import factories

pytestmark = pytest.mark.django_db

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
# With and without microseconds: SQLite does not write those that are none.
moments = moments | moments.map(lambda at: at.replace(microsecond=0))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    uid=st.uuids(),
    at=moments,
    recorded=moments,
    actor=names,
    digest=st.text("0123456789abcdef|,:\n", max_size=64),
    with_notice=st.booleans(),
    with_source=st.booleans(),
)
def test_sql_and_python_agree(
    uid: UUID, at: datetime, recorded: datetime, actor: str, digest: str, with_notice: bool, with_source: bool
) -> None:
    with transaction.atomic():
        purpose = factories.purpose()
        notice = factories.notice(purpose, language="de", version=2) if with_notice else None
        source = factories.source() if with_source else None
        entry = ConsentEvent.objects.create(
            uid=uid,
            point=factories.point(),
            purpose=purpose,
            channel="sms",
            act="withdrawn",
            occurred_at=at,
            notice=notice,
            source=source,
            method="web_form",
            actor_name=actor,
            evidence_digest=digest,
        )
        # recorded_at fills itself.
        values = [getattr(entry, name) for name in COLUMNS]
        values[0], values[1], values[COLUMNS.index("recorded_at")] = entry.pk + 1, UUID(int=uid.int ^ 1), recorded
        bulk.insert(ConsentEvent, COLUMNS, [values])
        found = dict(reading.unsealed(most=10))
        assert len(found) == 2
        for row in ConsentEvent.objects.select_related("notice"):
            assert found[row.pk] == merkle.leaf(canonical(*said(row)))
        transaction.set_rollback(True)


def said(row: ConsentEvent) -> tuple[Entry, Wording | None]:
    notice = row.notice
    entry = Entry(**{name: getattr(row, name) for name in COLUMNS})
    return entry, Wording(notice.language, notice.version, notice.digest) if notice else None


def test_a_notice_that_is_published_meanwhile_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = factories.entry(factories.point())
    real = reading.wordings
    seen: list[dict[int, bytes]] = []

    def wordings() -> dict[int, bytes]:
        seen.append(real())
        return seen[-1]

    monkeypatch.setattr(reading, "wordings", wordings)
    rows = reading.unsealed(most=5)
    assert dict(rows)[entry.pk] == merkle.leaf(canonical(*said(entry)))
    assert set(seen[0]) == {0, Notice.objects.get().pk}


def test_no_more_are_read_than_asked_for() -> None:
    ids = [factories.entry(factories.point()).pk for _ in range(3)]
    assert [pk for pk, _leaf in reading.unsealed(most=2)] == ids[:2]
    assert [pk for pk, _leaf in reading.unsealed(most=9, between=(ids[1], ids[1]))] == [ids[1]]


def test_an_empty_ledger_is_read_to_its_end() -> None:
    assert list(reading.unsealed(most=9)) == []
    assert list(reading.sealed(up_to=9)) == []
    # And the connection is free again.
    assert ConsentEvent.objects.count() == 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL copies")
def test_what_the_database_refuses_is_raised_as_by_django() -> None:
    with pytest.raises(DatabaseError, match="no_such_table"), transaction.atomic():
        list(reading._copied("SELECT 1 FROM no_such_table"))
    with pytest.raises(DatabaseError, match="division by zero"), transaction.atomic():
        list(reading._copied("SELECT 1 / (3 - n) FROM generate_series(1, 5) n"))
    assert ConsentEvent.objects.count() == 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL copies")
def test_a_reader_that_stops_early_leaves_the_connection_free() -> None:
    rows = reading._copied("SELECT n FROM generate_series(1, 100000) n")
    assert next(rows) != b""
    rows.close()  # type: ignore[attr-defined]
    assert ConsentEvent.objects.count() == 0
