"""From the upload to the confirmation: each step starts from one stage, and the second of two is told."""

import pytest

from consent.resources import EvidenceResource
from crm.imports import run, staging, steps
from crm.imports.reading import UnreadableFile
from crm.models import Contact, ImportBatch
from tests import factories
from tests.factories import NOON, TESTER, number
from tests.files import csv_file, faults, imported, outcomes, staged, staged_files

pytestmark = pytest.mark.django_db
Stage = ImportBatch.Stage
HEADERS = ("Name", "Phone", "Town")
PEOPLE = csv_file(HEADERS, ("Ann", number(0), "York"), ("Bo", "call me", "Hull"))


def give(batch: ImportBatch) -> None:
    steps.give_preview(batch, resource=EvidenceResource, at=NOON)


def correct(batch: ImportBatch, columns: dict[str, str], **how: object) -> None:
    values: dict = {"region": "", "overwrite": False, "accept_flagged": False} | how
    steps.correct(batch, columns=columns, headers=HEADERS, resource=EvidenceResource, **values)


def previewed() -> ImportBatch:
    batch = staged(PEOPLE)
    steps.ask_for_preview(batch)
    give(batch)
    return batch


def test_a_preview_that_was_asked_for_is_given_and_stores_nobody():
    batch = staged(PEOPLE)
    steps.ask_for_preview(batch)
    assert (batch.stage, batch.rows_done) == (Stage.PREVIEWING, 0)

    give(batch)

    assert (batch.stage, batch.rows_done) == (Stage.PREVIEWED, 0)
    assert outcomes(batch) == {"created": 1, "rejected": 1}
    assert faults(batch) == [(3, "Phone", "letters")]
    assert not Contact.objects.exists()


def test_a_preview_that_nobody_asked_for_is_not_given():
    batch = staged(PEOPLE)

    give(batch)

    assert (batch.stage, batch.counts) == (Stage.STAGED, {})


def test_while_one_worker_is_at_a_preview_another_leaves_it_alone():
    batch = staged(PEOPLE)
    steps.ask_for_preview(batch)

    with staging.alone_with(batch):
        give(batch)

    assert (batch.stage, batch.counts) == (Stage.PREVIEWING, {})
    give(batch)
    assert batch.stage == Stage.PREVIEWED


def test_a_file_that_turns_out_unreadable_fails_its_batch_and_says_why():
    batch = staged(PEOPLE)
    steps.ask_for_preview(batch)
    staging.path_of(batch).write_bytes(PEOPLE + b'"Cy,1')

    give(batch)

    assert batch.stage == Stage.FAILED
    assert "Line 4" in batch.error


def test_a_fault_of_ours_fails_the_batch_and_is_not_hidden(monkeypatch):
    batch = staged(PEOPLE)
    steps.ask_for_preview(batch)
    monkeypatch.setattr(run, "dry_run", lambda *args, **how: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        give(batch)

    assert (batch.stage, batch.error) == (Stage.FAILED, "ZeroDivisionError")


def test_a_batch_that_is_discarded_during_its_preview_stays_so(monkeypatch):
    batch = staged(PEOPLE)
    steps.ask_for_preview(batch)
    dry_run = run.dry_run

    def discarded_meanwhile(*args, **how):
        found = dry_run(*args, **how)
        run.discard(ImportBatch.objects.get(pk=batch.pk))
        return found

    monkeypatch.setattr(run, "dry_run", discarded_meanwhile)
    give(batch)

    assert (batch.stage, batch.counts, batch.rejected_name) == (Stage.DISCARDED, {}, "")


def test_back_from_the_preview_what_it_found_is_forgotten(django_capture_on_commit_callbacks):
    batch = previewed()
    assert len(staged_files()) == 2

    with django_capture_on_commit_callbacks(execute=True):
        steps.back(batch)

    assert (batch.stage, batch.counts, batch.preview, faults(batch)) == (Stage.STAGED, {}, {}, [])
    assert [path.name for path in staged_files()] == [batch.staged_name]


def test_the_rejected_rows_of_a_preview_go_with_it(django_capture_on_commit_callbacks):
    for ending in (run.discard, lambda batch: run.confirm(batch, actor=TESTER, at=NOON)):
        batch = previewed()
        name = batch.rejected_name
        with django_capture_on_commit_callbacks(execute=True):
            ending(batch)
        assert batch.rejected_name == ""
        assert name not in {path.name for path in staged_files()}


def test_a_batch_that_is_being_previewed_is_not_confirmed():
    batch = staged(PEOPLE)
    steps.ask_for_preview(batch)

    with pytest.raises(run.AlreadyConfirmed):
        run.confirm(batch, actor=TESTER, at=NOON)


@pytest.mark.parametrize("stage", [Stage.PREVIEWING, Stage.CONFIRMED, Stage.COMMITTED, Stage.FAILED, Stage.DISCARDED])
def test_no_step_is_taken_from_where_it_does_not_start(stage):
    batch = imported(PEOPLE) if stage == Stage.COMMITTED else staged(PEOPLE)
    ImportBatch.objects.filter(pk=batch.pk).update(stage=stage)

    for step in (steps.ask_for_preview, steps.back, lambda batch: correct(batch, {"Phone": "phone"})):
        with pytest.raises(steps.MovedOn, match=f"Import {batch.pk} has moved on"):
            step(batch)

    batch.refresh_from_db()
    assert batch.stage == stage


def test_the_columns_are_corrected_as_somebody_says():
    batch = staged(PEOPLE)

    correct(
        batch,
        {"Town": "address", "Phone": "phone", "Name": ""},
        region="gb",
        overwrite=True,
        accept_flagged=True,
    )

    assert batch.mapping == {"Phone": "phone", "Town": "address"}
    assert (batch.region, batch.overwrite, batch.accept_flagged) == ("GB", True, True)


@pytest.mark.parametrize(
    ("columns", "region", "words"),
    [
        ({"Name": "name"}, "", "No column is said to hold phone numbers"),
        ({"Phone": "phone", "Name": "email", "Town": "email"}, "", "Name and Town both mean email"),
        ({"Phone": "phone", "Name": "shoe"}, "", "Name cannot mean shoe"),
        ({"Phone": "phone"}, "XX", "no region XX"),
    ],
)
def test_columns_that_make_no_sense_are_refused_and_change_nothing(columns, region, words):
    batch = staged(PEOPLE)

    with pytest.raises(UnreadableFile, match=words):
        correct(batch, columns, region=region)

    batch.refresh_from_db()
    assert batch.mapping == {"Name": "name", "Phone": "phone"}


def test_the_region_of_the_source_counts_where_none_is_left():
    batch = staged(PEOPLE, of=factories.source("uk", default_region="GB"), region="us")

    correct(batch, {"Phone": "phone"})

    assert batch.region == "GB"
