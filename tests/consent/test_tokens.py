"""Random ids: each is new, fits in an address, and is kept as a digest."""

import re

from hypothesis import given
from hypothesis import strategies as st

from consent import tokens


def test_each_is_new_and_may_stand_in_an_address() -> None:
    made = {tokens.new() for _each in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", each) for each in made)


@given(st.text(st.characters(exclude_categories=[])))
def test_whatever_is_typed_has_a_digest(text: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", tokens.digest(text))
