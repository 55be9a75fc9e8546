"""Numbers are found in any spelling and by their last digits, and what was found is its finder's for a day."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import retention
from crm import finding, tasks
from crm.models import NumberSearch, fingerprint_keys
from tests import factories
from tests.factories import NOON, TESTER

NUMBER = "+12025550187"
LONDON = "+442079460123"


@pytest.mark.parametrize("text", ["0187", "(202) 555-0187", NUMBER, "tel:+44 20 7946 0123", "٠١٨٧"])
def test_a_number_or_the_end_of_one_is_told_from_a_name(text: str) -> None:
    assert finding.is_number(text)


@pytest.mark.parametrize("text", ["", "187", "Ann", "Route 66 Ltd", "ann1234567@example.com", "25 h GmbH"])
def test_a_name_or_an_address_is_no_number(text: str) -> None:
    assert not finding.is_number(text)


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("Ann Lee", True),
        ("ann1234567@example.com", True),
        ("Ann 020 7946 0123", False),
        ("Ann 5550187187", False),
        ("Ann 50187", False),
        ("Route 66 Ltd", True),
        ("a@b 02079460123", False),
    ],
)
def test_what_holds_a_number_beside_a_name_is_put_in_no_address(text: str, may: bool) -> None:
    assert finding.may_be_an_address(text, regions=["GB"]) is may


@pytest.mark.django_db
class TestLines:
    @pytest.mark.parametrize(
        "text", [LONDON, "0044 20 7946 0123", "020 7946 0123", "(020) 79460123", "44 20 7946 0123", "7946 0123", "0123"]
    )
    def test_a_line_is_found_in_any_spelling(self, text: str) -> None:
        line = factories.point(LONDON).line
        factories.point(NUMBER)
        assert finding.lines(text, regions=["GB"]).line_ids == [line.pk]

    def test_without_its_country_a_number_is_found_by_its_end(self) -> None:
        line = factories.point(LONDON).line
        assert finding.lines("020 7946 0123", regions=[]).line_ids == [line.pk]

    def test_a_whole_number_with_its_country_finds_no_other_that_ends_so(self) -> None:
        factories.point(LONDON)
        assert finding.lines("+1 202 946 0123", regions=["GB"]) == finding.Found([])

    @pytest.mark.parametrize("text", ["60123", "946 0123", "7946 0123", "146 0123"])
    def test_digits_before_the_last_four_are_not_told_one_by_one(self, text: str) -> None:
        line = factories.point(LONDON).line
        assert finding.lines(text, regions=[]).line_ids == [line.pk]
        assert finding.lines("10123", regions=[]).line_ids == [line.pk]

    def test_it_is_found_under_every_key_that_has_rows(self, settings: Any) -> None:
        old: Any = factories.point(NUMBER).line
        settings.FINGERPRINT_KEYS = ["new:" + "6b" * 32, *settings.FINGERPRINT_KEYS]
        new: Any = factories.point(LONDON).line
        assert old.key_id != new.key_id == next(iter(fingerprint_keys()))
        assert [finding.lines(text, regions=["US"]).line_ids for text in ("(202) 555-0187", LONDON)] == [
            [old.pk],
            [new.pk],
        ]

    def test_an_erased_number_is_not_found_and_said_to_be_erased(self) -> None:
        point = factories.point(NUMBER)
        retention.erase(point.contact, reason="request", actor=TESTER, at=NOON)
        assert finding.lines(NUMBER, regions=[]) == finding.Found([], erased=True)
        assert finding.lines("0187", regions=[]) == finding.Found([])

    def test_of_very_many_the_newest_are_given_and_it_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(finding, "MOST_LINES", 2)
        found: list[Any] = [factories.point(f"+1{area}5550187").line_id for area in (202, 212, 213)]
        assert finding.lines("0187", regions=[]) == finding.Found(found[:0:-1], more=True)

    def test_fewer_digits_than_four_find_nothing(self) -> None:
        factories.point(NUMBER)
        assert finding.lines("187", regions=[]).line_ids == []


@pytest.mark.django_db
class TestKeeping:
    def test_what_was_found_is_kept_as_ids_for_who_searched(self) -> None:
        token = finding.remember([3, 4], user=factories.user(), at=NOON)
        assert finding.recall(token, user=factories.user(), at=NOON) == [3, 4]
        assert finding.recall(token, user=factories.user("other"), at=NOON) is None
        assert finding.recall("made up", user=factories.user(), at=NOON) is None

    def test_it_is_gone_in_a_day(self) -> None:
        old = finding.remember([3], user=factories.user(), at=NOON)
        later = NOON + timedelta(days=1)
        finding.remember([4], user=factories.user(), at=later)
        assert finding.recall(old, user=factories.user(), at=later) is None
        assert finding.forget(at=later) == 1
        assert NumberSearch.objects.count() == 1

    def test_the_hourly_task_forgets_it(self) -> None:
        finding.remember([3], user=factories.user(), at=timezone.now() - finding.KEPT)
        finding.remember([4], user=factories.user(), at=timezone.now())
        tasks.clear_staged_files()
        assert [kept.lines for kept in NumberSearch.objects.all()] == [[4]]
