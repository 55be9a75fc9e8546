"""`forecast`: what goes in which of the coming nights, and why."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from consent.models import PurgeRun
from consent.rules.states import Act
from tests.commands import run
from tests.factories import NOON, entry, point, policy

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def withdrawn(*days: int) -> None:
    for each in days:
        entry(point(), Act.WITHDRAWN, at=NOON - each * DAY)


def test_it_names_the_nights_in_which_something_goes() -> None:
    policy(slug="said-no", after_days=3)
    withdrawn(9, 3, 1)
    assert run("forecast", "--json").json == {
        "as_of": "2026-03-02T12:00:00+00:00",
        "nights": 90,
        "due": 3,
        "by_night": [
            {"at": "2026-03-03T02:00:00+00:00", "due": 2, "by_policy": {"said-no": 2}},
            {"at": "2026-03-05T02:00:00+00:00", "due": 1, "by_policy": {"said-no": 1}},
        ],
    }
    assert not PurgeRun.objects.exists()


def test_people_read_a_line_for_each_night() -> None:
    policy(slug="said-no")
    withdrawn(1)
    said = run("forecast", "--nights", "7")
    assert said.code == 0
    assert said.stdout == "2026-03-03T02:00:00+00:00: 1 (said-no 1)\nin 7 nights: 1 contact points\n"


@pytest.mark.parametrize("nights", ["0", "-1", "3661"])
def test_a_number_of_nights_that_is_none_is_refused(nights: str) -> None:
    done = run("forecast", "--nights", nights)
    assert done.code == 2
    assert "--nights" in done.stderr
