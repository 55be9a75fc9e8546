"""A second person: what one asks for another approves, and until then nothing is done."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from consent import retention
from consent.models import AccessRecord, Receipt, RetentionPolicy, Suppression
from crm import approvals
from crm.admin.act import ActForm, Refusal
from crm.admin.approval import Approve
from crm.celery import app as celery_app
from crm.models import Approval, Contact, Lease, attributed_to
from tests import factories, signing_in

pytestmark = pytest.mark.django_db
APPROVALS = "/admin/crm/approval/"


@pytest.fixture(autouse=True)
def _everything_needs_a_second_person(settings: Any) -> None:
    settings.SECOND_PERSON = Approval.Kind.values


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def officer(name: str) -> User:
    return factories.user(name, role="Compliance officer")


def ask(url: str, role: str = "Compliance officer", **said: str) -> Approval:
    """Let somebody of a role ask for an act, and return what waits."""
    answer = client_of(factories.user("asker", role=role)).post(url, said)
    assert answer.status_code == 302
    return Approval.objects.get()


def decide(approval: Approval, how: str, by: User) -> str:
    """Post a decision and return the page that follows."""
    return client_of(by).post(f"{APPROVALS}{approval.pk}/{how}/", follow=True).content.decode()


def state(approval: Approval) -> str:
    approval.refresh_from_db()
    return approval.state


class TestErasing:
    def test_nothing_is_done_before_a_second_person_approves(self) -> None:
        contact = factories.contact([factories.number()])
        approval = ask(f"/admin/crm/contact/{contact.pk}/erase/", reason="request")
        assert state(approval) == "waiting"
        assert not Receipt.objects.exists()
        page = client_of(officer("second")).get(f"{APPROVALS}{approval.pk}/approve/").content.decode()
        assert "Numbers that are erased: 1." in page
        assert "Reason: The person asked for it (GDPR 17)" in page
        decide(approval, "approve", officer("second"))
        assert state(approval) == "done"
        contact.refresh_from_db()
        assert contact.status == Contact.Status.ERASED
        assert Receipt.objects.get().actor_user == approval.asked_by

    def test_nobody_approves_what_they_asked_for(self) -> None:
        approval = factories.approval()
        assert "You asked for this" in decide(approval, "approve", approval.asked_by)
        assert state(approval) == "waiting"

    def test_nor_does_whoever_may_not_erase(self) -> None:
        approval = factories.approval()
        decide(approval, "approve", factories.user("ed", role="Editor"))
        assert state(approval) == "waiting"

    def test_nor_anybody_without_a_fresh_second_factor(self) -> None:
        approval, second = factories.approval(), officer("second")
        client = client_of(second)
        signing_in.forget_factor(client)
        assert "fresh second factor" in client.post(f"{APPROVALS}{approval.pk}/approve/").content.decode()
        assert state(approval) == "waiting"

    def test_whoever_has_lost_the_right_since_does_not_get_it_done(self) -> None:
        approval = factories.approval()
        approval.asked_by.groups.clear()
        assert "may not do it any more" in decide(approval, "approve", officer("second"))

    def test_what_cannot_be_done_waits_on_and_says_why(self) -> None:
        contact = factories.contact([factories.number()])
        approval = factories.approval(contact)
        contact.status = Contact.Status.RESTRICTED
        Contact.objects.filter(pk=contact.pk).update(status=Contact.Status.RESTRICTED)
        assert "a restriction stands" in decide(approval, "approve", officer("second"))
        assert state(approval) == "waiting"

    def test_after_a_week_nobody_approves_any_more(self) -> None:
        approval = factories.approval(at=timezone.now() - timedelta(days=8))
        assert "does not wait any more" in decide(approval, "approve", officer("second"))

    def test_the_same_does_not_wait_twice(self) -> None:
        contact = factories.contact([factories.number()])
        for _each in range(2):
            ask(f"/admin/crm/contact/{contact.pk}/erase/", reason="request")

    def test_the_log_says_who_asked_and_who_approved(self) -> None:
        contact = factories.contact([factories.number()])
        approval, second = factories.approval(contact), officer("second")
        decide(approval, "approve", second)
        entry = LogEntry.objects.get(object_id=str(contact.pk), content_type=approval.content_type)
        assert entry.user == approval.asked_by
        assert f"Approved by account {second.pk}." in entry.change_message

    def test_what_was_approved_when_the_service_failed_is_done_by_pressing_again(self) -> None:
        contact, second = factories.contact([factories.number()]), officer("second")
        approval = approvals.approve(factories.approval(contact), by=second, at=timezone.now())
        assert "does not wait any more" in decide(approval, "approve", officer("third"))
        decide(approval, "approve", second)
        assert state(approval) == "done"
        assert Receipt.objects.exists()

    def test_it_is_not_done_twice_at_one_moment(self) -> None:
        contact, second = factories.contact([factories.number()]), officer("second")
        approval = approvals.approve(factories.approval(contact), by=second, at=timezone.now())
        Lease.objects.take(f"approval {approval.pk}", seconds=60, now=timezone.now())
        assert "is being done just now" in decide(approval, "approve", second)
        assert state(approval) == "approved"
        assert not Receipt.objects.exists()

    def test_what_was_done_while_the_page_was_open_is_not_done_again(self) -> None:
        second = officer("second")
        approval = approvals.approve(factories.approval(), by=second, at=timezone.now())
        act = Approve(SimpleNamespace(user=second), Approval.objects.get(pk=approval.pk))  # type: ignore[arg-type]
        approvals.done(approval, at=timezone.now())
        with pytest.raises(Refusal):
            act.perform(ActForm({}, obj=approval))
        assert not Receipt.objects.exists()


class TestRefusing:
    def test_a_second_person_refuses(self) -> None:
        approval = factories.approval()
        decide(approval, "refuse", officer("second"))
        assert (state(approval), approval.said) == ("refused", {})

    def test_whoever_asked_takes_it_back(self) -> None:
        approval = factories.approval()
        decide(approval, "refuse", approval.asked_by)
        assert (state(approval), approval.decided_by, approval.said) == ("taken_back", None, {})


class TestLifting:
    def test_a_suppression_is_lifted_in_the_name_of_whoever_asked(self) -> None:
        line: Any = factories.point().line
        suppression = Suppression.objects.create(
            line=line, extent="contact", reason="stop", since=factories.NOON, actor_name="tester"
        )
        said = {"reason": "rang and asked for it", "authority": "person"}
        approval = ask(f"/admin/consent/suppression/{suppression.pk}/lift/", **said)
        suppression.refresh_from_db()
        assert suppression.lifted_at is None
        decide(approval, "approve", officer("second"))
        suppression.refresh_from_db()
        assert suppression.lifted_at is not None
        assert "rang" in suppression.lifted_reason


class TestRunning:
    def test_a_run_is_queued_once_it_is_approved(
        self, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        sent: list[dict[str, int]] = []
        monkeypatch.setattr(celery_app, "send_task", lambda name, kwargs: sent.append(kwargs))
        with django_capture_on_commit_callbacks(execute=True):
            approval = ask("/admin/consent/purgerun/run-now/", role="Retention manager")
        assert sent == []
        with django_capture_on_commit_callbacks(execute=True):
            decide(approval, "approve", factories.user("second", role="Retention manager"))
        assert sent == [{"user_id": approval.asked_by_id}]


class TestChangingPolicies:
    FORM = {
        "name": "Withdrawn", "slug": "withdrawn", "active": "on", "trigger": "consent_withdrawn",
        "after_months": "0", "after_days": "3", "action": "purge", "change_reason": "as agreed",
    }  # fmt: skip

    def asked(self, policy: RetentionPolicy | None = None) -> Approval:
        where = f"{policy.pk}/change" if policy else "add"
        return ask(f"/admin/consent/retentionpolicy/{where}/", role="Retention manager", **self.FORM)

    def test_a_new_one_is_saved_once_it_is_approved(self) -> None:
        approval = self.asked()
        assert not RetentionPolicy.objects.exists()
        decide(approval, "approve", factories.user("second", role="Retention manager"))
        policy = RetentionPolicy.objects.get()
        assert (policy.name, policy.after_days) == ("Withdrawn", 3)
        change = policy.history.get()
        assert (change.history_user, change.history_change_reason) == (approval.asked_by, "as agreed")

    def test_a_change_says_what_it_changes(self) -> None:
        approval = self.asked(factories.policy())
        second = factories.user("second", role="Retention manager")
        page = client_of(second).get(f"{APPROVALS}{approval.pk}/approve/").content.decode()
        assert "Fields that change: Name, " in page
        assert "Contact points that go tonight: 0" in page
        decide(approval, "approve", second)
        assert RetentionPolicy.objects.get().after_days == 3

    def test_a_policy_that_was_changed_since_is_left_alone(self) -> None:
        policy = factories.policy()
        approval = self.asked(policy)
        policy.after_days = 40
        with attributed_to(factories.origin()):
            policy.save()
        second = factories.user("second", role="Retention manager")
        assert "was changed since" in decide(approval, "approve", second)
        assert RetentionPolicy.objects.get().after_days == 40


class TestExporting:
    SAID = {"format": "csv", "shown": "full", "reason": "asked for by the auditors"}

    def test_the_file_is_given_to_whoever_asked_and_once(self) -> None:
        factories.point()
        approval, second = ask("/admin/crm/contact/export/", **self.SAID), officer("second")
        assert not AccessRecord.objects.exists()
        decide(approval, "approve", second)
        assert state(approval) == "approved"
        take = f"{APPROVALS}{approval.pk}/take/"
        assert "no file here" in client_of(second).post(take, follow=True).content.decode()
        client = client_of(approval.asked_by)
        answer = client.post(take)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.getvalue()
        assert AccessRecord.objects.get().actor_user == approval.asked_by
        assert (state(approval), approval.said) == ("done", {})
        assert "no file here" in client.post(take, follow=True).content.decode()

    def test_it_is_not_given_to_whoever_has_lost_the_right_since(self) -> None:
        approval = ask("/admin/crm/contact/export/", **self.SAID)
        decide(approval, "approve", officer("second"))
        approval.asked_by.groups.clear()
        approval.asked_by.user_permissions.add(Permission.objects.get(codename="view_approval"))
        answer = client_of(approval.asked_by).post(f"{APPROVALS}{approval.pk}/take/")
        assert (answer.status_code, state(approval)) == (302, "approved")
        assert not AccessRecord.objects.exists()

    def test_it_is_not_given_after_a_week_whatever_the_nightly_jobs_did(self) -> None:
        approval = ask("/admin/crm/contact/export/", **self.SAID)
        decide(approval, "approve", officer("second"))
        Approval.objects.update(asked_at=timezone.now() - timedelta(days=7))
        take = f"{APPROVALS}{approval.pk}/take/"
        assert "no file here" in client_of(approval.asked_by).post(take, follow=True).content.decode()
        assert not AccessRecord.objects.exists()

    def test_it_is_not_given_without_a_fresh_second_factor(self) -> None:
        approval = ask("/admin/crm/contact/export/", **self.SAID)
        decide(approval, "approve", officer("second"))
        client = client_of(approval.asked_by)
        signing_in.forget_factor(client)
        assert client.get(f"{APPROVALS}{approval.pk}/take/").status_code == 302
        assert "fresh second factor" in client.post(f"{APPROVALS}{approval.pk}/take/").content.decode()
        assert not AccessRecord.objects.exists()


class TestRows:
    def test_others_do_not_see_what_is_none_of_their_business(self) -> None:
        approval = factories.approval()
        for name, role, seen in (("ed", "Editor", False), ("second", "Compliance officer", True)):
            client = client_of(factories.user(name, role=role))
            assert (f"Approval {approval.pk}" in client.get(APPROVALS).content.decode()) == seen, role
            assert (client.get(f"{APPROVALS}{approval.pk}/change/").status_code == 200) == seen, role

    def test_erasing_the_contact_forgets_what_was_said(self) -> None:
        contact = factories.contact([factories.number()])
        approval = factories.approval(contact, kind="lift_suppression")
        retention.erase(contact, reason="request", actor=factories.TESTER, at=timezone.now())
        approval.refresh_from_db()
        assert approval.said == {}
