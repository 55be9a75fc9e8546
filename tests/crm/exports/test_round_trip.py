"""What is exported comes back by our own import: into the same data unchanged, into empty data the same."""

from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consent.resources import EvidenceResource
from crm import intake
from crm.exports import FORMATS
from crm.imports import run
from crm.imports.mapping import detect, is_phone
from crm.models import Contact, ContactPoint
from tests import factories
from tests.exporting import exported, table
from tests.files import imported, outcomes, staged

pytestmark = pytest.mark.django_db

AWKWARD = [
    "=1+1",
    "==1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "'=1",
    "''=1",
    "'s Hertog",
    "#N/A",
    "Zoë Ångström",
    "李雷 🙂",
    "a;b,c\\d:e",
    'say "hi"',
    "\\n",
    "null",
    "_x000D_",
    "x" * 100,
]


def person(numbers: Any = (), **profile: str) -> Contact:
    """Return a contact who has these numbers (text, label)."""
    row = intake.Row(profile=profile, numbers=[intake.Number(text, label=label) for text, label in numbers])
    stored = intake.store(row, source=factories.source(), actor=factories.TESTER, at=factories.NOON, reason="test")
    return Contact.objects.get(pk=stored.contact_id or 0)


def held() -> list[Any]:
    """Return everybody and their numbers, without our ids."""
    return [
        (
            [getattr(contact, name) for name in Contact.PROFILE],
            [(each.line.e164, each.extension, each.label, each.is_primary) for each in contact.points.order_by("pk")],
        )
        for contact in Contact.objects.order_by("pk")
    ]


def imported_over(content: bytes) -> dict[str, int]:
    """Import a file that may overwrite everything: what it then leaves unchanged it says just so."""
    batch = staged(content)
    batch.overwrite = True
    batch.save(update_fields=["overwrite"])
    run.confirm(batch, actor=factories.TESTER, at=factories.NOON)
    run.commit(batch, resource=EvidenceResource, at=factories.NOON)
    return outcomes(batch)


def forget_everything() -> None:
    """Empty the tables of people, as in a new database; the triggers let go of a number that is still there."""
    with connection.cursor() as cursor:
        for model in ("crm_provenance", "crm_contactpoint", "crm_phonenumber", "crm_contact"):
            cursor.execute(f"DELETE FROM {model}")


@pytest.mark.parametrize("kind", FORMATS)
def test_everything_comes_back_into_an_empty_database(kind: str) -> None:
    person(
        [("+12025550100", "mobile"), ("+442079460000 ext 12", "front desk"), ("+493023125000", "")],
        given_name="Ann",
        family_name="Lee",
        organisation="Lee, Sons & Co; Ltd",
        email="ann@example.com",
        address="1 High Street\nLondon; N1, 2nd floor",
        country="GB",
        language="en-GB",
        notes="rings\n\ntwice, \\ and again",
    )
    person([("+46701740605", "work"), ("+12025550103", "the fax room")], organisation="Acme Ltd")
    person([("+12025550101", "home")], family_name="Madonna")
    person([("+12025550102", "Müller's; pager")], email="nobody@example.com")
    before = held()
    content = exported(kind)
    forget_everything()

    assert outcomes(imported(content)) == {"created": 4}

    # Labels are compared in small letters everywhere in an import.
    for _profile, points in before:
        points[:] = [(number, extension, label.casefold(), first) for number, extension, label, first in points]
    assert held() == before


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_awkward_in_a_file_comes_back_unchanged(kind: str) -> None:
    for at, name in enumerate(AWKWARD):
        person([(factories.number(at), name[:60])], given_name=name, family_name=f"F{at}", organisation=name)
    person(
        [(factories.number(50), "")], given_name="Ann", notes="one\r\ntwo\rthree\nfour\u2028five" + " " * 200 + "six"
    )

    assert imported_over(exported(kind)) == {"unchanged": len(AWKWARD) + 1}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_tab_before_a_name_comes_back_too(kind: str) -> None:
    person([(factories.number(), "")], given_name="\t=Ann", notes="\tfirst\tsecond")

    assert imported_over(exported(kind)) == {"unchanged": 1}


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n;,:\\\"'=+-@", max_codepoint=0x1FFFF),
    max_size=90,
).map(str.strip)


@pytest.mark.parametrize("kind", FORMATS)
@settings(derandomize=True, max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXT, notes=TEXT)
@example(name="=" * 80, notes="; " * 60 + "é" * 60)
def test_any_text_comes_back_unchanged(kind: str, name: str, notes: str) -> None:
    forget_everything()
    try:
        person([("+12025550100", "")], given_name=name, family_name="Lee", notes=notes)
    except intake.Rejected:
        return  # a number in a text, as intake sees it

    assert imported_over(exported(kind)) == {"unchanged": 1}


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_changed_meanwhile_is_seen(kind: str) -> None:
    contact = person([("+12025550100", "")], given_name="Ann", notes="once")
    content = exported(kind)
    Contact.objects.filter(pk=contact.pk).update(notes="twice")

    assert imported_over(content) == {"updated": 1}


def test_the_columns_are_known_again_without_asking() -> None:
    person([("+12025550100", "mobile"), ("+12025550101", "")], given_name="Ann")

    headers = exported().decode("utf-8-sig").splitlines()[0].split(",")
    meanings = detect(headers)

    assert list(meanings) == headers
    assert set(Contact.PROFILE) < set(meanings.values())
    assert [meanings[f"Phone {at} - Label"] for at in (1, 2)] == ["label:Phone 1 - Value", "label:Phone 2 - Value"]
    assert all(is_phone(meanings[f"Phone {at} - Value"]) for at in (1, 2))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_masked_file_brings_no_number_back(kind: str) -> None:
    person([("+442079460000 ext 12", "mobile"), ("+12025550100", "")], given_name="Ann")
    content = exported(kind, masked=True)
    forget_everything()

    assert outcomes(imported(content)) == {"rejected": 1}
    assert not Contact.objects.exists()
    assert not ContactPoint.objects.exists()


def test_a_masked_file_shows_what_the_lists_show() -> None:
    person([("+442079460123 ext 12", "mobile")], given_name="Ann")

    (row,) = table(exported(masked=True))
    # The number begins with a sign of a formula, and its dots make it none in E.164.
    assert row == {"Given name": "Ann", "Phone 1 - Label": "mobile", "Phone 1 - Value": "'+44 •••• ••0123"}
