"""An import in the admin from its upload to its report, page by page, as an importer goes through it."""

import json
import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from kombu.exceptions import OperationalError as BrokerDown

from consent import tasks
from consent.resources import EvidenceResource
from crm.celery import app as celery_app
from crm.imports import run
from crm.imports import upload as uploads
from crm.models import Contact, ImportBatch, SavedMapping, Source
from tests import factories
from tests.factories import number
from tests.files import csv_file, held_numbers, imported, staged_files

pytestmark = pytest.mark.django_db
ADD = "/admin/crm/importbatch/add/"
HEADER = ("Vorname", "Nachname", "E-mail", "Handy", "Ort")
PEOPLE = csv_file(
    HEADER,
    ("Ann", "Lee", "ann@example.com", number(0), "York"),
    ("Bo", "Day", "bo@example.com", "4.47912E+11", "Hull"),
    ("Cy", "Fox", "cy@example.com", number(2), ""),
    delimiter=";",
)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    found: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(celery_app, "send_task", lambda name, args: found.append((name, args)))
    return found


@pytest.fixture
def importer(client: Client, settings: Any, tmp_path: Any, sent: Any) -> Client:
    settings.STAGING_DIR = tmp_path / "staging"
    client.force_login(factories.user("ida", role="Importer"))
    return client


def page(batch: ImportBatch, act: str = "change") -> str:
    return f"/admin/crm/importbatch/{batch.pk}/{act}/"


