"""Links to the preference centre: each opens its own person, and no other text opens anybody."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import preferences, retention
from consent.ledger import PointErased
from consent.models import PreferenceToken
from consent.rules.times import NaiveTimestamp
from tests import factories
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db
NUMBER = "+12025550187"
# An example writes people: how long that takes is no property of a link.
FEW = settings(deadline=None, max_examples=30)
PIECES = st.text(alphabet="ABCXYZabcxyz0189-_", min_size=1, max_size=4)


@FEW
@given(st.text(), PIECES)
def test_what_was_never_issued_opens_nothing(text: str, piece: str) -> None:
    point = factories.point()
    token = preferences.issue(point=point, at=NOON)
    for wrong in (text, piece * 11, token + piece, piece + token, token[:-1], token.swapcase(), f" {token}"):
        with pytest.raises(preferences.Unknown):
            preferences.find(wrong, at=NOON)
    assert preferences.find(token, at=NOON).point == point


@FEW
@given(st.lists(st.integers(min_value=0, max_value=2), min_size=1, max_size=6))
def test_every_link_opens_its_own_person_and_names_nobody(order: list[int]) -> None:
    points = [factories.point(factories.number()) for _each in range(3)]
    issued = [(preferences.issue(point=points[at], at=NOON), points[at]) for at in order]
    assert len({token for token, _point in issued}) == len(issued)
    for token, point in issued:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
        assert point.line.e164.lstrip("+") not in token
        opened = preferences.find(token, at=NOON)
        assert (opened.point, opened.line, opened.expired) == (point, point.line, False)


@pytest.mark.parametrize("text", ["", "\x00", "a/b", "\ud800", "é" * 43, "A" * 100_000])
def test_odd_texts_open_nothing(text: str) -> None:
    with pytest.raises(preferences.Unknown):
        preferences.find(text, at=NOON)


def test_the_text_of_a_link_stands_nowhere() -> None:
    token = preferences.issue(point=factories.point(NUMBER), at=NOON)
    rows = [row for model in apps.get_models() for row in model._base_manager.values_list()]
    assert not [row for row in rows if token in str(row)]
    assert token not in repr(preferences.find(token, at=NOON))


def test_a_link_is_old_once_its_days_are_over(settings: Any) -> None:
    settings.PREFERENCE_LINK_DAYS = 10
    token = preferences.issue(point=factories.point(), at=NOON)
    end = NOON + timedelta(days=10)
    assert not preferences.find(token, at=end - timedelta(microseconds=1)).expired
    assert preferences.find(token, at=end).expired


def test_a_link_outlives_the_person() -> None:
    point = factories.point()
    token, line = preferences.issue(point=point, at=NOON), point.line
    retention.erase(point.contact, reason="request", actor=TESTER, at=NOON)
    opened = preferences.find(token, at=NOON)
    assert (opened.point, opened.line) == (point, line)
    assert opened.point.erased_at == NOON


def test_who_was_erased_gets_no_new_link() -> None:
    point = factories.point()
    retention.erase(point.contact, reason="request", actor=TESTER, at=NOON)
    point.refresh_from_db()
    with pytest.raises(PointErased):
        preferences.issue(point=point, at=NOON)
    assert not PreferenceToken.objects.exists()


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        preferences.issue(point=factories.point(), at=datetime(2026, 3, 2))
    with pytest.raises(NaiveTimestamp):
        preferences.find("x", at=datetime(2026, 3, 2))


def test_an_e_mail_offers_one_click(settings: Any) -> None:
    settings.PUBLIC_URL = "https://consent.example.com"
    assert preferences.address("abc") == "https://consent.example.com/p/abc/"
    assert preferences.email_headers("abc") == {
        "List-Unsubscribe": "<https://consent.example.com/p/abc/one-click/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
