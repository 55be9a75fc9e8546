"""The ledger in the admin: paged without a count, narrowed, and verified from where one looks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent import sealing
from consent.admin import verified
from consent.models import ConsentEvent, LedgerCheck
from consent.rules.states import Act
from crm.celery import app as celery_app
from tests import factories
from tests.consent.sealing.tampering import past_the_triggers
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db
LEDGER = "/admin/consent/consentevent/"


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


def listed(browser: Client, **parameters: str) -> list[ConsentEvent]:
    return list(browser.get(LEDGER, parameters).context["cl"].result_list)


class TestList:
    def test_nobody_counts_the_ledger_to_show_a_page_of_it(self, officer: Client) -> None:
        factories.entry(factories.point())
        with CaptureQueriesContext(connection) as few:
            officer.get(LEDGER, {"act": "grants"})
        for _time in range(5):
            factories.entry(factories.point())
        with CaptureQueriesContext(connection) as more:
            officer.get(LEDGER, {"act": "grants"})
        assert len(more) == len(few)
        assert not [query for query in more.captured_queries if "COUNT(" in query["sql"].upper()]

    def test_pages_follow_each_other_to_the_end(self, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        entries = [factories.entry(factories.point()) for _time in range(3)]
        from consent.admin.consent_event import ConsentEventAdmin

        monkeypatch.setattr(ConsentEventAdmin, "list_per_page", 2)
        assert listed(officer) == [entries[2], entries[1]]
        assert listed(officer, p="2") == [entries[0]]
        assert listed(officer, p="3") == []

    def test_grants_and_noes_are_found_together(self, officer: Client) -> None:
        given = factories.entry(factories.point())
        gone = factories.entry(given.point, Act.WITHDRAWN, at=NOON)
        factories.entry(factories.point(), Act.REQUESTED)
        assert listed(officer, act="grants") == [given]
        assert listed(officer, act="withdrawals") == [gone]
        assert listed(officer, act="requested") != []

    def test_days_are_whole_ones_of_whoever_looks(self, officer: Client, settings: Any) -> None:
        settings.TIME_ZONE = "America/New_York"
        late = factories.entry(factories.point(), at=datetime(2026, 1, 11, 4, 30, tzinfo=UTC))  # the 10th, 23:30
        factories.entry(factories.point(), at=datetime(2026, 1, 11, 5, 30, tzinfo=UTC))
        day = {"occurred_at_from": "2026-01-10", "occurred_at_to": "2026-01-10"}
        assert listed(officer, **day) == [late]

    @pytest.mark.parametrize("text", ["", "yesterday", "2026-02-31", "0000-00-00", "9999-12-31"])
    def test_what_is_no_day_narrows_nothing(self, officer: Client, text: str) -> None:
        entry = factories.entry(factories.point())
        assert listed(officer, occurred_at_to=text) == [entry]


class TestVerifying:
    def test_a_sealed_entry_is_shown_with_its_way_to_the_root(self, officer: Client) -> None:
        entries = [factories.entry(factories.point()) for _time in range(3)]
        seal = sealing.seal(actor=TESTER, at=NOON)
        assert seal is not None
        answer = officer.get(f"{LEDGER}{entries[1].pk}/verify/")
        assert "byte for byte" in answer.content.decode()
        steps = answer.context["steps"]
        assert (len(steps), steps[-1][1]) == (4, seal.root)
        page = officer.get(f"{LEDGER}{entries[1].pk}/change/").content.decode()
        assert "Seal 1, position 1" in page

    def test_one_that_waits_for_its_seal_says_so(self, officer: Client) -> None:
        entry = factories.entry(factories.point())
        assert "not sealed yet" in officer.get(f"{LEDGER}{entry.pk}/verify/").content.decode()
        assert "not sealed yet" in officer.get(f"{LEDGER}{entry.pk}/change/").content.decode()

    def test_one_that_was_changed_does_not_verify(self, officer: Client) -> None:
        entry = factories.entry(factories.point())
        sealing.seal(actor=TESTER, at=NOON)
        past_the_triggers(f"UPDATE consent_consentevent SET channel = 'call' WHERE id = {entry.pk}")
        page = officer.get(f"{LEDGER}{entry.pk}/verify/").content.decode()
        assert "does not verify" in page
        assert "byte for byte" not in page

    def test_all_that_a_seal_is_over_is_verified(self, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        entries = [factories.entry(factories.point()) for _time in range(3)]
        sealing.seal(actor=TESTER, at=NOON)
        assert "byte for byte" in officer.get("/admin/consent/seal/1/verify/").content.decode()
        past_the_triggers("UPDATE consent_consentevent SET channel = 'call'")
        assert officer.get("/admin/consent/seal/1/verify/").context["faults"] == [
            f"edited, seal 1, entry {entry.pk}" for entry in entries
        ]
        monkeypatch.setattr(verified, "MOST_NAMED", 1)
        assert officer.get("/admin/consent/seal/1/verify/").context["faults"][1:] == ["and 2 more"]

    @pytest.mark.parametrize("number", ["7", "x"])
    def test_there_is_no_page_of_a_seal_that_was_never_made(self, officer: Client, number: str) -> None:
        assert officer.get(f"/admin/consent/seal/{number}/verify/").status_code == 404


class TestChecking:
    def test_the_page_says_how_much_is_read_and_a_worker_does_it(
        self, officer: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        factories.entry(factories.point())
        sealing.seal(actor=TESTER, at=NOON)
        assert "reads all 1 sealed entries" in officer.get("/admin/consent/ledgercheck/ask/").content.decode()
        sent: list[Any] = []
        monkeypatch.setattr(celery_app, "send_task", lambda *task: sent.append(task))
        with django_capture_on_commit_callbacks(execute=True):
            officer.post("/admin/consent/ledgercheck/ask/")
        check = LedgerCheck.objects.get()
        assert sent == [("consent.tasks.check_ledger", [check.pk])]
        assert check.asked_by is not None

    def test_while_the_broker_is_down_it_waits(
        self, officer: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        def fails(*task: Any) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr(celery_app, "send_task", fails)
        with django_capture_on_commit_callbacks(execute=True):
            assert officer.post("/admin/consent/ledgercheck/ask/").status_code == 302
        assert LedgerCheck.objects.get().state == "waiting"

    def test_what_was_found_is_named_with_its_entry(self, officer: Client) -> None:
        entry = factories.entry(factories.point())
        found = [{"of": "seals", "kind": "edited", "seal": 1, "entry": entry.pk, "detail": "<b>"}]
        check = LedgerCheck.objects.create(
            state="faulty", asked_at=NOON, started_at=NOON, finished_at=NOON, faults=3, found=found
        )
        page = officer.get(f"/admin/consent/ledgercheck/{check.pk}/change/").content.decode()
        assert f'href="{LEDGER}{entry.pk}/change/"' in page
        assert "and 2 more" in page
        assert "<b>" not in page.split("what was found", 1)[-1].split("</fieldset>")[0]
