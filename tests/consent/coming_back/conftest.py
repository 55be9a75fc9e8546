"""Where and for what a number is given again, at ten in the morning of its day."""

from typing import Any

import pytest
import time_machine

from consent.models import CollectionPoint, Purpose
from tests import factories
from tests.consent.coming_back import NOW


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def news() -> Purpose:
    return factories.purpose("news")


@pytest.fixture
def survey() -> Purpose:
    return factories.purpose("survey", needs_confirmation=True)


@pytest.fixture
def place(news: Purpose, survey: Purpose) -> CollectionPoint:
    return factories.place(asks=[news, survey])
