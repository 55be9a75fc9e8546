"""Two who bring the same new number at the same moment: one line, and everybody at it."""

from threading import Barrier

import pytest
from django.db import IntegrityError

from consent.models import Method
from consent.resources import EvidenceResource
from consent.withdrawal import withdraw
from crm.imports import chunks, run
from crm.intake import storing, writing
from crm.models import Contact, ContactPoint, PhoneNumber
from tests.crm.intaking import store
from tests.factories import NOON, TESTER, number, source
from tests.files import confirmed, csv_file, held_numbers, outcomes
from tests.racing import in_threads
from tests.raw import POSTGRES

ending = pytest.mark.django_db(transaction=True)
# SQLite has one writer at a time: whoever comes second finds the line.
two_writers = pytest.mark.skipif(not POSTGRES, reason="needs two writers at a time")


@two_writers
@ending
def test_a_new_number_that_two_bring_at_once_is_one_line_with_both_at_it(monkeypatch):
    source()
    together = Barrier(2)
    first_tries: list[int] = []
    write_lines = writing.write_lines

    def write_together(held, **how) -> None:
        if len(first_tries) < 2:
            first_tries.append(1)
            together.wait(timeout=10)
        write_lines(held, **how)

    monkeypatch.setattr(storing, "write_lines", write_together)
    in_threads(*(lambda name=name: store(number(0), given_name=name) for name in ("Ann", "Bo")))

    assert PhoneNumber.objects.count() == 1
    assert sorted(ContactPoint.objects.values_list("contact__given_name", flat=True)) == ["Ann", "Bo"]
    assert (Contact.history.count(), ContactPoint.history.count()) == (2, 2)


@two_writers
@ending
@pytest.mark.parametrize("act", ["store", "stop"])
def test_a_file_that_somebody_has_outrun_with_a_line_looks_again(act):
    source()
    runs: list[int] = []

    class Outrun(EvidenceResource):
        def look(self, dataset) -> None:
            super().look(dataset)
            runs.append(len(runs))
            if runs == [0]:
                in_threads(self.quicker)

        def quicker(self) -> None:
            if act == "store":
                store(number(1), given_name="Bo")
            else:
                withdraw(number(1), at=NOON, reason="stop", method=Method.SMS, actor=TESTER)

    batch = confirmed(csv_file(("Name", "Phone"), ("Ann", number(0)), ("Bo", number(1))))

    run.commit(batch, resource=Outrun, at=NOON)

    assert runs == [0, 1]
    assert outcomes(batch) == {"created": 1, "unchanged" if act == "store" else "suppressed": 1}
    assert held_numbers() == [number(0), number(1)][: 2 if act == "store" else 1]
    assert PhoneNumber.objects.count() == 2


@pytest.mark.django_db
def test_a_chunk_that_somebody_has_outrun_is_stored_once(monkeypatch, settings):
    settings.IMPORT_CHUNK_ROWS = 2
    store_chunk, tries = chunks.store, []

    def outrun(*args, **how) -> None:
        store_chunk(*args, **how)
        tries.append(1)
        if len(tries) == 2:
            raise IntegrityError

    monkeypatch.setattr(chunks, "store", outrun)
    batch = confirmed(csv_file(("Name", "Phone"), *((f"Person{n}", number(n)) for n in range(5)), ("Bo", "call me")))
    run.commit(batch, resource=EvidenceResource, at=NOON)

    assert len(tries) == 4
    assert (outcomes(batch), batch.rows_done) == ({"created": 5, "rejected": 1}, 6)
    assert (batch.faults.count(), Contact.objects.count(), Contact.history.count()) == (1, 5, 5)


@pytest.mark.django_db
@pytest.mark.parametrize("fails", [2, 3])
def test_a_number_is_tried_three_times_and_then_the_error_is_told(monkeypatch, fails):
    source()
    write_lines, tries = writing.write_lines, []

    def outrun(held, **how) -> None:
        tries.append(1)
        if len(tries) <= fails:
            raise IntegrityError
        write_lines(held, **how)

    monkeypatch.setattr(storing, "write_lines", outrun)
    if fails == 3:
        with pytest.raises(IntegrityError):
            store(number(0), given_name="Ann")
        assert not Contact.objects.exists()
    else:
        store(number(0), given_name="Ann")
        assert held_numbers() == [number(0)]
    assert len(tries) == 3
