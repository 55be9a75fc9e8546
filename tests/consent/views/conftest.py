"""What the tests of the public pages share: purposes, a form and a till that ask for them."""

from collections.abc import Iterator
from typing import Any

import pytest

from consent import tasks
from consent.models import CollectionPoint, Purpose
from tests import factories


@pytest.fixture
def news() -> Purpose:
    return factories.purpose("news")


@pytest.fixture
def survey() -> Purpose:
    """One that is confirmed through the number."""
    return factories.purpose("survey", needs_confirmation=True, channels=["sms"])


@pytest.fixture
def orders() -> Purpose:
    """One that nobody is asked about."""
    return factories.purpose("orders", basis="contract", necessary=True, channels=["sms"])


@pytest.fixture
def place(news: Purpose, survey: Purpose, orders: Purpose) -> CollectionPoint:
    return factories.place("garden", asks=[news, survey, orders], languages=["en", "de"])


@pytest.fixture
def till_place(news: Purpose, survey: Purpose) -> CollectionPoint:
    return factories.place("shop", kind="point_of_sale", asks=[news, survey], languages=["en", "de"])


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The text messages that were handed over to be sent."""
    ids: list[int] = []

    def note(message_ids: Any) -> None:
        ids.extend(message_ids)

    monkeypatch.setattr(tasks, "send_soon", note)
    return ids  # type: ignore[return-value]
