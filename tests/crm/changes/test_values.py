"""Stored values in words."""

from datetime import UTC, datetime

import pytest

from crm import changes
from crm.models import Contact, ContactPoint, PhoneNumber, Source
from tests import factories

pytestmark = pytest.mark.django_db


def words(model: type, name: str, value: object, names: changes.Names | None = None) -> str:
    """Return a value of a field in words."""
    return changes.readable(model._meta.get_field(name), value, names or {})  # type: ignore[attr-defined]


def test_a_choice_is_shown_by_its_label_and_nothing_by_a_dash() -> None:
    assert words(Contact, "status", "restricted") == "Restricted"
    assert [words(Contact, "notes", ""), words(Contact, "last_interaction_at", None)] == ["—", "—"]
    assert [words(ContactPoint, "is_primary", True), words(ContactPoint, "is_primary", False)] == ["yes", "no"]


def test_a_moment_is_shown_as_staff_read_it_with_utc_on_hover() -> None:
    said = words(ContactPoint, "until", datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert ">March 2, 2026, noon</time>" in said
    assert 'title="2026-03-02 12:00:00 UTC"' in said


def test_a_reference_is_shown_by_name_and_a_line_masked() -> None:
    point = factories.point("+12025550187")
    names = changes.names_of([(PhoneNumber, point.line_id), (Source, factories.source().pk), (Contact, None)])
    assert words(ContactPoint, "line", point.line_id, names) == "+1 •••• ••0187"
    assert changes.names_of([(ContactPoint, point.pk)]) == {(ContactPoint, point.pk): "+1 •••• ••0187"}


def test_what_is_gone_is_named_by_its_kind() -> None:
    assert words(ContactPoint, "line", 12345) == "phone number 12345, which is gone"


def test_only_what_differs_is_a_change() -> None:
    found = changes.differences(Contact, {"given_name": "Ann", "notes": ""}, {"given_name": "Anna", "notes": None})
    assert [(each.field.name, each.old, each.new) for each in found] == [("given_name", "Ann", "Anna")]
    assert "Anna" not in repr(found)
