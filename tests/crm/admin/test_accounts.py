"""Accounts: nobody gives themselves, or a colleague, more than they may give."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests import factories, signing_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> User:
    return factories.user("chief", role="Administrator")


@pytest.fixture
def administrator(client: Client, chief: User) -> Client:
    client.force_login(chief)
    return client


def account(user: User, **more: Any) -> dict[str, Any]:
    """Return what a browser posts for an account."""
    return {"username": user.username, "is_active": "on", "is_staff": "on", "email": "", "first_name": ""} | more


def test_a_colleague_is_given_a_role(administrator: Client) -> None:
    sam = factories.user("sam")
    group = Group.objects.get(name="Editor")
    administrator.post(f"/admin/auth/user/{sam.pk}/change/", account(sam, groups=[group.pk]))
    assert list(sam.groups.all()) == [group]


def test_nobody_is_made_a_superuser(administrator: Client) -> None:
    sam = factories.user("sam")
    administrator.post(
        f"/admin/auth/user/{sam.pk}/change/", account(sam, is_superuser="on", user_permissions=["1", "2"])
    )
    sam.refresh_from_db()
    assert not sam.is_superuser
    assert not sam.user_permissions.exists()


def test_a_new_account_is_no_superuser_either(administrator: Client) -> None:
    new = {"username": "new", "password1": "correct horse battery", "password2": "correct horse battery"}
    administrator.post("/admin/auth/user/add/", new | {"usable_password": "true", "is_superuser": "on"})
    assert not User.objects.get(username="new").is_superuser


def test_ones_own_roles_stay_as_they_are(administrator: Client, chief: User) -> None:
    group = Group.objects.get(name="Compliance officer")
    administrator.post(f"/admin/auth/user/{chief.pk}/change/", account(chief, groups=[group.pk]))
    assert [each.name for each in chief.groups.all()] == ["Administrator"]


def test_a_superuser_is_out_of_reach(administrator: Client) -> None:
    root = factories.user("root", is_superuser=True)
    assert administrator.get(f"/admin/auth/user/{root.pk}/change/").status_code == 200  # to look at
    assert administrator.post(f"/admin/auth/user/{root.pk}/change/", account(root)).status_code == 403
    password = {"password1": "correct horse battery", "password2": "correct horse battery"}
    answer = administrator.post(f"/admin/auth/user/{root.pk}/password/", password | {"usable_password": "true"})
    assert answer.status_code == 403


def test_a_superuser_makes_a_superuser(client: Client) -> None:
    client.force_login(factories.user("root", is_superuser=True))
    sam = factories.user("sam")
    client.post(f"/admin/auth/user/{sam.pk}/change/", account(sam, is_superuser="on"))
    sam.refresh_from_db()
    assert sam.is_superuser


class TestSecondFactor:
    """Who may sign in, how, and what they may do is changed by nobody who has not just shown a second factor."""

    @pytest.fixture
    def unsure(self, administrator: Client) -> Client:
        signing_in.forget_factor(administrator)
        return administrator

    def test_a_role_is_not_given_without(self, unsure: Client) -> None:
        sam = factories.user("sam")
        posted = account(sam, groups=[Group.objects.get(name="Editor").pk], first_name="Sam")
        page = unsure.post(f"/admin/auth/user/{sam.pk}/change/", posted).content.decode()
        assert "Nothing was done yet" in page
        assert 'value="Sam"' in page
        assert not sam.groups.exists()

    def test_nor_is_an_account_made(self, unsure: Client) -> None:
        assert unsure.get("/admin/auth/user/add/").status_code == 302
        new = {"username": "new", "password1": "correct horse battery", "password2": "correct horse battery"}
        page = unsure.post("/admin/auth/user/add/", new | {"usable_password": "true"}).content.decode()
        assert "Nothing was done yet" in page
        assert not User.objects.filter(username="new").exists()

    def test_nor_a_password_set(self, unsure: Client) -> None:
        sam = factories.user("sam")
        before, address = sam.password, f"/admin/auth/user/{sam.pk}/password/"
        assert unsure.get(address).status_code == 302
        new = {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}
        assert unsure.post(address, new).status_code == 302
        sam.refresh_from_db()
        assert sam.password == before

    def test_with_one_a_password_is_set(self, administrator: Client) -> None:
        sam = factories.user("sam")
        new = {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}
        administrator.post(f"/admin/auth/user/{sam.pk}/password/", new)
        sam.refresh_from_db()
        assert sam.check_password("correct horse battery")
