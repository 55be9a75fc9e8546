"""Points and policies of all kinds, for what must hold of every one of them."""

import dataclasses
from datetime import UTC, datetime
from functools import partial
from typing import Any

from hypothesis import strategies as st

from consent.rules.retention import NO_END, Action, ConsentFacts, PointFacts, Policy, SourceFacts, Trigger
from consent.rules.states import Status

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
MAYBE = st.none() | MOMENTS
KINDS = ("web_form", "third_party")
POLICIES = st.builds(
    Policy,
    st.integers(1, 9),
    st.sampled_from(Trigger),
    st.integers(0, 30),
    st.integers(0, 40),
    st.sampled_from(Action),
    st.booleans(),
    purpose_id=st.none() | st.integers(1, 2),
    source_id=st.none() | st.integers(1, 2),
    source_kind=st.sampled_from(["", "", *KINDS]),
    country=st.sampled_from(["", "", "US", "GB"]),
    tag_id=st.none() | st.integers(1, 2),
)
CONSENTS = st.builds(
    ConsentFacts,
    st.integers(1, 2),
    st.sampled_from(Status),
    MOMENTS,
    MOMENTS,
    st.none() | st.integers(1, 30),
    MAYBE,
    MAYBE,
)
POINTS = st.builds(
    PointFacts,
    st.just(1),
    MOMENTS,
    ended_at=MAYBE,
    restricted=st.booleans(),
    held_until=MAYBE | st.just(NO_END),
    consents=st.lists(CONSENTS, max_size=3),
    sources=st.lists(
        st.builds(SourceFacts, st.integers(1, 2), st.booleans(), MAYBE, st.sampled_from(KINDS)), max_size=2
    ),
    region=st.sampled_from(["US", "GB"]),
    tag_ids=st.frozensets(st.integers(1, 2)),
)


def replace(value: Any, **changes: Any) -> Any:
    """Return the value with some of it changed: terms are a dataclass, facts are tuples."""
    kept: Any = getattr(value, "_replace", partial(dataclasses.replace, value))
    return kept(**changes)
