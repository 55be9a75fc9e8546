"""Imports in the admin: a file that came before says so, and an import is undone after a page that asks."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consent import tasks
from crm.celery import app as celery_app
from crm.models import ImportBatch
from tests import factories
from tests.factories import number
from tests.files import csv_file, held_numbers, imported

pytestmark = pytest.mark.django_db
PEOPLE = csv_file(("Name", "Phone"), ("Ann", number(0)))


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.fixture
def importer(client: Client, settings: Any, tmp_path: Any) -> Client:
    settings.STAGING_DIR = tmp_path / "staging"
    client.force_login(factories.user("ida", role="Importer"))
    return client


def page(batch: ImportBatch, act: str) -> str:
    return f"/admin/crm/importbatch/{batch.pk}/{act}/"


def upload(client: Client, content: bytes) -> Any:
    file = SimpleUploadedFile("people.csv", content)
    return client.post("/admin/crm/importbatch/add/", {"source": factories.source().pk, "file": file})


def test_a_file_that_was_imported_before_says_so_and_is_taken(importer: Client) -> None:
    assert said(upload(importer, PEOPLE)) == ""
    first = imported(PEOPLE)

    again = upload(importer, PEOPLE)
    assert ImportBatch.objects.filter(stage="staged").count() == 2
    assert f"imported before, as import {first.pk}." in importer.get(again["Location"]).content.decode()


def test_an_import_is_undone_by_the_worker_after_a_page_that_asks(
    importer: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(celery_app, "send_task", lambda name, args: sent.append((name, args)))
    batch = imported(PEOPLE)
    assert page(batch, "undo") in importer.get(page(batch, "change")).content.decode()

    asked = importer.get(page(batch, "undo"))
    assert (asked.status_code, held_numbers()) == (200, [number(0)])
    assert "Every withdrawal and every suppression stays" in asked.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        done = importer.post(page(batch, "undo"))

    assert said(done) == f"Import {batch.pk} is being undone."
    assert sent == [("consent.tasks.undo_import", [batch.pk])]
    batch.refresh_from_db()
    assert (batch.stage, batch.undone_by) == ("undoing", factories.user("ida"))
    assert "being undone" in importer.get(page(batch, "change")).content.decode()

    tasks.undo_import(batch.pk)

    assert held_numbers() == []
    shown = importer.get(page(batch, "change")).content.decode()
    assert "1 contacts removed" in shown
    assert page(batch, "undo") not in shown


def test_an_import_that_is_not_committed_is_not_undone(importer: Client) -> None:
    batch = factories.batch()

    answer = importer.post(page(batch, "undo"))

    assert said(answer) == f"Import {batch.pk} was not committed, or was undone before."
    batch.refresh_from_db()
    assert batch.stage == "staged"
