"""What is valid and suspicious waits for a yes, or is told in the preview."""

import pytest

from consent.resources import EvidenceResource
from crm import intake
from crm.imports import run
from crm.models import Contact, ContactPoint, ImportBatch
from tests import factories
from tests.factories import NOON, TESTER, number
from tests.files import confirmed, csv_file, faults, imported, outcomes, staged

pytestmark = pytest.mark.django_db

PREMIUM = "+19005550100"
FAMILY = ("Ann", "Bo", "Cy", "Di", "Ed", "Flo")


def shared(*names: str) -> bytes:
    return csv_file(("Name", "My phone"), *((name, number(0)) for name in names))


def accepted(content: bytes) -> ImportBatch:
    batch = confirmed(content)
    ImportBatch.objects.filter(pk=batch.pk).update(accept_flagged=True)
    run.commit(batch, resource=EvidenceResource, at=NOON)
    return batch


def previewed(content: bytes) -> ImportBatch:
    batch = staged(content)
    run.preview(batch, resource=EvidenceResource, actor=TESTER, at=NOON)
    return batch


def test_a_premium_rate_number_waits_and_comes_in_with_a_yes():
    content = csv_file(("Name", "My phone", "Mobile"), ("Ann", PREMIUM, number(0)))

    batch = imported(content)

    assert (outcomes(batch), faults(batch)) == ({"flagged": 1}, [(2, "My phone", "premium_rate")])
    assert not Contact.objects.exists()
    assert outcomes(accepted(content)) == {"created": 1}
    assert Contact.objects.get().points.count() == 2


@pytest.mark.parametrize("size", [1, 4, 10])
def test_the_sixth_person_at_one_number_waits_in_the_preview_and_the_import(settings, size):
    settings.IMPORT_CHUNK_ROWS = size
    batch = previewed(shared(*FAMILY, "Ann"))

    seen = outcomes(batch), faults(batch)
    assert seen == ({"created": 5, "flagged": 1, "unchanged": 1}, [(7, "My phone", "shared_line")])
    assert batch.preview["flags"] == {"shared_line": 1, "reserved": 6}

    run.confirm(batch, actor=TESTER, at=NOON)
    run.commit(batch, resource=EvidenceResource, at=NOON)
    assert (outcomes(batch), faults(batch)) == seen
    assert outcomes(accepted(shared(*FAMILY))) == {"created": 1, "unchanged": 5}


def test_whoever_was_let_in_once_is_no_news_in_the_next_file():
    content = csv_file(("Name", "Phone"), ("Ann", PREMIUM), *((name, number(0)) for name in FAMILY))
    accepted(content)

    assert outcomes(imported(content)) == {"unchanged": 7}


def test_people_who_are_no_longer_there_share_nothing():
    imported(shared(*FAMILY[:5]))
    intake.end(ContactPoint.objects.earliest("pk"), actor=TESTER, at=NOON, reason="moved")

    assert outcomes(imported(shared("Flo"))) == {"created": 1}


def test_at_the_desk_nothing_waits():
    assert factories.point(PREMIUM).pk


def test_a_number_that_is_kept_for_demonstrations_is_imported_and_told():
    content = csv_file(("Name", "Phone"), ("Ann", number(0)), ("Bo", "call me"))

    batch = previewed(content)

    assert (outcomes(batch), batch.preview["flags"]) == ({"created": 1, "rejected": 1}, {"reserved": 1})
