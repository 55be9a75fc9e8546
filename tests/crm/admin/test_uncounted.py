"""Lists that are not counted give every row once, in order, wherever those that a filter leaves may lie."""

from typing import Any

import pytest

from crm.admin import uncounted
from crm.admin.uncounted import Uncounted
from crm.models import Contact
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncounted, "NEWEST", 3)


def pages(rows: Any) -> list[list[str]]:
    """Turn all pages of a queryset of contacts, two rows each."""
    found, number, more = [], 1, True
    while more:
        page = Uncounted(rows, 2).page(number)
        found.append([str(contact) for contact in page.object_list])
        number, more = number + 1, page.has_next()
    return found


@pytest.mark.parametrize(
    ("countries", "expected"),
    [
        ("GGGGGG", [["5", "4"], ["3", "2"], ["1", "0"]]),
        ("GGGUUU", [["2", "1"], ["0"]]),
        ("UUUGGG", [["5", "4"], ["3"]]),
        ("GUUUUG", [["5", "0"]]),
        ("UUUUUU", [[]]),
    ],
)
def test_those_that_a_filter_leaves_are_all_there_in_order(countries: str, expected: list[list[str]]) -> None:
    for index, country in enumerate(countries):
        factories.point(given_name=str(index), country={"G": "GB", "U": "US"}[country])
    assert pages(Contact.objects.filter(country="GB").order_by("-pk")) == expected


def test_where_some_are_among_the_newest_the_others_are_looked_for_as_far_as_these_tell(
    django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index, country in enumerate("GUUUUGUGUU"):
        factories.point(given_name=str(index), country={"G": "GB", "U": "US"}[country])
    rows = Contact.objects.filter(country="GB").order_by("-pk")
    with django_assert_num_queries(3) as queries:
        assert [str(contact) for contact in uncounted.newest_first(rows, 0, 2)] == ["7", "5"]
    assert "+ 0" not in queries[-1]["sql"]
    monkeypatch.setattr(uncounted, "FARTHEST", 10)
    with django_assert_num_queries(3) as queries:
        assert [str(contact) for contact in uncounted.newest_first(rows, 0, 3)] == ["7", "5", "0"]
    assert "+ 0" in queries[-1]["sql"]


def test_a_list_of_all_is_read_as_it_is() -> None:
    for index in range(5):
        factories.point(given_name=str(index))
    assert pages(Contact.objects.order_by("-pk")) == [["4", "3"], ["2", "1"], ["0"]]
