"""The first page: what it says, to whom, with a list behind every figure, and in as many queries at any size."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from consent import insight, sealing
from consent.admin.charts import Chart, Column, Series
from consent.admin.dashboard import MOST_SOURCES
from consent.models import Alert, PurgeRun
from consent.rules.states import Act
from crm.celery import app as celery_app
from crm.models import Source
from tests import capturing, factories
from tests.raw import POSTGRES

pytestmark = pytest.mark.django_db
NOW = timezone.now()
# What the issue allows.
MOST_QUERIES = 15


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(factories.user(role.casefold(), role=role))
    return client


def cards(browser: Client) -> dict[str, Any]:
    """Return the cards of the page by their labels."""
    groups = browser.get("/admin/").context["groups"]
    return {card.label: card for _title, of_group in groups for card in of_group}


def somebody(*, source: str = "web", days: int = 20) -> Any:
    point = factories.point(of=factories.source(source), at=NOW - timedelta(days=days))
    factories.entry(point, at=NOW - timedelta(days=days - 1))
    return point


def everything(people: int) -> None:
    """Make something of every kind that the page counts, `people` times."""
    factories.policy()
    for index in range(people):
        point = somebody(source=f"web{index}")
        factories.entry(point, Act.WITHDRAWN, at=NOW - timedelta(days=3))
        capturing.subject_request(contact=point.contact)
        capturing.inbound(point.line)
        factories.purpose(f"purpose{index}")
    if not Alert.objects.exists():
        Alert.objects.create(kind=Alert.Kind.OVERDUE, opened_at=NOW)
        PurgeRun.objects.create(as_of=NOW, started_at=NOW, finished_at=NOW, state="done")
    sealing.seal(actor=factories.TESTER, at=NOW)
    insight.carry_out(insight.ask(user=None, at=NOW).pk)
    insight.count(at=NOW)


def queries(browser: Client) -> int:
    with CaptureQueriesContext(connection) as found:
        assert browser.get("/admin/").status_code == 200
    return len(found)


def test_it_takes_as_many_queries_with_a_few_as_with_many(officer: Client) -> None:
    everything(2)
    officer.get("/admin/")  # content types are remembered from then on
    few = queries(officer)
    factories.policy("consent_lapsed")
    for index in range(30):
        somebody(source=f"more{index}")
        factories.purpose(f"more{index}")
    insight.count(at=NOW)
    assert queries(officer) == few <= MOST_QUERIES


def test_the_figures_are_those_that_were_counted_and_it_says_when(officer: Client) -> None:
    somebody()
    figures = insight.count(at=NOW)
    somebody()
    answer = officer.get("/admin/")
    assert cards(officer)["Numbers"].value == "1"
    assert answer.context["figures"] == figures
    assert "Counted at" in answer.content.decode()


def test_before_anything_was_counted_it_says_so_and_shows_what_needs_no_count(officer: Client) -> None:
    answer = officer.get("/admin/")
    assert "Nothing was counted yet" in answer.content.decode()
    assert set(cards(officer)) == {
        "Alerts",
        "Requests by people",
        "Unclear texts",
        "Last run",
        "Last seal",
        "Last check",
    }
    assert (answer.context["charts"], answer.context["sources"]) == ([], [])


@pytest.mark.skipif(POSTGRES, reason="tried with SQLite")
@pytest.mark.parametrize("role", ["Compliance officer", "Retention manager", "Administrator", "Editor", "Read-only"])
def test_every_figure_links_to_a_list_that_its_reader_may_open(role: str) -> None:
    everything(2)
    browser = signed_in(role)
    answer = browser.get("/admin/")
    links = [card.link for _title, of_group in answer.context["groups"] for card in of_group]
    links += [column.link for chart in answer.context["charts"] for column in chart.columns[-2:]]
    links += [row.link for row in answer.context["sources"]]
    assert links
    assert {link: browser.get(link, follow=True).status_code for link in links} == dict.fromkeys(links, 200)


def test_whoever_may_not_look_at_the_list_is_not_shown_its_figure() -> None:
    everything(1)
    shown = set(cards(signed_in("Importer")))
    assert {"People", "Numbers", "Notices due (GDPR 14)"} <= shown
    assert shown.isdisjoint({"Alerts", "Unclear texts", "Requests by people", "Last run", "Last seal", "Go tonight"})


def test_staff_in_no_group_see_that_there_is_nothing_for_them() -> None:
    everything(1)
    client = Client()
    client.force_login(factories.user("nobody"))
    answer = client.get("/admin/")
    assert "nothing here that you may look at" in answer.content.decode()
    assert (answer.context["charts"], answer.context["sources"]) == ([], [])


def test_requests_say_how_many_are_overdue(officer: Client) -> None:
    for days in (90, 1):
        contact = factories.contact()
        capturing.subject_request(contact=contact, received_at=NOW - timedelta(days=days))
    card = cards(officer)["Requests by people"]
    assert (card.value, card.note, card.tone) == ("2", "1 overdue", "danger")


def test_what_is_overdue_says_for_how_long(officer: Client) -> None:
    factories.policy()
    point = somebody()
    factories.entry(point, Act.WITHDRAWN, at=NOW - timedelta(days=9, hours=1))
    insight.count(at=NOW)
    found = cards(officer)
    assert (found["Go tonight"].value, found["Go in the next 30 nights"].value) == ("1", "1")
    assert (found["Oldest overdue"].value, found["Oldest overdue"].tone) == ("9 days", "danger")


@pytest.mark.parametrize(("state", "tone"), [("done", "success"), ("failed", "danger"), ("running", "")])
def test_the_last_run_says_how_it_ended(officer: Client, state: str, tone: str) -> None:
    finished = None if state == "running" else NOW
    counts = {"purge": 1200, "anonymize": 34}
    PurgeRun.objects.create(as_of=NOW, started_at=NOW, finished_at=finished, state=state, counts=counts)
    card = cards(officer)["Last run"]
    assert card.tone == tone
    assert card.note.startswith("1,234 gone, ")


def test_a_run_that_waits_says_how_much_would_go(officer: Client) -> None:
    PurgeRun.objects.create(as_of=NOW, started_at=NOW, state="waiting", brake="share", due=1500)
    card = cards(officer)["Last run"]
    assert (card.value, card.tone) == ("Waiting for approval", "warning")
    assert card.note.startswith("1,500 would go, ")


def test_notices_say_how_many_are_late(officer: Client) -> None:
    listed = factories.source("bought", kind=Source.Kind.THIRD_PARTY)
    for days in (90, 2):
        factories.point(of=listed, at=NOW - timedelta(days=days))
    insight.count(at=NOW)
    card = cards(officer)["Notices due (GDPR 14)"]
    assert (card.value, card.note, card.tone) == ("2", "1 late", "danger")
    rows = officer.get(card.link).context["cl"].result_list
    assert {row.obtained_at.date() for row in rows} == {(NOW - timedelta(days=days)).date() for days in (90, 2)}


def test_the_sources_with_the_most_people_come_first_and_no_more_than_fit(officer: Client) -> None:
    for index in range(MOST_SOURCES + 2):
        factories.source(f"source{index}")
    somebody(source="big")
    insight.count(at=NOW)
    rows = officer.get("/admin/").context["sources"]
    assert (rows[0].name, len(rows)) == ("Big", MOST_SOURCES)
    assert len(officer.get("/admin/crm/source/scorecard/").context["sources"]) == MOST_SOURCES + 3


class TestCountingAgain:
    def test_a_worker_is_asked(self, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        sent: list[str] = []
        monkeypatch.setattr(celery_app, "send_task", lambda name: sent.append(name))
        answer = officer.post("/admin/consent/figures/again/", follow=True)
        assert sent == ["consent.tasks.count_figures"]
        assert "A worker counts again" in answer.content.decode()

    @pytest.mark.parametrize("error", [BrokerDown(), ConnectionRefusedError()])
    def test_a_broker_that_is_down_is_told(
        self, officer: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        def fails(name: str) -> None:
            raise error

        monkeypatch.setattr(celery_app, "send_task", fails)
        answer = officer.post("/admin/consent/figures/again/", follow=True)
        assert "nothing was started" in answer.content.decode()


class TestCharts:
    def chart(self, *numbers: int) -> Chart:
        columns = [Column(str(index)) for index in range(len(numbers))]
        return Chart("key", "Title", "Summary", columns, [Series("grants", "chart-yes", numbers)])

    def test_the_highest_bar_reaches_the_line_and_the_smallest_can_be_seen(self) -> None:
        high, low = self.chart(10_000, 1).bars
        assert (high.y, high.height) == (Chart.top, Chart.floor - Chart.top)
        assert low.height == 2

    def test_nothing_is_no_bar_and_no_chart_divides_by_it(self) -> None:
        assert self.chart(0, 0).bars == []
        assert self.chart().bars == []

    def test_bars_stay_within_the_drawing_and_beside_each_other(self) -> None:
        numbers = [3] * 26
        columns = [Column(str(index)) for index in range(26)]
        both = [Series("grants", "chart-yes", numbers), Series("withdrawals", "chart-no", numbers)]
        bars = sorted(
            (float(bar.x.rstrip("%")), float(bar.width.rstrip("%")))
            for bar in Chart("key", "Title", "Summary", columns, both).bars
        )
        assert bars[0][0] >= 0
        assert bars[-1][0] + bars[-1][1] <= 100
        assert all(x + width <= following + 0.01 for (x, width), (following, _w) in pairwise(bars))

    def test_the_table_says_the_same_as_the_bars(self, officer: Client) -> None:
        somebody()
        insight.count(at=NOW)
        weeks, nights = officer.get("/admin/").context["charts"]
        assert sum(int(numbers[0]) for _column, numbers in weeks.rows) == 1
        assert len(nights.rows) == 30
        page = officer.get("/admin/").content.decode()
        assert 'role="img"' in page
        assert "As a table" in page

    def test_a_week_leads_to_its_entries(self, officer: Client) -> None:
        somebody(days=20)
        somebody(days=2)
        insight.count(at=NOW)
        weeks = officer.get("/admin/").context["charts"][0]
        found = {
            column.label: len(officer.get(column.link).context["cl"].result_list)
            for column, numbers in weeks.rows
            if numbers[0] != "0"
        }
        assert sum(found.values()) == 2
