"""Policies, holds, runs and suppressions in the admin."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError

from consent import retention, suppression
from consent.admin.legal_hold import HoldForm
from consent.ledger import Proof
from consent.models import LegalHold, PurgeRun, RetentionPolicy, Suppression
from consent.rules.states import Act
from crm.celery import app as celery_app
from crm.models import attributed_to
from tests import factories
from tests.racing import in_threads
from tests.raw import POSTGRES

pytestmark = pytest.mark.django_db


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(factories.user("mo", role="Retention manager"))
    return client


class TestPolicies:
    def test_a_policy_is_made_with_its_reason_in_the_history(self, manager: Client) -> None:
        data = {"name": "Withdrawn", "slug": "withdrawn", "trigger": "consent_withdrawn", "action": "purge"}
        data |= {"after_months": "0", "after_days": "0", "active": "on", "change_reason": "board of 1 March"}
        assert manager.post("/admin/consent/retentionpolicy/add/", data).status_code == 302
        policy = RetentionPolicy.objects.get()
        assert policy.history.get().history_change_reason == "board of 1 March"

    def test_a_purpose_goes_only_with_a_consent(self, manager: Client) -> None:
        data = {"name": "Idle", "slug": "idle", "trigger": "last_interaction", "action": "purge", "after_months": "1"}
        data |= {"after_days": "0", "purpose": str(factories.purpose().pk)}
        answer = manager.post("/admin/consent/retentionpolicy/add/", data)
        assert "Only policies on consents" in str(answer.context["adminform"].form.non_field_errors())


class TestHolds:
    def test_its_author_is_who_placed_it_and_the_time_is_now(self, officer: Client) -> None:
        contact = factories.point().contact
        data = {"contact": str(contact.pk), "reason": "claim 7", "author": "1", "placed_at_0": "2020-01-01"}
        assert officer.post("/admin/consent/legalhold/add/", data).status_code == 302
        hold: Any = LegalHold.objects.get()
        assert hold.author.username == "ola"
        assert hold.placed_at.date() == timezone.now().date()

    def test_it_is_on_one_thing(self, officer: Client) -> None:
        point = factories.point()
        for on in ({}, {"contact": point.contact_id, "point": point.pk}):
            answer = officer.post("/admin/consent/legalhold/add/", {"reason": "claim 7"} | on)
            assert "A hold is on" in str(answer.context["adminform"].form.non_field_errors())

    def test_what_was_erased_cannot_be_held_and_reasons_hold_no_numbers(self, officer: Client) -> None:
        gone, there = factories.point(), factories.point()
        retention.erase(gone.contact, reason="request", actor=factories.TESTER, at=timezone.now())
        answer = officer.post("/admin/consent/legalhold/add/", {"contact": gone.contact_id, "reason": "claim 7"})
        assert "contact" in answer.context["adminform"].form.errors
        data = {"contact": there.contact_id, "reason": "claim of +12025550187"}
        answer = officer.post("/admin/consent/legalhold/add/", data)
        assert "reason" in answer.context["adminform"].form.errors

    @pytest.mark.skipif(not POSTGRES, reason="SQLite has a single writer: nothing comes in between")
    @pytest.mark.django_db(transaction=True)
    def test_whoever_is_erased_while_the_hold_is_being_placed_is_named_in_the_form(
        self, officer: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = factories.point().contact
        looked = HoldForm.clean

        def and_then_it_is_erased(form: HoldForm) -> dict[str, Any]:
            found = looked(form)
            if gone.points.filter(erased_at=None).exists():
                how: Any = {"reason": "request", "actor": factories.TESTER, "at": timezone.now()}
                in_threads(lambda: retention.erase(gone, **how))
            return found

        monkeypatch.setattr(HoldForm, "clean", and_then_it_is_erased)
        answer = officer.post("/admin/consent/legalhold/add/", {"contact": gone.pk, "reason": "claim 7"})
        assert "contact" in answer.context["adminform"].form.errors
        assert not LegalHold.objects.exists()

    def test_it_is_released_with_a_reason_and_then_stays_as_it_is(self, officer: Client) -> None:
        with attributed_to(factories.origin()):
            hold = LegalHold.objects.create(contact=factories.point().contact, reason="claim", placed_at=factories.NOON)
        assert officer.post(f"/admin/consent/legalhold/{hold.pk}/release/", {}).status_code == 200
        officer.post(f"/admin/consent/legalhold/{hold.pk}/release/", {"reason": "settled"})
        hold.refresh_from_db()
        assert hold.released_at is not None
        assert hold.history.latest().history_change_reason == "settled"
        answer = officer.post(f"/admin/consent/legalhold/{hold.pk}/change/", {"reason": "other"})
        assert answer.status_code == 403


class TestSuppressions:
    def test_one_is_lifted_with_a_reason(self, officer: Client) -> None:
        point: Any = factories.point()
        no = Suppression.objects.create(
            line=point.line, extent="contact", reason="stop", since=factories.NOON, actor_name="tester"
        )
        said = {"reason": "asked for it in writing", "authority": "person"}
        officer.post(f"/admin/consent/suppression/{no.pk}/lift/", said)
        no.refresh_from_db()
        assert (no.lifted_reason, no.lifted_authority) == ("asked for it in writing", "person")

    @pytest.mark.parametrize("missing", ["reason", "authority"])
    def test_none_is_lifted_without_a_reason_and_an_authority(self, officer: Client, missing: str) -> None:
        point: Any = factories.point()
        no = Suppression.objects.create(
            line=point.line, extent="contact", reason="stop", since=factories.NOON, actor_name="tester"
        )
        said = {"reason": "asked for it", "authority": "person"} | {missing: ""}
        answer = officer.post(f"/admin/consent/suppression/{no.pk}/lift/", said)
        no.refresh_from_db()
        assert no.lifted_at is None
        assert missing in answer.context["form"].errors

    def test_nobody_claims_the_authority_of_a_review_that_did_not_happen(self, officer: Client) -> None:
        point: Any = factories.point()
        no = Suppression.objects.create(
            line=point.line, extent="contact", reason="stop", since=factories.NOON, actor_name="tester"
        )
        answer = officer.post(f"/admin/consent/suppression/{no.pk}/lift/", {"reason": "so", "authority": "read"})
        assert "authority" in answer.context["form"].errors

    def test_the_page_says_beforehand_whom_it_opens(self, officer: Client) -> None:
        point: Any = factories.point()
        no = Suppression.objects.create(
            line=point.line, extent="contact", reason="stop", since=factories.NOON, actor_name="tester"
        )
        Suppression.objects.create(
            line=point.line, extent="contact", channel="sms", reason="x", since=factories.NOON, actor_name="tester"
        )
        page = officer.get(f"/admin/consent/suppression/{no.pk}/lift/").content.decode()
        assert "1 contact is reachable at the number" in page
        assert "Other suppressions of the number, which stay: 1." in page

    def test_what_must_not_be_held_is_never_lifted_here(self, officer: Client) -> None:
        contact = factories.point().contact
        retention.erase(contact, reason="request", actor=factories.TESTER, at=timezone.now())
        no = Suppression.objects.get(extent="hold")
        answer = officer.post(f"/admin/consent/suppression/{no.pk}/lift/", {"reason": "please"})
        assert "own new consent" in said(answer)
        no.refresh_from_db()
        assert no.lifted_at is None

    def test_one_that_a_colleague_lifted_meanwhile_is_told(
        self, officer: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        point: Any = factories.point()
        no = Suppression.objects.create(
            line=point.line, extent="contact", reason="stop", since=factories.NOON, actor_name="tester"
        )

        def late(*args: Any, **kwargs: Any) -> None:
            raise suppression.NotLifted("lifted before")

        monkeypatch.setattr(suppression, "lift", late)
        answer = officer.post(
            f"/admin/consent/suppression/{no.pk}/lift/", {"reason": "asked for it", "authority": "person"}
        )
        assert "cannot be lifted" in str(answer.context["form"].non_field_errors())


class TestRuns:
    def test_a_run_shows_its_counts_and_its_receipts(self, manager: Client) -> None:
        point = factories.point()
        factories.entry(point, Act.GIVEN)
        factories.entry(point, Act.WITHDRAWN, at=factories.NOON)
        factories.policy()
        run = retention.run(as_of=timezone.now(), actor=factories.TESTER)
        page = manager.get(f"/admin/consent/purgerun/{run.pk}/change/").content.decode()
        assert "numbers erased: 1" in page
        assert f"Contact point {point.pk}" in page
        assert "1 points, 1 numbers, 1 profiles" in manager.get("/admin/consent/purgerun/").content.decode()

    def test_the_button_says_what_is_due_and_queues_the_task(
        self, manager: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        sent: list[str] = []
        monkeypatch.setattr(celery_app, "send_task", lambda name, *args, **kwargs: sent.append(name))
        point = factories.point()
        factories.entry(point, Act.GIVEN)
        factories.entry(point, Act.WITHDRAWN, at=factories.NOON)
        factories.policy()
        assert "Points that are due now: 1." in manager.get("/admin/consent/purgerun/run-now/").content.decode()
        assert sent == []
        with django_capture_on_commit_callbacks(execute=True):
            answer = manager.post("/admin/consent/purgerun/run-now/")
        assert sent == ["consent.tasks.purge"]
        assert "queued" in said(answer)
        assert LogEntry.objects.get().user.username == "mo"
        assert not PurgeRun.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_a_queue_that_does_not_answer_is_told(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def down(*args: Any, **kwargs: Any) -> None:
            raise OperationalError("no broker")

        monkeypatch.setattr(celery_app, "send_task", down)
        client.force_login(factories.user("root", is_superuser=True))
        assert "does not answer" in client.post("/admin/consent/purgerun/run-now/").content.decode()
        assert not LogEntry.objects.exists()


@pytest.mark.parametrize("page", ["consentevent", "consent", "evidence", "receipt", "suppression", "legalhold"])
def test_lists_cost_the_same_at_any_size(client: Client, page: str) -> None:
    client.force_login(factories.user("root", is_superuser=True))
    counts = []
    for size in (2, 8):
        for _each in range(size):
            point, gone = factories.point(), factories.point()
            factories.entry(point, Act.GIVEN, evidence=Proof(shown="?"))
            retention.erase(gone.contact, reason="request", actor=factories.TESTER, at=timezone.now())
            with attributed_to(factories.origin()):
                LegalHold.objects.create(point=point, reason="claim", placed_at=factories.NOON)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/admin/consent/{page}/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("page", ["contactpoint", "phonenumber", "provenance", "source", "importbatch"])
def test_lists_of_contact_data_cost_the_same_at_any_size(client: Client, page: str) -> None:
    client.force_login(factories.user("root", is_superuser=True))
    counts = []
    for size in (2, 8):
        for each in range(size):
            factories.point(of=factories.source(f"web-{size}-{each}"))
            factories.batch()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/admin/crm/{page}/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
