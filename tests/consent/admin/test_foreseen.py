"""What staff are told before anything is erased: the forecast, what a policy would do, and the run that waits."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from consent import retention
from consent.models import PurgeRun, RetentionPolicy
from consent.rules.states import Act
from crm.celery import app as celery_app
from crm.models import Actor, ContactPoint, Origin, Source, attributed_to
from tests import factories
from tests.factories import entry, point, policy, user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FORM = {
    "name": "Said no",
    "slug": "said-no",
    "trigger": "consent_withdrawn",
    "action": "purge",
    "after_months": "0",
    "after_days": "0",
    "active": "on",
    "change_reason": "board of 1 March",
}
ADD = "/admin/consent/retentionpolicy/add/"


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(user("mo", role="Retention manager"))
    return client


@pytest.fixture
def officer() -> Client:
    client = Client()
    client.force_login(user("ola", role="Compliance officer"))
    return client


def withdrawn(count: int, *, days: int = 1) -> None:
    for _ in range(count):
        entry(point(), Act.WITHDRAWN, at=timezone.now() - days * DAY)


class TestTheForecast:
    def test_it_shows_each_night_with_its_policies_and_a_bar(self, manager: Client) -> None:
        terms = policy(after_days=4)
        RetentionPolicy.objects.filter(pk=terms.pk).update(name="Said no")
        withdrawn(4, days=9)
        withdrawn(1)
        answer = manager.get("/admin/consent/purgerun/forecast/")
        first, second = answer.context["rows"]
        assert (first.due, first.why, first.share) == ("4", [("Said no", "4")], 100)
        assert (second.due, second.why, second.share) == ("1", [("Said no", "1")], 25)
        assert (answer.context["tonight"], answer.context["total"]) == ("4", "5")
        assert "Said no: 4" in text(answer)

    def test_large_numbers_are_read_in_groups(self, manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        terms = policy()
        nights = [retention.Night(timezone.now(), {terms.pk: 1204})]
        monkeypatch.setattr(retention, "forecast", lambda **values: nights)
        assert "1,204" in text(manager.get("/admin/consent/purgerun/forecast/"))

    def test_nothing_is_said_to_be_nothing(self, manager: Client) -> None:
        assert "Nothing falls due in the next 90 nights." in text(manager.get("/admin/consent/purgerun/forecast/"))

    def test_it_is_linked_from_the_runs_and_from_the_side_bar(self, manager: Client, client: Client) -> None:
        assert text(manager.get("/admin/consent/purgerun/")).count("/admin/consent/purgerun/forecast/") >= 2
        editor = Client()
        editor.force_login(user("ed", role="Editor"))
        assert "/purgerun/forecast/" not in text(editor.get("/admin/"))
        assert editor.get("/admin/consent/purgerun/forecast/").status_code == 403


class TestWhatIf:
    def test_a_policy_that_erases_more_is_asked_about_before_it_is_saved(self, manager: Client) -> None:
        withdrawn(2)
        answer = manager.post(ADD, FORM)
        assert answer.status_code == 200
        assert "This policy would erase 2 contact points tonight: 2 go with it, 0 without it." in text(answer)
        assert not RetentionPolicy.objects.exists()
        assert manager.post(ADD, FORM | {"_seen": answer.context["seen"]}).status_code == 302
        assert RetentionPolicy.objects.get().history.get().history_change_reason == "board of 1 March"

    def test_what_was_typed_is_sent_along_and_the_way_back_saves_nothing(self, manager: Client) -> None:
        withdrawn(1)
        posted = dict(manager.post(ADD, FORM | {"name": 'Said "no"'}).context["posted"])
        assert posted == FORM | {"name": 'Said "no"'}
        answer = manager.post(ADD, posted | {"_back": "1"})
        assert answer.status_code == 200
        form = answer.context["adminform"].form
        assert form["name"].value() == 'Said "no"'
        assert not form.errors
        assert not RetentionPolicy.objects.exists()

    def test_where_more_goes_than_was_agreed_to_it_is_asked_again(self, manager: Client) -> None:
        withdrawn(2)
        answer = manager.post(ADD, FORM | {"_seen": "1"})
        assert answer.context["seen"] == 2
        assert not RetentionPolicy.objects.exists()
        assert manager.post(ADD, FORM | {"_seen": "many"}).status_code == 200

    @pytest.mark.parametrize("change", [{"after_days": "3"}, {"active": ""}, {"after_days": "1", "name": "Other"}])
    def test_a_policy_that_erases_no_more_is_saved_at_once(self, change: dict[str, str], manager: Client) -> None:
        terms = policy(after_days=1)
        withdrawn(2, days=2)
        page = f"/admin/consent/retentionpolicy/{terms.pk}/change/"
        data = {name: value for name, value in (FORM | change).items() if value}
        assert manager.post(page, data).status_code == 302
        terms.refresh_from_db()
        assert terms.name == change.get("name", "Said no")

    def test_a_change_is_measured_against_what_the_policy_was(self, manager: Client) -> None:
        terms = policy(after_days=10)
        withdrawn(2, days=20)
        withdrawn(3, days=5)
        page = f"/admin/consent/retentionpolicy/{terms.pk}/change/"
        answer = manager.post(page, FORM | {"after_days": "1"})
        assert "would erase 3 contact points tonight: 5 go with it, 2 without it." in text(answer)
        terms.refresh_from_db()
        assert terms.after_days == 10

    def test_a_policy_that_is_not_to_count_yet_is_not_asked_about(self, manager: Client) -> None:
        withdrawn(2)
        assert manager.post(ADD, {name: value for name, value in FORM.items() if name != "active"}).status_code == 302

    def test_a_form_with_faults_is_shown_again_and_nothing_is_counted(
        self, manager: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retention, "what_if", lambda *args, **values: 1 / 0)
        answer = manager.post(ADD, FORM | {"slug": ""})
        assert "slug" in answer.context["adminform"].form.errors

    def test_whoever_may_not_change_policies_is_told_nothing(self, officer: Client) -> None:
        withdrawn(1)
        assert officer.post(ADD, FORM).status_code == 403
        assert officer.post("/admin/consent/retentionpolicy/999/change/", FORM).status_code in (302, 403)


class TestWhatNarrows:
    def test_a_country_is_one_that_has_numbers(self, manager: Client) -> None:
        assert manager.post(ADD, FORM | {"country": "gb"}).status_code == 302
        assert RetentionPolicy.objects.get().country == "GB"
        for wrong in ("XX", "001x"):
            answer = manager.post(ADD, FORM | {"slug": "other", "country": wrong})
            assert "country" in answer.context["adminform"].form.errors
        assert manager.post(ADD, FORM | {"slug": "other", "country": "001"}).status_code == 302

    def test_a_source_is_of_the_kind_that_is_named(self, manager: Client) -> None:
        source = factories.source("lists", kind=Source.Kind.THIRD_PARTY)
        answer = manager.post(ADD, FORM | {"source": source.pk, "source_kind": "web_form"})
        assert "source_kind" in answer.context["adminform"].form.errors
        assert manager.post(ADD, FORM | {"source": source.pk, "source_kind": "third_party"}).status_code == 302

    def test_the_list_says_what_a_policy_is_for(self, manager: Client) -> None:
        policy(country="GB", tag=factories.tag(), source_kind="web_form", purpose=factories.purpose())
        assert "News, Volunteer, Web form, GB" in text(manager.get("/admin/consent/retentionpolicy/"))


class TestApproval:
    @pytest.fixture(autouse=True)
    def _small(self, settings: Any) -> None:
        settings.PURGE_BRAKE_POINTS = 1

    def waiting(self, *, actor: Actor = factories.TESTER, ahead: timedelta = timedelta()) -> PurgeRun:
        policy()
        withdrawn(2)
        return retention.run(as_of=timezone.now() + ahead, actor=actor)

    def test_a_second_person_approves_and_a_worker_begins(self, officer: Client) -> None:
        run = self.waiting()
        page = f"/admin/consent/purgerun/{run.pk}/approve/"
        assert page in text(officer.get(f"/admin/consent/purgerun/{run.pk}/change/"))
        shown = text(officer.get(page))
        assert "up to 2 of the 2 that are held" in shown
        assert "consent_withdrawn-purge: 2" in shown
        answer = officer.post(page)
        assert "within a minute" in said(answer)
        run.refresh_from_db()
        assert (run.state, run.approved_by.username) == ("waiting", "ola")
        assert LogEntry.objects.get().object_id == str(run.pk)
        assert retention.run_approved(run).state == "done"
        shown = text(officer.get(f"/admin/consent/purgerun/{run.pk}/change/"))
        for part in ("ola", "0:00:0", "1/1: 2", "1 day, 0:00:00"):
            assert part in shown
        assert page not in shown

    def test_a_run_that_waits_says_what_it_would_do(self, officer: Client) -> None:
        run = self.waiting()
        shown = text(officer.get(f"/admin/consent/purgerun/{run.pk}/change/"))
        assert "due by: consent_withdrawn-purge: 2" in shown
        assert "It would erase more than the share that may go unasked" in shown

    def test_whoever_began_it_is_shown_no_button_and_told_why(self, manager: Client) -> None:
        run = self.waiting(actor=Actor.staff(user("mo")))
        page = f"/admin/consent/purgerun/{run.pk}/approve/"
        assert page not in text(manager.get(f"/admin/consent/purgerun/{run.pk}/change/"))
        assert "a second person" in said(manager.post(page))
        run.refresh_from_db()
        assert run.approved_by is None

    def test_whoever_changed_a_policy_is_told_why(self, manager: Client) -> None:
        run = self.waiting()
        with attributed_to(Origin(Actor.staff(user("mo")), timezone.now(), "shorter")):
            RetentionPolicy.objects.get().save()
        page = f"/admin/consent/purgerun/{run.pk}/approve/"
        assert page not in text(manager.get(f"/admin/consent/purgerun/{run.pk}/change/"))
        assert "changed a retention policy" in said(manager.post(page))

    def test_a_run_that_does_not_wait_is_not_approved(self, officer: Client) -> None:
        run = retention.run(as_of=timezone.now(), actor=factories.TESTER)
        assert "does not wait" in said(officer.post(f"/admin/consent/purgerun/{run.pk}/approve/"))

    def test_what_a_colleague_did_meanwhile_is_told(self, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def late(*args: Any, **values: Any) -> None:
            raise retention.NotWaiting("meanwhile")

        run = self.waiting()
        monkeypatch.setattr(retention, "approve", late)
        answer = officer.post(f"/admin/consent/purgerun/{run.pk}/approve/")
        assert "meanwhile" in str(answer.context["form"].non_field_errors())
        assert ContactPoint.objects.filter(erased_at=None).count() == 2

    def test_a_run_as_of_a_time_to_come_says_that_the_clock_may_have_been_wrong(self, officer: Client) -> None:
        run = self.waiting(ahead=30 * DAY)
        assert "lies in the future" in text(officer.get(f"/admin/consent/purgerun/{run.pk}/approve/"))


def test_the_button_names_the_account_that_pressed_it(
    manager: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(celery_app, "send_task", lambda name, **how: sent.append((name, how)))
    with django_capture_on_commit_callbacks(execute=True):
        manager.post("/admin/consent/purgerun/run-now/")
    assert sent == [("consent.tasks.purge", {"kwargs": {"user_id": user("mo").pk}})]
