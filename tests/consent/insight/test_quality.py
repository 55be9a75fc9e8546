"""The scorecard of a source: each count is of what it says, at the hour it says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import insight, suppression
from consent.insight import Scorecard
from consent.insight.quality import _MARGIN
from consent.rules.states import Act
from consent.rules.times import add_months, notice_due_at
from crm.models import ImportBatch, Provenance, Source
from tests import factories
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db


def card(source: Source) -> Scorecard:
    return Scorecard(**insight.scorecards(at=NOON)[source.pk])


def bought(**values: object) -> Source:
    return factories.source("bought", kind=Source.Kind.THIRD_PARTY, **values)


def committed(source: Source, **counts: int) -> None:
    stage = ImportBatch.Stage.COMMITTED
    factories.batch(source, stage=stage, counts=counts, confirmed_at=NOON, committed_at=NOON)


def test_points_are_those_that_are_held() -> None:
    web = factories.source()
    factories.point(of=web)
    factories.point(of=web)
    assert card(web).points == 2
    assert card(factories.source("other")).points == 0


def test_the_rows_of_its_files_say_how_many_were_good() -> None:
    web = factories.source()
    committed(web, created=6, updated=1, unchanged=1, rejected=2)
    factories.batch(web, counts={"rejected": 50})
    found = card(web)
    assert (found.rows, found.rejected, found.known) == (10, 2, 2)
    assert (found.valid, found.duplicates) == (0.8, 0.2)


def test_without_files_there_are_no_shares() -> None:
    found = card(factories.source())
    assert (found.valid, found.duplicates, found.opting_out) == (None, None, None)


def test_whoever_said_no_in_the_last_thirty_days_counts_once() -> None:
    web = factories.source()
    for days in (29, 31):
        point = factories.point(of=web)
        factories.entry(point)
        factories.entry(point, Act.WITHDRAWN, at=NOON - timedelta(days=days))
    stopped = factories.point(of=web)
    assert stopped.line is not None
    suppression.suppress(stopped.line, since=NOON - timedelta(days=2), reason="stop", actor=TESTER)
    factories.entry(stopped, Act.REFUSED, at=NOON - timedelta(days=2))
    found = card(web)
    assert found.opted_out == 2
    assert found.opting_out == pytest.approx(2 / 3)


def test_notices_are_owed_of_third_parties_alone_and_late_after_a_month() -> None:
    web, listed = factories.source(), bought()
    factories.point(of=web, at=NOON - timedelta(days=90))
    factories.point(of=listed, at=NOON - timedelta(days=90))
    factories.point(of=listed, at=NOON - timedelta(days=3))
    told = factories.point(of=listed, at=NOON - timedelta(days=90))
    Provenance.objects.filter(point=told).update(notice_sent_at=NOON)
    exempt = factories.point(of=listed, at=NOON - timedelta(days=90))
    Provenance.objects.filter(point=exempt).update(notice_exempt="14(5)(a): they know")
    assert (card(web).untold, card(web).late) == (0, 0)
    assert (card(listed).untold, card(listed).late) == (2, 1)


@pytest.mark.parametrize(
    ("at", "obtained", "late"),
    [
        # The last day of a short month: what was obtained on the 31st is due before what came on the 28th at night.
        (datetime(2026, 2, 28, 12, tzinfo=UTC), datetime(2026, 1, 31, 10, tzinfo=UTC), 1),
        (datetime(2026, 2, 28, 12, tzinfo=UTC), datetime(2026, 1, 28, 18, tzinfo=UTC), 0),
        (datetime(2026, 3, 31, 12, tzinfo=UTC), datetime(2026, 2, 28, 18, tzinfo=UTC), 1),
        (datetime(2026, 3, 31, 12, tzinfo=UTC), datetime(2026, 3, 1, 0, tzinfo=UTC), 0),
    ],
)
def test_at_the_ends_of_months_each_notice_is_late_when_it_is(at: datetime, obtained: datetime, late: int) -> None:
    listed = bought()
    factories.point(of=listed, at=obtained)
    assert insight.scorecards(at=at)[listed.pk]["late"] == late


@settings(deadline=None)
@given(
    at=st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),
    before=st.timedeltas(timedelta(days=20), timedelta(days=40)),
)
def test_outside_the_days_that_are_looked_at_one_by_one_no_notice_is_mistaken(at: datetime, before: timedelta) -> None:
    obtained, surely = at - before, add_months(at, -1)
    if obtained < surely:
        assert notice_due_at(obtained) < at
    elif obtained >= surely + _MARGIN:
        assert notice_due_at(obtained) >= at
