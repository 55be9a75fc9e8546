"""What the tests of faults share: a nursery of victims, and a tally of what came of them."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.faults import forking
from tests.faults.counting import Tally


@pytest.fixture(scope="session")
def nursery() -> Iterator[forking.Nursery]:
    """A process that forks victims, for all tests of this worker."""
    with forking.nursery() as made:
        yield made


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """An empty tally; what it comes to is written beside the test's result."""
    return Tally(lambda name, value: request.node.user_properties.append((name, value)))


@pytest.fixture(autouse=True)
def _no_brake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most people here are due, and the clock is put forward, on purpose: no run waits for a second person."""
    monkeypatch.setattr(settings, "PURGE_BRAKE_POINTS", 1_000_000)
    monkeypatch.setattr(settings, "CLOCK_JUMP_HOURS", 1_000_000)