def seen(client: Client, batch: ImportBatch) -> str:
    """Return the text of a batch's page, spaces as one."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", client.get(page(batch)).content.decode(), flags=re.DOTALL)
    return " ".join(text.split())


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def upload(client: Client, content: bytes = PEOPLE, of: Source | None = None) -> ImportBatch:
    file = SimpleUploadedFile("people.csv", content)
    client.post(ADD, {"source": (of or factories.source()).pk, "file": file})
    return ImportBatch.objects.latest("pk")


def columns(*fields: str, **options: str) -> dict[str, str]:
    return {f"column-{at}": field for at, field in enumerate(fields)} | {"region": ""} | options


USUAL = columns("given_name", "family_name", "email", "phone", "")


def previewed(client: Client, content: bytes = PEOPLE, *, of: Source | None = None, **options: str) -> ImportBatch:
    batch = upload(client, content, of)
    client.post(page(batch, "preview"), USUAL | options)
    tasks.preview_import(batch.pk)
    batch.refresh_from_db()
    return batch


def confirm(client: Client, batch: ImportBatch, shown: str = "") -> Any:
    """Confirm a batch as its page, or a page that was `shown` before, has it."""
    found = re.search(r'name="seen" value="(\w+)"', shown or client.get(page(batch)).content.decode())
    return client.post(page(batch, "confirm"), {"seen": found.group(1) if found else ""})


def fetched(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def test_an_upload_is_only_staged_and_shows_what_it_was_recognised_as(importer: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(run, "dry_run", lambda *args, **how: pytest.fail("the upload should answer at once"))
    batch = upload(importer)

    shown = seen(importer, batch)

    assert (batch.stage, batch.rows_total) == ("staged", 3)
    for words in ("Format CSV", "Encoding utf-8", "Delimiter semicolon", "Program not recognised", "Rows 3"):
        assert words in shown
    assert re.search(r"Handy .*? By its name 100 % \+1 •••• ••0100 •\.•••••E\+••", shown)
    assert re.search(r"Ort .*? Not recognised: left out 67 % York Hull", shown)
    assert "York" in shown
    assert not Contact.objects.exists()


def test_no_page_of_an_import_shows_a_number(importer: Client, django_capture_on_commit_callbacks: Any) -> None:
    batch = upload(importer, PEOPLE + f"Di;Elm;d@example.com;{number(3)};rings at {number(4)}\n".encode())
    texts = [importer.get(page(batch)).content.decode()]
    importer.post(page(batch, "preview"), USUAL)
    texts.append(importer.get(page(batch)).content.decode())
    tasks.preview_import(batch.pk)
    texts.append(importer.get(page(batch)).content.decode())

    for text in texts:
        assert "5550" not in text.replace(batch.digest, "")
        assert "47912" not in text


def test_what_the_columns_mean_is_corrected_and_the_preview_asked_for(
    importer: Client, sent: Any, django_capture_on_commit_callbacks: Any
) -> None:
    batch = upload(importer)

    with django_capture_on_commit_callbacks(execute=True):
        importer.post(
            page(batch, "preview"),
            columns("given_name", "family_name", "email", "phone", "address", region="de", overwrite="on"),
        )

    batch.refresh_from_db()
    assert (batch.stage, sent) == ("previewing", [("consent.tasks.preview_import", [batch.pk])])
    assert (batch.mapping["Ort"], batch.region, batch.overwrite, batch.accept_flagged) == ("address", "DE", True, False)
    assert not SavedMapping.objects.exists()


def test_a_mapping_that_is_saved_is_offered_for_the_next_file_of_the_source(importer: Client) -> None:
    batch = upload(importer)
    importer.post(
        page(batch, "preview"), columns("given_name", "family_name", "email", "phone", "address", save_mapping="on")
    )

    assert SavedMapping.objects.get().saved_by == factories.user("ida")
    again = upload(importer, PEOPLE + b"Di;Elm;;+12025550103;\n")
    assert again.mapping["Ort"] == "address"
    assert re.search(r"Ort .*? As saved for this source, or corrected", seen(importer, again))


def test_columns_that_make_no_sense_are_asked_again_with_what_was_chosen(importer: Client, sent: Any) -> None:
    batch = upload(importer)

    answer = importer.post(page(batch, "preview"), columns("given_name", "notes", "email", "", "", region="XX"))

    assert answer.status_code == 200
    assert "No column is said to hold phone numbers." in answer.content.decode()
    assert '<option value="notes" selected>' in answer.content.decode()
    batch.refresh_from_db()
    assert (batch.stage, batch.mapping["Handy"], sent) == ("staged", "phone", [])
    assert importer.post(page(batch, "preview"), columns(region="nowhere")).status_code == 200
    assert importer.post(page(batch, "preview"), columns("shoes")).status_code == 200


def test_a_bar_says_how_far_the_worker_is(importer: Client) -> None:
    batch = upload(importer)
    importer.post(page(batch, "preview"), USUAL)
    ImportBatch.objects.filter(pk=batch.pk).update(rows_done=1)

    shown = importer.get(page(batch)).content.decode()

    assert re.search(r'role="progressbar"[^>]*aria-valuemin="0" aria-valuemax="100" aria-valuenow="33"', shown)
    assert "crm/progress" in shown
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in shown
    assert "1 of 3 rows looked at." in shown
    far = importer.get(page(batch, "progress"))
    assert json.loads(far.content) == {
        "stage": "previewing",
        "done": 1,
        "total": 3,
        "words": "1 of 3 rows looked at.",
    }
    assert "no-store" in far["Cache-Control"]


def test_while_the_broker_is_down_the_page_says_that_the_work_waits(
    importer: Client, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    def down(*args: Any) -> None:
        raise BrokerDown

    monkeypatch.setattr(celery_app, "send_task", down)
    batch = upload(importer)

    with django_capture_on_commit_callbacks(execute=True):
        importer.post(page(batch, "preview"), USUAL)

    assert "it waits, and is taken up within a minute" in seen(importer, batch)


def test_the_preview_says_what_would_happen_to_whom_and_why(importer: Client) -> None:
    before = ("Name", "E-mail", "Phone", "Address")
    imported(csv_file(before, ("Ann Lee", "", number(0), "Leeds"), ("Cy Fox", "cy@example.com", number(9), "Bath")))

    batch = upload(importer)
    chosen = columns("given_name", "family_name", "email", "phone", "address", overwrite="on")
    importer.post(page(batch, "preview"), chosen)
    tasks.preview_import(batch.pk)
    batch.refresh_from_db()
    shown = seen(importer, batch)

    assert batch.stage == "previewed"
    for words in ("2 Updated", "1 Rejected", "0 Created", "nothing has been stored"):
        assert words in shown
    assert "the same number 1" in shown
    assert "the same e-mail 1" in shown
    assert re.search(r"A spreadsheet has rounded this number .*? scientific 1 3", shown)
    ann = Contact.objects.get(given_name="Ann")
    assert re.search(rf"2 Contact {ann.pk} the same number E-mail — ann@example.com Address Leeds York", shown)
    assert re.search(r"the same e-mail Phone number \+1 •••• ••0109 \+1 •••• ••0102", shown)
    assert "must be told" not in shown


def test_of_a_third_partys_file_the_preview_says_by_when_its_people_must_be_told(
    importer: Client,
) -> None:
    batch = previewed(importer, of=factories.source("lists", kind=Source.Kind.THIRD_PARTY))

    assert re.search(r"must be told where their data is from by \w+\.? \d+, 20\d\d \(GDPR 14\)", seen(importer, batch))


def test_from_the_preview_one_goes_back_to_the_columns_or_confirms_or_gives_up(
    importer: Client, sent: Any, django_capture_on_commit_callbacks: Any
) -> None:
    batch = previewed(importer)
    importer.post(page(batch, "back"))
    batch.refresh_from_db()
    assert (batch.stage, batch.counts) == ("staged", {})
    assert "What its columns mean" in seen(importer, batch)

    importer.post(page(batch, "preview"), USUAL)
    tasks.preview_import(batch.pk)
    with django_capture_on_commit_callbacks(execute=True):
        confirm(importer, batch)
        second = confirm(importer, batch)
    assert sent[-1] == ("consent.tasks.commit_import", [batch.pk])
    assert f"Import {batch.pk} was confirmed or ended before." in said(second)
    assert "0 of 3 rows stored." in seen(importer, batch)

    given_up = previewed(importer)
    assert said(importer.post(page(given_up, "discard"))) == f"Import {given_up.pk} is discarded and its file deleted."
    assert "upload the file again" in seen(importer, given_up)


def test_only_the_preview_that_was_seen_is_confirmed(importer: Client) -> None:
    batch = previewed(importer)
    shown = importer.get(page(batch)).content.decode()
    importer.post(page(batch, "back"))
    importer.post(page(batch, "preview"), USUAL | {"overwrite": "on"})
    tasks.preview_import(batch.pk)

    assert "has moved on meanwhile" in said(confirm(importer, batch, shown))
    batch.refresh_from_db()
    assert batch.stage == "previewed"
    confirm(importer, batch)
    batch.refresh_from_db()
    assert batch.stage == "confirmed"


def test_an_undo_is_shown_with_a_bar_without_an_end(importer: Client) -> None:
    batch = imported(PEOPLE)
    ImportBatch.objects.filter(pk=batch.pk).update(
        stage="undoing", undone_at=factories.NOON, undone_as="tester", undone={"reversed": {"points": 1}}
    )

    shown = importer.get(page(batch)).content.decode()

    assert 'role="progressbar"' in shown
    assert "aria-valuenow" not in shown
    assert "1 contact points removed" in shown


def test_the_report_has_the_faults_and_the_rejected_rows_to_fetch(importer: Client) -> None:
    batch = previewed(importer)
    before = fetched(importer.post(page(batch, "rejected")))
    confirm(importer, batch)
    tasks.commit_import(batch.pk)

    shown = seen(importer, batch)
    answer = importer.post(page(batch, "rejected"))

    assert "2 Created" in shown
    assert "3 Handy A spreadsheet has rounded this number" in shown
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="rejected-{batch.pk}.csv"'
    rows = fetched(answer)
    assert rows == before
    assert rows.splitlines()[0] == "Vorname,Nachname,E-mail,Handy,Ort,Reason"
    assert rows.splitlines()[1].startswith("Bo,Day,bo@example.com,4.47912E+11,Hull,Handy: A spreadsheet")
    assert held_numbers() == [number(0), number(2)]


def test_rejected_rows_are_for_who_brought_the_file_or_has_the_right_to_full_numbers(importer: Client) -> None:
    batch = previewed(importer)
    other, officer = Client(), Client()
    other.force_login(factories.user("otto", role="Importer"))
    both = factories.user("olga", role="Importer")
    factories.user("olga", role="Compliance officer")
    officer.force_login(both)

    assert "Rejected rows (CSV)" not in seen(other, batch)
    assert other.post(page(batch, "rejected")).status_code == 403
    assert "Rejected rows (CSV)" in seen(officer, batch)
    assert fetched(officer.post(page(batch, "rejected"))).startswith("Vorname,")
    assert importer.get(page(batch, "rejected")).status_code == 405


def test_rejected_rows_that_are_gone_say_so(importer: Client) -> None:
    batch = upload(importer)

    assert said(importer.post(page(batch, "rejected"))) == f"The rejected rows of import {batch.pk} are gone."


def test_a_file_that_is_gone_is_said_and_can_be_discarded(importer: Client) -> None:
    batch = upload(importer)
    for path in staged_files():
        path.unlink()

    assert "is gone. Discard this import and upload the file again." in seen(importer, batch)
    assert f"The file of import {batch.pk} is gone." in said(importer.post(page(batch, "preview"), USUAL))
    importer.post(page(batch, "discard"))
    batch.refresh_from_db()
    assert batch.stage == "discarded"


def test_a_page_that_is_out_of_date_asks_for_nothing(importer: Client) -> None:
    batch = previewed(importer)

    assert "has moved on meanwhile" in said(importer.post(page(batch, "preview"), USUAL))
    importer.post(page(batch, "back"))
    assert "has moved on meanwhile" in said(importer.post(page(batch, "back")))


def test_who_may_only_look_sees_the_columns_and_no_button(importer: Client) -> None:
    batch = upload(importer)
    reader = Client()
    reader.force_login(factories.user("rea", role="Read-only"))

    shown = reader.get(page(batch)).content.decode()

    assert "What its columns mean" in shown
    assert page(batch, "discard") not in shown
    assert ">Preview<" not in re.sub(r"\s", "", shown)


def test_a_preview_that_fails_says_why(importer: Client) -> None:
    batch = upload(importer)
    importer.post(page(batch, "preview"), USUAL)
    staged_files()[0].write_bytes(PEOPLE + b'"Di;')

    tasks.preview_import(batch.pk)

    assert re.search(r"Failed .*Line 5|Line 5.*Failed", seen(importer, batch))


def test_a_preview_of_the_demo_and_the_command_needs_no_asking(settings: Any, tmp_path: Any) -> None:
    settings.STAGING_DIR = tmp_path / "staging"
    how: Any = {"resource": EvidenceResource, "actor": factories.TESTER, "at": factories.NOON}
    batch = uploads.stage([PEOPLE], file_name="people.csv", source=factories.source(), **how)

    run.preview(batch, **how)

    assert batch.stage == "previewed"


def test_a_file_whose_columns_say_too_little_is_taken_and_its_columns_are_told_on_the_page(importer: Client) -> None:
    batch = upload(importer, b"Who,Reached at\nAnn,2025550100\n")
    assert (batch.stage, batch.mapping) == ("staged", {})

    importer.post(page(batch, "preview"), columns("name", ""))
    batch.refresh_from_db()
    assert batch.stage == "staged"
    importer.post(page(batch, "preview"), columns("name", "phone") | {"region": "US"})
    tasks.preview_import(batch.pk)

    batch.refresh_from_db()
    assert (batch.stage, batch.counts["created"]) == ("previewed", 1)
