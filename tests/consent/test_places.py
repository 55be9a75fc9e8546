"""Collection points and their keys."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from consent import places
from consent.models import ApiKey, CollectionPoint, Notice
from consent.models.collection_point import require_languages, require_origins
from consent.rules.lines import Channel
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db

YEAR = timedelta(days=365)


def issued(place: CollectionPoint | None = None, scopes=("capture",), **values):
    said: dict[str, Any] = {"name": "shop", "expires_at": NOON + YEAR, "created_by": None, "at": NOON}
    return places.issue_key(place=place or factories.place(), **(said | {"scopes": scopes} | values))


class TestWhatIsAsked:
    def test_the_newest_published_wording_of_each_purpose_is_asked_for(self) -> None:
        news = factories.purpose("news", channels=["sms"])
        place = factories.place(asks=[news])
        newer = factories.notice(news, version=2)
        (asked,) = places.asked(place, language="en")
        assert (asked.notice, asked.channels) == (newer, (Channel.SMS,))

    def test_a_draft_is_not(self) -> None:
        news = factories.purpose()
        place = factories.place(asks=[news])
        Notice.objects.create(purpose=news, language="en", version=2, text="Draft")
        assert [asked.notice.version for asked in places.asked(place, language="en")] == [1]

    def test_what_is_not_in_use_or_not_in_the_language_is_not(self) -> None:
        place = factories.place(asks=[factories.purpose("old", active=False)], languages=["en"])
        assert places.asked(place, language="en") == []
        place.purposes.add(factories.purpose("news"))
        assert places.asked(place, language="de") == []

    def test_what_is_necessary_is_told_last_and_is_not_optional(self) -> None:
        orders = factories.purpose("a-orders", basis="contract", necessary=True)
        news = factories.purpose("b-news")
        asked = places.asked(factories.place(asks=[orders, news]), language="en")
        assert [(each.purpose, each.optional) for each in asked] == [(news, True), (orders, False)]

    def test_its_languages_are_those_in_which_there_is_something_to_ask(self) -> None:
        news = factories.purpose()
        place = factories.place(languages=["fr", "en", "de"])
        place.purposes.add(news)
        factories.notice(news, language="de")
        factories.notice(news, language="en")
        factories.notice(news, language="es")
        assert places.languages(place) == ["en", "de"]


class TestKeys:
    def test_a_key_opens_its_scope_and_names_its_place(self) -> None:
        key, text = issued()
        found = places.authenticate(text, scope="capture", at=NOON)
        assert (found, found.collection_point) == (key, factories.place())

    def test_the_text_is_nowhere_in_the_database(self) -> None:
        key, text = issued()
        secret = text.rpartition("_")[2]
        row = ApiKey.objects.filter(pk=key.pk).values().get()
        assert text.startswith(f"rfk_{key.prefix}_")
        assert not any(secret in str(value) for value in row.values())
        assert str(key) == f"rfk_{key.prefix}"

    def test_a_key_lacks_what_it_was_not_given(self) -> None:
        _key, text = issued()
        with pytest.raises(places.MissingScope) as caught:
            places.authenticate(text, scope="withdraw", at=NOON)
        assert caught.value.scope == "withdraw"

    @pytest.mark.parametrize(
        "text", ["", "rfk_", "rfk_0123456789ab_" + "A" * 43, "Bearer x", "rfk_0123456789ab_\u0661"]
    )
    def test_what_is_no_key_opens_nothing(self, text: str) -> None:
        with pytest.raises(places.BadKey):
            places.authenticate(text, scope="capture", at=NOON)

    def test_one_wrong_character_opens_nothing(self) -> None:
        _key, text = issued()
        wrong = text[:-1] + ("A" if text[-1] != "A" else "B")
        with pytest.raises(places.BadKey):
            places.authenticate(wrong, scope="capture", at=NOON)

    def test_a_key_ends_when_it_expires(self) -> None:
        _key, text = issued(expires_at=NOON + timedelta(hours=1))
        places.authenticate(text, scope="capture", at=NOON + timedelta(minutes=59))
        with pytest.raises(places.BadKey):
            places.authenticate(text, scope="capture", at=NOON + timedelta(hours=1))

    def test_a_revoked_key_stays_as_it_was_revoked_first(self) -> None:
        key, text = issued()
        places.revoke_key(key, at=NOON)
        places.revoke_key(key, at=NOON + YEAR)
        assert key.revoked_at == NOON
        with pytest.raises(places.BadKey):
            places.authenticate(text, scope="capture", at=NOON)

    def test_a_closed_place_has_no_keys(self) -> None:
        place = factories.place(active=False)
        _key, text = issued(place)
        with pytest.raises(places.BadKey):
            places.authenticate(text, scope="capture", at=NOON)

    @pytest.mark.parametrize(
        "values", [{"scopes": []}, {"scopes": ["everything"]}, {"expires_at": NOON}], ids=["none", "unknown", "ended"]
    )
    def test_a_key_that_makes_no_sense_is_not_made(self, values) -> None:
        with pytest.raises(ValueError, match="a key"):
            issued(**values)
        assert not ApiKey.objects.exists()


class TestRates:
    def test_a_minute_takes_as_many_requests_as_the_key_has(self) -> None:
        key, _text = issued(per_minute=2)
        at = NOON.replace(second=30)
        windows = [places.count_request(key, at=at) for _ in range(3)]
        assert [(window.remaining, window.allowed) for window in windows] == [(1, True), (0, True), (0, False)]
        assert {window.limit for window in windows} == {2}
        assert {window.resets_at for window in windows} == {NOON + timedelta(minutes=1)}

    def test_the_next_minute_begins_anew(self) -> None:
        key, _text = issued(per_minute=1)
        places.count_request(key, at=NOON)
        assert not places.count_request(key, at=NOON).allowed
        assert places.count_request(key, at=NOON + timedelta(minutes=1)).allowed
        key.refresh_from_db()
        assert key.last_used_at == NOON + timedelta(minutes=1)


class TestDeclarations:
    @pytest.mark.parametrize(
        "origins",
        [
            ["https://a.example/"],
            ["https://a.example/path"],
            ["*"],
            ["https://*.example"],
            ["javascript:x"],
            "x",
            [None],
            ["https://a.example; script-src *"],
            ["https://A.example"],
            ["https://user@a.example"],
        ],
    )
    def test_what_is_no_origin_is_refused(self, origins) -> None:
        with pytest.raises(ValidationError):
            require_origins(origins)

    def test_origins_may_have_a_port(self) -> None:
        require_origins(["https://a.example", "http://localhost:8000"])

    @pytest.mark.parametrize("languages", [[], ["tlh"], "en"])
    def test_languages_are_among_those_that_the_pages_speak(self, languages) -> None:
        with pytest.raises(ValidationError):
            require_languages(languages)

    def test_a_source_of_another_kind_is_refused(self) -> None:
        place = factories.place()
        place.kind = "point_of_sale"
        with pytest.raises(ValidationError, match="another kind"):
            place.clean()
