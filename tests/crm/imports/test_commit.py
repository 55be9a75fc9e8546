"""A confirmed batch is committed chunk by chunk, each row once, whoever is killed or comes second."""

from threading import Barrier, Thread

import pytest
from django.db import DataError, InterfaceError, OperationalError, connection

from consent.resources import EvidenceResource
from crm.imports import run, staging
from crm.imports.reading import UnreadableFile
from crm.models import Contact, ContactPoint, ImportBatch, PhoneNumber, Provenance
from tests.factories import NOON, number
from tests.files import (
    confirmed,
    csv_file,
    faults,
    held_numbers,
    imported,
    outcomes,
    staged,
    staged_files,
)

HEADER = ("Name", "Phone")
Stage = ImportBatch.Stage
ending = pytest.mark.django_db(transaction=True)


def people(count: int) -> bytes:
    return csv_file(HEADER, *((f"Person{n}", number(n)) for n in range(count)))


def resource_that(act):
    """A resource that does something before each row: act(line)."""

    class Acting(EvidenceResource):
        def read(self, prepared):
            act(prepared.line)
            return super().read(prepared)

    return Acting


@ending
def test_a_committed_batch_says_so_and_its_file_is_gone():
    batch = imported(people(3))

    assert (batch.stage, batch.rows_done, batch.committed_at, batch.staged_name) == (Stage.COMMITTED, 3, NOON, "")
    assert batch.counts == {"created": 3, "updated": 0, "unchanged": 0, "rejected": 0, "suppressed": 0, "flagged": 0}
    assert staged_files() == []
    assert held_numbers() == sorted(number(n) for n in range(3))


@ending
def test_a_discarded_batch_gives_up_its_file():
    batch = staged(people(3))

    run.discard(batch)

    assert (batch.stage, batch.staged_name) == (Stage.DISCARDED, "")
    assert staged_files() == []
    run.commit(batch, resource=EvidenceResource, at=NOON)
    assert not Contact.objects.exists()


@pytest.mark.django_db
def test_a_batch_that_nobody_confirmed_is_not_committed():
    run.commit(staged(people(1)), resource=EvidenceResource, at=NOON)

    assert not Contact.objects.exists()


@ending
def test_a_commit_that_is_killed_between_two_chunks_is_taken_up_where_it_stopped(settings):
    settings.IMPORT_CHUNK_ROWS = 2
    batch = confirmed(people(3) + b"Bo,call me\n" + people(7).partition(b"\r\n")[2])

    class Killed(BaseException):
        pass

    def kill(line: int) -> None:
        if line == 4:
            raise Killed

    with pytest.raises(Killed):
        run.commit(batch, resource=resource_that(kill), at=NOON)

    batch.refresh_from_db()
    assert (batch.stage, batch.rows_done) == (Stage.CONFIRMED, 2)
    assert (outcomes(batch), faults(batch)) == ({"created": 2}, [])
    assert held_numbers() == [number(0), number(1)]
    assert len(staged_files()) == 1

    run.commit(batch, resource=EvidenceResource, at=NOON)

    assert (batch.stage, batch.rows_done) == (Stage.COMMITTED, 11)
    assert outcomes(batch) == {"created": 7, "unchanged": 3, "rejected": 1}
    assert faults(batch) == [(5, "Phone", "letters")]
    assert Provenance.objects.count() == 7
    assert [path.name for path in staged_files()] == [batch.rejected_name]


@ending
def test_two_workers_at_one_batch_import_each_row_once_and_both_return_at_its_end(settings):
    settings.IMPORT_CHUNK_ROWS = 3
    batch = confirmed(people(40))
    together, ends, errors = Barrier(2), [], []

    def work() -> None:
        try:
            mine = ImportBatch.objects.get(pk=batch.pk)
            together.wait(timeout=20)
            run.commit(mine, resource=EvidenceResource, at=NOON)
            ends.append(mine.stage)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert errors == []
    assert ends == [Stage.COMMITTED, Stage.COMMITTED]
    batch.refresh_from_db()
    assert (batch.rows_done, outcomes(batch)) == (40, {"created": 40})
    assert (Contact.objects.count(), ContactPoint.objects.count(), Provenance.objects.count()) == (40, 40, 40)
    assert Contact.history.count() == 40


