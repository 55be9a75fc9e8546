"""Signing in: a password, and the second factor where there is one; attempts are few, and none is written down."""

import logging
from hashlib import sha256

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from crm.models import CacheEntry
from crm.signing_in import secret_of_app
from crm.signing_in.adapters import SecondFactorAdapter
from tests import factories, signing_in

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
LOGIN = "/account/login/"


@pytest.fixture
def sam() -> User:
    user = factories.user("sam", role="Editor")
    user.set_password(PASSWORD)
    user.save()
    return user


def enter(client: Client, password: str = PASSWORD, name: str = "sam", **more: str) -> str:
    """Post the form of sign-in and return where the answer leads; "" where it stays."""
    answer = client.post(LOGIN, {"login": name, "password": password} | more)
    return answer.headers.get("Location", "")


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


class TestPassword:
    def test_it_lets_in_who_has_no_second_factor(self, client: Client, sam: User) -> None:
        assert enter(client) == "/admin/"
        assert client.get("/admin/").status_code == 200

    def test_the_admin_leads_to_the_one_page_and_back(self, client: Client, sam: User) -> None:
        answer = client.get("/admin/crm/contact/", follow=True)
        assert answer.redirect_chain[-1][0] == "/account/login/?next=%2Fadmin%2Fcrm%2Fcontact%2F"
        assert enter(client, next="/admin/crm/contact/") == "/admin/crm/contact/"

    def test_nobody_is_led_to_another_site(self, client: Client, sam: User) -> None:
        assert enter(client, next="https://elsewhere.example/") == "/admin/"

    def test_a_wrong_one_does_not(self, client: Client, sam: User) -> None:
        assert enter(client, "wrong") == ""
        assert not signed_in(client)

    def test_an_account_that_was_closed_is_not_let_in(self, client: Client, sam: User) -> None:
        User.objects.filter(pk=sam.pk).update(is_active=False)
        enter(client)
        assert not signed_in(client)

    def test_nobody_signs_up_or_asks_for_a_password_by_mail(self, client: Client) -> None:
        for page in ("signup/", "password/reset/", "email/", "reauthenticate/code/", "login/code/"):
            assert client.get(f"/account/{page}").status_code == 404, page


class TestSecondFactor:
    def test_it_is_asked_for_after_the_password(self, client: Client, sam: User) -> None:
        signing_in.app_of(sam)
        assert enter(client) == reverse("mfa_authenticate")
        assert not signed_in(client)
        assert client.post(reverse("mfa_authenticate"), {"code": signing_in.code()})["Location"] == "/admin/"
        assert signed_in(client)

    def test_without_it_the_password_opens_nothing(self, client: Client, sam: User) -> None:
        signing_in.app_of(sam)
        enter(client)
        assert client.get("/admin/").status_code == 302
        assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
        assert not signed_in(client)

    def test_a_code_does_not_do_twice(self, client: Client, sam: User) -> None:
        signing_in.app_of(sam)
        code = signing_in.code()
        enter(client)
        client.post(reverse("mfa_authenticate"), {"code": code})
        other = Client()
        enter(other)
        other.post(reverse("mfa_authenticate"), {"code": code})
        assert not signed_in(other)

    def test_its_secret_is_kept_encrypted(self, sam: User, settings: object) -> None:
        kept = signing_in.app_of(sam).data["secret"]
        assert signing_in.SECRET not in kept
        assert SecondFactorAdapter().decrypt(kept) == signing_in.SECRET

    def test_it_outlives_a_new_secret_key(self, sam: User, settings: object) -> None:
        kept = signing_in.app_of(sam).data["secret"]
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10  # type: ignore[attr-defined]
        assert SecondFactorAdapter().decrypt(kept) == signing_in.SECRET

    def test_the_secret_of_an_account_of_the_demo_is_told_and_makes_its_codes(self, sam: User) -> None:
        secret = secret_of_app(sam)
        assert secret_of_app(sam) == secret
        assert Authenticator.objects.get(user=sam).wrap().validate_code(signing_in.code(secret))

    def test_whoever_has_one_shows_it_to_add_another(self, client: Client, sam: User) -> None:
        client.force_login(sam)
        answer = client.get(reverse("mfa_add_webauthn"), follow=True)
        assert answer.redirect_chain[-1][0].startswith(reverse("mfa_reauthenticate"))
        answer = client.get(reverse("account_reauthenticate"), follow=True)
        assert answer.redirect_chain[-1][0].startswith(reverse("mfa_reauthenticate"))

    def test_it_is_never_a_text_message(self, settings: object) -> None:
        assert settings.MFA_SUPPORTED_TYPES == ["totp", "webauthn", "recovery_codes"]  # type: ignore[attr-defined]
        assert set(settings.ACCOUNT_REAUTHENTICATION_METHODS) == {"password", "mfa"}  # type: ignore[attr-defined]


