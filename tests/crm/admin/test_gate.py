"""The gate before what is sensitive: which acts are, and what becomes of a form that was sent too late."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consent.models import Receipt
from crm.admin import ways
from crm.admin.act import Act, name_of
from crm.models import Approval, Contact
from tests import factories, signing_in

pytestmark = pytest.mark.django_db

# Every act that is sensitive, and as what. One that is not named here is none: whoever adds an act decides.
SENSITIVE = {
    "consent.admin.bulk_kinds.EraseMany": "erase",
    "consent.admin.contact_acts.Erase": "erase",
    "consent.admin.suppression.Lift": "lift_suppression",
    "consent.admin.inbound_message.IsNone": "lift_suppression",
    "consent.admin.purge_run.Approve": "approve_run",
    "consent.admin.purge_run.RunNow": "run_purge",
    "crm.admin.approval.Approve": "approve",
    "crm.admin.accounts.ResetSecondFactor": "reset_second_factor",
}


@pytest.fixture
def officer() -> User:
    return factories.user("ola", role="Compliance officer")


@pytest.fixture
def contact() -> Contact:
    return factories.contact([factories.number()])


def signed_in(client: Client, user: User, *, minutes_ago: float | None = 0, kind: str = "totp") -> Client:
    client.force_login(user)
    if minutes_ago is None:
        signing_in.forget_factor(client)
    else:
        signing_in.show_factor(client, user, at=timezone.now() - timedelta(minutes=minutes_ago), kind=kind)
    return client


def erase(contact: Contact) -> str:
    return f"/admin/crm/contact/{contact.pk}/erase/"


def erased(contact: Contact) -> bool:
    return Receipt.objects.exists()


def test_the_acts_that_are_sensitive_are_these() -> None:
    assert {name_of(act): act.sensitive for act in ways.acts(Act) if act.sensitive} == SENSITIVE


def test_every_act_that_may_need_a_second_person_can_be_done_by_one() -> None:
    """Nothing of its form is a number, or a file, which would stand in the row that waits."""
    for act in ways.acts(Act):
        if act.sensitive in Approval.Kind.values:
            assert not act.form_class.numbers, act
            assert name_of(act) in ways.ways()


def test_every_kind_that_a_second_person_may_approve_has_a_way() -> None:
    kinds = {act.sensitive for act in ways.acts(Act)} | {"export", "change_policy"}
    assert set(Approval.Kind.values) <= kinds
    assert {"consent.admin.exporting", "consent.admin.policy_change"} <= set(ways.ways())


class TestFresh:
    def test_a_factor_that_was_just_shown_does(self, client: Client, officer: User, contact: Contact) -> None:
        signed_in(client, officer, minutes_ago=9)
        assert client.get(erase(contact)).status_code == 200
        client.post(erase(contact), {"reason": "request"})
        assert erased(contact)

    @pytest.mark.parametrize("minutes_ago", [None, 11, -1])
    def test_none_or_one_of_before_or_of_the_future_does_not(
        self, client: Client, officer: User, contact: Contact, minutes_ago: float | None
    ) -> None:
        signing_in.app_of(officer)
        signed_in(client, officer, minutes_ago=minutes_ago)
        answer = client.get(erase(contact))
        assert (
            answer["Location"]
            == f"{reverse('mfa_reauthenticate')}?next=%2Fadmin%2Fcrm%2Fcontact%2F{contact.pk}%2Ferase%2F"
        )
        client.post(erase(contact), {"reason": "request"})
        assert not erased(contact)

    def test_a_recovery_code_is_no_factor(self, client: Client, officer: User, contact: Contact) -> None:
        signed_in(client, officer, kind="recovery_codes")
        answer = client.get(erase(contact), follow=True)
        assert answer.redirect_chain == [(reverse("mfa_index"), 302)]
        assert "A recovery code does not do here" in answer.content.decode()

    def test_one_that_was_reset_since_does_not(self, client: Client, officer: User, contact: Contact) -> None:
        signed_in(client, officer)
        Authenticator.objects.all().delete()
        assert client.get(erase(contact))["Location"] == reverse("mfa_index")

    def test_one_that_somebody_else_has_shown_does_not(self, client: Client, officer: User, contact: Contact) -> None:
        signed_in(client, officer)
        session = client.session
        session[signing_in.USER_KEY] = str(officer.pk + 1)
        session.save()
        assert client.get(erase(contact)).status_code == 302

    def test_whoever_has_none_is_led_to_set_one_up(self, client: Client, officer: User, contact: Contact) -> None:
        signed_in(client, officer, minutes_ago=None)
        Authenticator.objects.all().delete()
        answer = client.get(erase(contact), follow=True)
        assert answer.redirect_chain == [(reverse("mfa_index"), 302)]
        assert "you have none yet" in answer.content.decode()

    def test_a_passkey_is_asked_for_by_its_own_page(self, client: Client, officer: User, contact: Contact) -> None:
        signed_in(client, officer, minutes_ago=None)
        Authenticator.objects.update(type="webauthn")
        assert client.get(erase(contact))["Location"].startswith(reverse("mfa_reauthenticate_webauthn"))


def test_a_form_that_is_sent_too_late_keeps_what_was_typed(client: Client, officer: User, contact: Contact) -> None:
    signed_in(client, officer, minutes_ago=11)
    page = client.post(erase(contact), {"reason": "objection"}).content.decode()
    assert '<option value="objection" selected>' in page
    assert "Nothing was done yet" in page
    assert reverse("mfa_reauthenticate") in page
    assert "objection" not in str(dict(client.session))


class TestReset:
    def test_an_administrator_resets_anothers_factors_and_it_is_written_down(self, client: Client) -> None:
        chief, sam = factories.user("chief", role="Administrator"), factories.user("sam")
        signing_in.app_of(sam)
        signed_in(client, chief)
        assert "TOTP" in client.get(f"/admin/auth/user/{sam.pk}/change/").content.decode()
        client.post(f"/admin/auth/user/{sam.pk}/reset-second-factor/", {"reason": "lost the telephone"})
        assert not Authenticator.objects.filter(user=sam).exists()
        entry = LogEntry.objects.get(object_id=str(sam.pk))
        assert (entry.user, "lost the telephone" in entry.change_message) == (chief, True)

    def test_nobody_resets_their_own_or_a_superusers(self, client: Client) -> None:
        chief, root = factories.user("chief", role="Administrator"), factories.user("root", is_superuser=True)
        for user in (chief, root):
            signing_in.app_of(user)
            signed_in(client, chief)
            client.post(f"/admin/auth/user/{user.pk}/reset-second-factor/", {"reason": "lost"})
        assert Authenticator.objects.count() == 2

    def test_no_password_or_secret_is_shown_on_the_page_of_an_account(self, client: Client) -> None:
        chief = factories.user("chief", role="Administrator")
        app = signing_in.app_of(chief)
        signed_in(client, chief)
        assert app.data["secret"] not in client.get(f"/admin/auth/user/{chief.pk}/change/").content.decode()
