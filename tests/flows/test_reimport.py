"""What was erased does not come back with the supplier's next file, in whatever spelling."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from consent import retention
from consent.models import ConsentEvent
from crm import traces
from crm.models import Contact, ContactPoint, PhoneNumber, Provenance
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("spelling", ["+12025550100", "(202) 555-0100", "00 1 202 555 0100", "tel:+1-202-555-0100"])
def test_an_erased_number_is_counted_as_suppressed_and_nothing_is_stored(spelling, tmp_path):
    factories.source("list", kind="third_party")
    factories.notice(factories.purpose("news"))
    person = factories.contact(["+12025550100"], given_name="Ada")
    retention.erase(person, reason="request", actor=factories.TESTER, at=timezone.now())
    before = [model.objects.count() for model in (Contact, ContactPoint, PhoneNumber, Provenance, ConsentEvent)]
    file = tmp_path / "again.csv"
    file.write_text(
        f"Given name,Mobile,Purpose,Given at,Wording version\nAda,{spelling},news,2026-01-05T10:00:00Z,1\n",
        encoding="utf-8",
    )

    printed = StringIO()
    call_command("import_contacts", str(file), "--source", "list", "--region", "US", "--json", stdout=printed)

    answer = json.loads(printed.getvalue())
    assert answer["counts"] == {
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
        "suppressed": 1,
        "flagged": 0,
    }
    after = [model.objects.count() for model in (Contact, ContactPoint, PhoneNumber, Provenance, ConsentEvent)]
    assert after == before
    assert PhoneNumber.objects.get().number is None
    assert list(traces.find("+12025550100")) == []
