"""What a file may change of people who are held: blanks always; what is newer or typed in by hand only when asked."""

from datetime import datetime, timedelta

import pytest

from consent.resources import EvidenceResource
from crm.imports import run
from crm.models import Contact, ImportBatch
from tests.crm.intaking import store
from tests.factories import NOON, contact, number, source
from tests.files import confirmed, csv_file, imported, outcomes

pytestmark = pytest.mark.django_db

ANN = number(0)
HEADER = ("Name", "Phone", "Company", "Collected at")


def days(count: int) -> datetime:
    return NOON - timedelta(days=count)


def row(company: str, collected: datetime | None = None) -> tuple[str, ...]:
    return ("Ann", ANN, company, collected.isoformat() if collected else "")


def bring(*rows: tuple[str, ...], **how) -> dict[str, int]:
    overwrite = how.pop("overwrite", False)
    batch = confirmed(csv_file(HEADER, *rows), **how)
    ImportBatch.objects.filter(pk=batch.pk).update(overwrite=overwrite)
    run.commit(batch, resource=EvidenceResource, at=batch.created_at)
    return outcomes(batch)


def company() -> str:
    return Contact.objects.get().organisation


def by_hand() -> None:
    contact([ANN], given_name="Ann", organisation="Acme", at=days(100))


def by_form() -> None:
    store(ANN, given_name="Ann", organisation="Acme")


@pytest.mark.parametrize("held", [by_hand, by_form])
def test_what_was_typed_in_is_kept_however_new_the_file(held):
    held()

    assert bring(row("Beta"), at=NOON + timedelta(days=1)) == {"unchanged": 1}
    assert company() == "Acme"


def test_a_blank_is_filled_whoever_left_it_and_however_old_the_file():
    contact([ANN], given_name="Ann")

    assert bring(row("Beta", days(4000))) == {"updated": 1}
    assert company() == "Beta"


@pytest.mark.parametrize(
    ("was", "now", "held"),
    [
        pytest.param(days(20), days(10), "Beta", id="collected later"),
        pytest.param(days(20), days(20), "Beta", id="collected at the same time"),
        pytest.param(days(20), days(21), "Acme", id="collected before"),
        pytest.param(None, None, "Beta", id="two files that do not say when: the later one"),
        pytest.param(None, days(31), "Acme", id="collected before the first file came"),
        pytest.param(None, days(29), "Beta", id="collected after the first file came"),
        pytest.param(days(20), None, "Beta", id="a file that does not say when is of today"),
    ],
)
def test_what_was_said_later_is_kept_and_what_was_said_before_is_changed(was, now, held):
    bring(row("Acme", was), at=days(30) if was is None else days(5))

    bring(row("Beta", now))

    assert company() == held


def test_what_staff_have_changed_since_a_file_brought_it_is_kept():
    bring(row("Acme"), at=days(30))
    store(ANN, contact_id=Contact.objects.get().pk, organisation="Acme Ltd")

    assert bring(row("Beta")) == {"unchanged": 1}
    assert company() == "Acme Ltd"


def test_a_field_that_staff_have_not_touched_is_changed_beside_one_that_they_have():
    bring(row("Acme"), at=days(30))
    store(ANN, contact_id=Contact.objects.get().pk, notes="rings twice")

    assert bring(row("Beta")) == {"updated": 1}
    assert (company(), Contact.objects.get().notes) == ("Beta", "rings twice")


@pytest.mark.parametrize("held", [by_hand, by_form, lambda: bring(row("Acme"), at=days(30))])
def test_an_empty_cell_wipes_nothing(held):
    held()

    assert bring(row(""), overwrite=True) == {"unchanged": 1}
    assert company() == "Acme"


@pytest.mark.parametrize("of", [{}, {"slug": "list", "kind": "third_party"}])
@pytest.mark.parametrize("held", [by_hand, lambda: bring(row("Acme", days(1)))])
def test_whoever_asks_for_it_overwrites_what_is_newer_or_typed_in(held, of):
    held()

    assert bring(row("Beta", days(10)), overwrite=True, of=source(**of)) == {"updated": 1}
    assert company() == "Beta"


def test_a_third_party_fills_blanks_and_changes_nothing():
    bring(row("Acme", days(500)), at=days(400))
    list_ = source("list", kind="third_party")

    batch = imported(csv_file((*HEADER[:3], "Language"), (*row("Beta")[:3], "de")), of=list_)

    assert outcomes(batch) == {"updated": 1}
    assert (company(), Contact.objects.get().language) == ("Acme", "de")


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize(
    ("first", "second", "held"),
    [
        (row("Acme"), row("Beta"), "Beta"),
        (row("Acme", days(20)), row("Beta", days(10)), "Beta"),
        (row("Acme", days(10)), row("Beta", days(20)), "Acme"),
        (row("Acme"), row("Beta", days(20)), "Acme"),
        (row(""), row("Beta", days(20)), "Beta"),
    ],
)
def test_of_two_rows_of_a_file_the_one_that_was_collected_later_counts(settings, size, first, second, held):
    settings.IMPORT_CHUNK_ROWS = size

    bring(first, second)

    assert company() == held


def test_the_latest_time_at_which_a_batch_has_it_from_the_person_counts():
    header = ("Name", "Phone", "E-mail", "Company", "Collected at")
    rows = [("Ann", number(n), "ann@example.com", "Acme", days(at).isoformat()) for n, at in enumerate((40, 10, 30))]
    imported(csv_file(header, *rows), at=days(5))

    assert bring(row("Beta", days(20))) == {"unchanged": 1}
    assert bring(row("Beta", days(9))) == {"updated": 1}