@ending
def test_two_batches_of_the_same_people_at_once_make_each_of_them_once(settings):
    settings.IMPORT_CHUNK_ROWS = 10
    header, *rows = people(30).splitlines(keepends=True)
    batches = [confirmed(header + b"".join(order)) for order in (rows, rows[::-1])]
    errors = []

    def work(batch: ImportBatch) -> None:
        try:
            run.commit(batch, resource=EvidenceResource, at=NOON)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert errors == []
    assert PhoneNumber.objects.count() == Contact.objects.count() == 30
    assert sum(batch.counts["created"] for batch in batches) == 30
    assert sum(batch.counts["unchanged"] for batch in batches) == 30


@ending
def test_a_chunk_that_the_database_breaks_off_is_tried_again_and_counted_once(settings):
    settings.IMPORT_CHUNK_ROWS = 2
    batch, failures = confirmed(people(4)), iter([OperationalError("deadlock detected")] * 2)

    def deadlock(line: int) -> None:
        if line == 5 and (error := next(failures, None)):
            raise error

    run.commit(batch, resource=resource_that(deadlock), at=NOON)

    assert (batch.stage, outcomes(batch)) == (Stage.COMMITTED, {"created": 4})
    assert Contact.history.count() == 4


def failing(error: Exception):
    def fail(line: int) -> None:
        if line == 4:
            raise error

    return resource_that(fail)


@ending
@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
def test_a_batch_waits_for_a_database_that_is_away(settings, error):
    settings.IMPORT_CHUNK_ROWS = 2
    batch = confirmed(people(4))

    with pytest.raises(type(error)):
        run.commit(batch, resource=failing(error), at=NOON)

    batch.refresh_from_db()
    assert (batch.stage, batch.rows_done, batch.error) == (Stage.CONFIRMED, 2, "")
    assert len(staged_files()) == 1


@ending
@pytest.mark.parametrize("error", [ZeroDivisionError("+12025550100"), DataError("+12025550100")])
def test_a_batch_that_can_never_be_imported_fails_and_keeps_the_chunks_before(settings, error):
    settings.IMPORT_CHUNK_ROWS = 2
    batch = confirmed(people(4))

    with pytest.raises(type(error)):
        run.commit(batch, resource=failing(error), at=NOON)

    assert (batch.stage, batch.rows_done, batch.error) == (Stage.FAILED, 2, type(error).__name__)
    assert (outcomes(batch), Contact.objects.count()) == ({"created": 2}, 2)
    assert len(staged_files()) == 1, "it is cleared with the day's others"


@ending
def test_a_batch_whose_file_is_gone_fails_and_says_so():
    batch = confirmed(people(2))
    staging.drop(batch.staged_name)

    with pytest.raises(UnreadableFile, match="is gone"):
        run.commit(batch, resource=EvidenceResource, at=NOON)

    assert (batch.stage, batch.error) == (Stage.FAILED, f"The file of import {batch.pk} is gone.")


@ending
def test_a_file_that_went_because_another_worker_was_done_with_it_is_no_error(monkeypatch):
    batch, path_of = confirmed(people(2)), staging.path_of

    def done_by_another(mine):
        monkeypatch.setattr(staging, "path_of", path_of)
        run.commit(ImportBatch.objects.get(pk=mine.pk), resource=EvidenceResource, at=NOON)
        return path_of(mine)

    monkeypatch.setattr(staging, "path_of", done_by_another)
    run.commit(batch, resource=EvidenceResource, at=NOON)

    assert (batch.stage, outcomes(batch)) == (Stage.COMMITTED, {"created": 2})
