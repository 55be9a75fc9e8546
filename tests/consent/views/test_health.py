"""The health page says whether the service and its nightly work are well, by kind and no more."""

import pytest
from django.db import transaction
from django.utils import timezone

from consent import journal
from consent.models import Alert, JournalMark, PurgeRun
from tests import marks

# Each check looks from a thread of its own.
pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/health/"


def failed() -> None:
    now = timezone.now()
    PurgeRun.objects.create(
        as_of=now, started_at=now, finished_at=now, state=PurgeRun.State.FAILED, actor_name="nightly job"
    )


def test_it_is_200_while_all_is_well(client) -> None:
    response = client.get(ADDRESS)
    assert response.status_code == 200
    assert "All is well" in response.content.decode()


def test_it_is_500_while_the_last_run_has_failed(client) -> None:
    failed()
    response = client.get(ADDRESS)
    assert response.status_code == 500
    assert "run_failed" in response.content.decode()


def test_it_is_500_while_an_alert_is_open(client) -> None:
    now = timezone.now()
    alert = Alert.objects.create(kind=Alert.Kind.OVERDUE, opened_at=now, detail="3 contact points")
    response = client.get(ADDRESS, {"format": "json"})
    assert response.status_code == 500
    assert "overdue" in response.json()["Nightly()"]
    assert "contact points" not in response.content.decode()
    alert.closed_at = now
    alert.save()
    assert client.get(ADDRESS).status_code == 200


def test_it_is_500_while_the_database_or_the_journal_is_older_than_the_other(client, settings) -> None:
    with transaction.atomic():
        journal.write(points=[], gone=[], reason="request", at=timezone.now())
    assert client.get(ADDRESS).status_code == 200
    mark = JournalMark.objects.get()
    marks.forget()
    response = client.get(ADDRESS)
    assert response.status_code == 500
    assert "database_behind" in response.content.decode()
    JournalMark.objects.bulk_create([mark])
    settings.JOURNAL_PATH.unlink()
    assert "journal_lost" in client.get(ADDRESS).content.decode()


@pytest.mark.parametrize("form", ["json", "text", "openmetrics"])
def test_programs_can_read_it(client, form) -> None:
    assert "Nightly" in client.get(ADDRESS, {"format": form}).content.decode()


def test_nobody_keeps_a_copy_and_it_sets_no_cookie(client) -> None:
    response = client.get(ADDRESS)
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
