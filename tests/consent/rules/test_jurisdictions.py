"""What differs from country to country."""

import pytest

from consent.rules.jurisdictions import ASKING_NEEDS_CONSENT, IMPLIED_CONSENT, NOT_TRANSFERABLE, consent_age
from consent.rules.lines import Channel


@pytest.mark.parametrize(
    ("region", "age"),
    [("DE", 16), ("GB", 13), ("FR", 15), ("AT", 14), ("at", 14), ("US", 16), ("ZZ", 16), ("", 16), ("001", 16)],
)
def test_a_child_consents_from_the_age_that_its_country_sets_and_else_from_sixteen(region: str, age: int) -> None:
    assert consent_age(region) == age


@pytest.mark.parametrize("region", ["AT", "BE", "CZ", "DK", "ES", "FI", "FR", "GR", "IT", "LT", "PT", "SE", "SI"])
def test_no_country_may_go_below_thirteen_nor_above_sixteen(region: str) -> None:
    assert 13 <= consent_age(region) < 16


def test_each_rule_of_a_country_cites_where_it_stands() -> None:
    assert all(rule.citation for rule in IMPLIED_CONSENT.values())
    assert all([*NOT_TRANSFERABLE.values(), *ASKING_NEEDS_CONSENT.values()])


def test_the_united_states_are_the_states_the_territories_and_the_possessions() -> None:
    regions = {region for region, _channel in NOT_TRANSFERABLE}
    assert regions == {"US", "AS", "GU", "MP", "PR", "VI"}
    assert {channel for _region, channel in NOT_TRANSFERABLE} == {Channel.SMS}
    assert regions | {"CA"} == set(ASKING_NEEDS_CONSENT)