class TestSettingUp:
    def test_an_app_is_set_up_with_its_first_code(self, client: Client, sam: User) -> None:
        enter(client)
        page = client.get(reverse("mfa_activate_totp"), follow=True)
        assert page.redirect_chain[-1][0].startswith(reverse("account_reauthenticate"))
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        page = client.get(reverse("mfa_activate_totp"))
        secret = page.context["form"].secret
        answer = client.post(reverse("mfa_activate_totp"), {"code": signing_in.code(secret)})
        assert answer["Location"] == reverse("mfa_view_recovery_codes")
        kinds = set(Authenticator.objects.filter(user=sam).values_list("type", flat=True))
        assert kinds == {"totp", "recovery_codes"}

    def test_recovery_codes_are_shown_once(self, client: Client, sam: User) -> None:
        self.test_an_app_is_set_up_with_its_first_code(client, sam)
        codes = Authenticator.objects.get(user=sam, type="recovery_codes").wrap().get_unused_codes()
        first, second = (client.get(reverse("mfa_view_recovery_codes")).content.decode() for _each in range(2))
        assert all(each in first for each in codes)
        assert not any(each in second for each in codes)


class TestThrottle:
    def test_an_account_is_closed_for_a_while_after_five_wrong_passwords(self, client: Client, sam: User) -> None:
        for _each in range(5):
            enter(client, "wrong")
        assert enter(client) == ""
        assert not signed_in(client)

    @pytest.mark.parametrize("host", ["testserver:{}", "localhost:{}"])
    def test_it_is_by_whatever_name_of_ours_the_attempts_come(self, client: Client, sam: User, host: str) -> None:
        for each in range(5):
            client.post(LOGIN, {"login": "sam", "password": "wrong"}, headers={"host": host.format(8000 + each)})
        assert enter(client) == ""
        assert not signed_in(client)

    @pytest.mark.parametrize("name", ["SAM", "\u017fam"])
    def test_nor_does_it_help_to_spell_its_name_otherwise(self, client: Client, sam: User, name: str) -> None:
        for _each in range(5):
            enter(client, "wrong", name=name)
        assert enter(client) == ""

    def test_other_accounts_are_not(self, client: Client, sam: User) -> None:
        for _each in range(5):
            enter(client, "wrong", name="somebody")
        assert enter(client) == "/admin/"

    def test_an_address_is_closed_for_a_while_after_ten(self, client: Client, sam: User) -> None:
        for each in range(10):
            enter(client, "wrong", name=f"somebody{each}")
        assert enter(client) == ""

    def test_so_is_the_second_factor_after_five_wrong_codes(self, client: Client, sam: User) -> None:
        signing_in.app_of(sam)
        enter(client)
        for _each in range(5):
            client.post(reverse("mfa_authenticate"), {"code": "000000"})
        client.post(reverse("mfa_authenticate"), {"code": signing_in.code()})
        assert not signed_in(client)

    def test_all_processes_count_together(self, client: Client, sam: User) -> None:
        enter(client, "wrong")
        assert CacheEntry.objects.count() == 3  # of the form, of the address and of the account

    def test_what_was_typed_for_a_name_cannot_be_guessed_from_what_is_counted(self, client: Client) -> None:
        enter(client, "wrong", name=factories.number(1))
        for key in CacheEntry.objects.values_list("cache_key", flat=True):
            assert set(key) <= set("0123456789abcdef")
        plain = sha256(f"testserver:{factories.number(1)}".encode()).hexdigest()
        assert not CacheEntry.objects.filter(cache_key__contains=plain).exists()


class TestLog:
    def test_ids_alone_are_written_down(self, client: Client, sam: User, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "crm.signing_in.log")
        enter(client, "wrong")
        enter(client, "wrong", name="+12025550123")
        enter(client)
        client.post("/admin/logout/")
        said = [record.getMessage() for record in caplog.records if record.name == "crm.signing_in.log"]
        assert said == [
            f"sign-in failed: account {sam.pk}",
            "sign-in failed: no account of that name",
            f"sign-in: account {sam.pk}",
            f"sign-out: account {sam.pk}",
        ]
        assert "sam" not in caplog.text
