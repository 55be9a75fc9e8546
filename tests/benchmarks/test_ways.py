"""The ways that the benchmark of imports compares write the same: none is quicker by leaving something out."""

import pytest

from consent.models import Consent, ConsentEvent, Evidence
from crm.models import Contact, ContactPoint, PhoneNumber, Provenance
from tests import factories
from tests.benchmarks import people
from tests.benchmarks.ways import WAYS

TABLES = [Contact, ContactPoint, PhoneNumber, Provenance, ConsentEvent, Evidence, Consent] + [
    model.history.model for model in (Contact, ContactPoint, Consent)
]


@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS)
def test_each_way_writes_every_row_entry_and_history(way, tmp_path, settings):
    settings.STAGING_DIR = tmp_path / "staging"
    factories.notice(factories.purpose("news", channels=["sms"]))
    factories.source()
    people.write(tmp_path / "people.csv", 3)

    seconds = WAYS[way](tmp_path / "people.csv")

    assert seconds > 0
    assert {model._meta.label: model.objects.count() for model in TABLES} == {model._meta.label: 3 for model in TABLES}
