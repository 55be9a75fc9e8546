"""The pages of collection points and their keys."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from consent import places
from consent.models import ApiKey, CollectionPoint
from tests import capturing, factories

pytestmark = pytest.mark.django_db

PLACES = "/admin/consent/collectionpoint/"


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


def values(**more: Any) -> dict[str, Any]:
    source = factories.source("garden", kind=more.get("kind", "web_form"))
    data = {"name": "Garden", "slug": "garden", "kind": "web_form", "source": source.pk, "languages": ["de", "en"]}
    return data | {"purposes": [factories.purpose().pk], "active": "on", "change_reason": "opened"} | more


class TestTheForm:
    def test_a_place_is_made_with_what_it_asks_for(self, officer: Client) -> None:
        origins = " https://www.example.com \r\n\r\nhttp://localhost:8080\n"
        answer = officer.post(f"{PLACES}add/", values(allowed_origins=origins, policy_url="example.com/privacy"))

        assert answer.status_code == 302, answer.context["adminform"].form.errors
        place = CollectionPoint.objects.get()
        assert place.allowed_origins == ["https://www.example.com", "http://localhost:8080"]
        assert (place.languages, place.policy_url) == (["de", "en"], "https://example.com/privacy")
        assert list(place.purposes.all()) == [factories.purpose()]
        row = place.history.get()
        assert (row.history_actor, row.history_change_reason) == ("staff", "opened")

    def test_it_says_its_address_and_how_to_embed_it(self, officer: Client, settings: Any) -> None:
        settings.PUBLIC_URL = "https://people.example"
        place = capturing.collection_point(allowed_origins=["https://www.example.com"], name='A "B"')
        capturing.api_key(collection_point=place)

        page = officer.get(f"{PLACES}{place.pk}/change/").content.decode()

        assert "https://people.example/c/shop/" in page
        assert "&lt;iframe src=&quot;https://people.example/c/shop/&quot;" in page
        assert "title=&quot;A &amp;quot;B&amp;quot;&quot;" in page
        assert f"/admin/consent/apikey/?collection_point__id__exact={place.pk}" in page

    def test_saved_untouched_it_stays_as_it_was(self, officer: Client) -> None:
        place = capturing.collection_point(
            allowed_origins=["https://a.example"], purposes=[factories.purpose()], kind="sms", join_keyword="garden"
        )
        form = officer.get(f"{PLACES}{place.pk}/change/").context["adminform"].form
        data = {field.html_name: field.value() for field in form if field.value() not in (None, False)}

        assert officer.post(f"{PLACES}{place.pk}/change/", data).status_code == 302

        before = CollectionPoint.objects.values().get()
        place.refresh_from_db()
        assert before == CollectionPoint.objects.values().get()
        assert place.allowed_origins == ["https://a.example"]
        assert place.join_keyword == "garden"

    def test_a_keyword_is_kept_as_messages_are_compared_with_it(self, officer: Client) -> None:
        officer.post(f"{PLACES}add/", values(kind="sms", join_keyword="  JOIN, Garden! "))
        assert CollectionPoint.objects.get().join_keyword == "join garden"

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"allowed_origins": "https://www.example.com/path"}, "allowed_origins"),
            ({"allowed_origins": "javascript:alert(1)"}, "allowed_origins"),
            ({"languages": []}, "languages"),
            ({"languages": ["xx"]}, "languages"),
            ({"purposes": []}, "purposes"),
            ({"kind": "mobile_app"}, "source"),
            ({"kind": "staff"}, "kind"),
            ({"kind": "sms", "join_keyword": "Stop!"}, "join_keyword"),
            ({"kind": "sms", "join_keyword": "YES"}, "join_keyword"),
            ({"kind": "sms", "join_keyword": "123456"}, "join_keyword"),
            ({"kind": "sms", "join_keyword": "+1 202 555 0100"}, "join_keyword"),
            ({"name": "Call +1 202 555 0100"}, "name"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, officer: Client, wrong: dict[str, Any], field: str) -> None:
        data = values(**wrong)
        if wrong.get("kind") == "mobile_app":
            data["source"] = factories.source("web").pk
        answer = officer.post(f"{PLACES}add/", data)
        assert field in answer.context["adminform"].form.errors
        assert not CollectionPoint.objects.exists()

    def test_only_a_place_for_texts_has_a_keyword(self, officer: Client) -> None:
        answer = officer.post(f"{PLACES}add/", values(join_keyword="garden"))
        assert "Only a collection point for text messages" in str(answer.context["adminform"].form.errors)


class TestKeys:
    def make(self, officer: Client, place: CollectionPoint, **more: Any) -> Any:
        when = (timezone.now() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
        data = {"name": "Web shop", "scopes": ["capture", "withdraw"], "expires_at": when, "per_minute": "60"} | more
        return officer.post(f"{PLACES}{place.pk}/new-key/", data)

    def test_a_key_is_shown_once_and_stands_nowhere_else(self, officer: Client) -> None:
        place = capturing.collection_point()

        answer = self.make(officer, place)

        text = answer.context["secret"].text
        assert answer.status_code == 200
        assert text in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        key = places.authenticate(text, scope="withdraw", at=timezone.now())
        assert (key.collection_point, key.name, key.per_minute) == (place, "Web shop", 60)
        assert (key.scopes, key.created_by) == (["capture", "withdraw"], factories.user("ola"))
        secret = text.rpartition(f"{key.prefix}_")[2]
        assert not list(get_messages(answer.wsgi_request))
        assert secret not in "".join(LogEntry.objects.values_list("change_message", flat=True))
        assert not any(secret in str(session.get_decoded()) for session in Session.objects.all())
        assert secret not in repr(answer.context["secret"])
        for page in (
            f"{PLACES}{place.pk}/change/",
            "/admin/consent/apikey/",
            f"/admin/consent/apikey/{key.pk}/change/",
        ):
            assert secret not in officer.get(page).content.decode()

    def test_it_ends_in_a_year_unless_told_otherwise(self, officer: Client) -> None:
        form = officer.get(f"{PLACES}{capturing.collection_point().pk}/new-key/").context["form"]
        ahead = form["expires_at"].value() - timezone.make_naive(timezone.now())
        assert timedelta(days=364) < ahead <= timedelta(days=365)
        assert form["per_minute"].value() == 300

    @pytest.mark.parametrize(
        "wrong",
        [{"scopes": []}, {"scopes": ["root"]}, {"expires_at": "2020-01-01T00:00"}, {"per_minute": "0"}, {"name": ""}],
    )
    def test_a_key_that_makes_no_sense_is_not_made(self, officer: Client, wrong: dict[str, Any]) -> None:
        answer = self.make(officer, capturing.collection_point(), **wrong)
        assert set(answer.context["form"].errors) == set(wrong)
        assert not ApiKey.objects.exists()

    def test_a_place_that_is_closed_gets_none(self, officer: Client) -> None:
        assert self.make(officer, capturing.collection_point(active=False)).status_code == 302
        assert not ApiKey.objects.exists()

    def test_a_key_is_revoked_for_good(self, officer: Client) -> None:
        now = timezone.now()
        key, text = places.issue_key(
            place=capturing.collection_point(),
            name="Shop",
            scopes=["capture"],
            expires_at=now + timedelta(days=9),
            created_by=None,
            at=now,
        )
        url = f"/admin/consent/apikey/{key.pk}/"
        assert f"{url}revoke/" in officer.get(f"{url}change/").content.decode()

        officer.post(f"{url}revoke/")

        with pytest.raises(places.BadKey):
            places.authenticate(text, scope="capture", at=timezone.now())
        assert f"{url}revoke/" not in officer.get(f"{url}change/").content.decode()
        assert "revoked already" in str(*get_messages(officer.post(f"{url}revoke/").wsgi_request))

    @pytest.mark.parametrize(
        ("values", "badge"),
        [
            ({}, "expired"),
            ({"expires_at": timezone.now() + timedelta(days=1)}, "in force"),
            ({"revoked_at": factories.NOON}, "revoked"),
        ],
    )
    def test_the_list_says_how_a_key_stands(self, officer: Client, values: dict[str, Any], badge: str) -> None:
        capturing.api_key(**{"expires_at": factories.NOON + timedelta(days=1)} | values)
        assert f">{badge}</span>" in officer.get("/admin/consent/apikey/").content.decode()
