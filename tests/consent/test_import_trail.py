"""Whatever an import writes says by whom, by which file and from which source, and the ledger agrees with it."""

from datetime import timedelta
from typing import Any

import pytest

from consent import ledger
from consent.models import Consent, ConsentEvent, Evidence, Suppression
from consent.resources import EvidenceResource
from crm.imports import child, run
from crm.models import Actor, Contact, ContactPoint, Provenance
from tests import factories
from tests.factories import NOON, number, source
from tests.files import csv_file, outcomes, staged

GIVEN = "2026-01-05T10:00:00Z"
IN_A_CHILD = child.running
HEADER = ("Name", "Phone", "Company", "Purpose", "Given at", "Wording version", "Agreed", "UNSUB_TIME")


def people(company: str) -> bytes:
    return csv_file(
        HEADER,
        ("Ann Łęcka", number(0), company, "news", GIVEN, "1", "", ""),
        ("Bo\tDay\\", number(1), company, "", "", "", "yes", ""),
        ("Cy", number(2), company, "news", GIVEN, "1", "", "2026-02-01"),
    )


@pytest.fixture(autouse=True)
def _news(settings, tmp_path):
    settings.STAGING_DIR = tmp_path / "staging"


def brought(content: bytes, at):
    """Import a file as a member of staff, from a list that names us."""
    factories.notice(factories.purpose("news"))
    batch = staged(content, of=source("list", kind="third_party", names_us=True), at=at)
    batch.mapping |= {"Agreed": "consent"}
    batch.save()
    run.confirm(batch, actor=Actor("staff", factories.user().pk), at=at)
    run.commit(batch, resource=EvidenceResource, at=at)
    return batch


def authors(model: Any, batch) -> list[tuple[Any, ...]]:
    """Return what the history rows that a batch wrote say beside the values, each once, and how many there are."""
    rows = model.history.filter(history_batch=batch)
    return sorted(set(rows.values_list("history_actor", "history_user", "history_source", "history_channel")))


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 100])
def test_every_row_with_a_history_has_one_that_says_what_it_says_by_whom_and_by_which_file(settings, size):
    settings.IMPORT_CHUNK_ROWS = size
    batch = brought(people("Acme"), NOON)
    staff = ("staff", factories.user().pk, batch.source_id)

    assert outcomes(batch) == {"created": 3}
    for model, count in ((Contact, 3), (ContactPoint, 3), (Consent, 6)):
        assert model.objects.count() == count
        assert authors(model, batch) == [(*staff, "third_party")]
        for thing in model.objects.all():
            last = model.history.filter(id=thing.pk).order_by("history_id").last()
            for field in model._meta.concrete_fields:
                assert getattr(last, field.attname) == getattr(thing, field.attname)
    assert Contact.history.count() == ContactPoint.history.count() == 3
    assert sorted(Consent.history.values_list("history_change_reason", "history_type")) == [
        *[("claimed", "+")] * 2,
        *[("given", "+")] * 4,
        *[("withdrawn", "~")] * 2,
    ]
    assert set(Provenance.objects.values_list("source", "batch", "obtained_at")) == {(staff[2], batch.pk, NOON)}
    entries = ConsentEvent.objects.values_list("actor_name", "actor_user", "source", "batch")
    assert set(entries) == {(*staff, batch.pk)}
    assert set(Suppression.objects.values_list("actor_name", "actor_user")) == {staff[:2]}


@pytest.mark.django_db
def test_a_change_has_a_history_row_of_the_file_that_brought_it_and_what_is_not_changed_has_none():
    first = brought(people(""), NOON - timedelta(days=3))
    second = brought(people("Acme"), NOON)

    assert outcomes(second) == {"updated": 3}
    changes = Contact.history.filter(history_type="~").values_list("history_batch", "organisation", "history_date")
    assert set(changes) == {(second.pk, "Acme", NOON)}
    assert Contact.history.count() == 6
    assert {batch for (batch,) in ContactPoint.history.values_list("history_batch")} == {first.pk}


@pytest.mark.django_db
def test_the_ledger_and_the_evidence_hold_together_after_imports():
    for day in (3, 2, 1):
        brought(people(f"Company {day}"), NOON - timedelta(days=day))

    assert list(ledger.differences()) == []
    assert Evidence.objects.count() == 4
    assert ledger.broken_evidence() == []


@pytest.mark.django_db
def test_a_file_that_is_read_in_a_process_of_its_own_says_the_same(monkeypatch, settings):
    settings.IMPORT_CHUNK_ROWS = 2
    monkeypatch.setattr(child, "running", IN_A_CHILD)

    batch = brought(people("Acme") + b"Di,call me,,,,,,\n", NOON)

    assert (batch.stage, outcomes(batch)) == ("committed", {"created": 3, "rejected": 1})
    names = Contact.objects.order_by("pk").values_list("given_name", "family_name")
    assert list(names) == [("Ann", "Łęcka"), ("Bo", "Day\\"), ("Cy", "")]
    assert Suppression.objects.count() == 1
    assert list(ledger.differences()) == []
