"""A dry run writes nothing, locks nothing, leaves nothing, and says what there is to know."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection

from consent.models import Method, Suppression
from consent.resources import EvidenceResource
from consent.withdrawal import withdraw
from crm.imports import run, staging
from crm.models import Contact, ImportBatch
from tests import factories
from tests.factories import NOON, TESTER, number
from tests.files import EVIDENCE, csv_file, imported, outcomes, rows_of_all_tables, staged, staged_files

GIVEN = "2026-01-05T10:00:00Z"


def resource_that(act):
    """A resource that does something at each row: act(line)."""

    class Acting(EvidenceResource):
        def read(self, prepared):
            act(prepared.line)
            return super().read(prepared)

    return Acting


def people(count: int) -> bytes:
    return csv_file(("Name", "Phone"), *((f"Person{n}", number(n)) for n in range(count)))


def tried(batch: ImportBatch, resource=EvidenceResource) -> None:
    run.preview(batch, resource=resource, actor=TESTER, at=NOON)


@pytest.mark.django_db(transaction=True)
def test_whoever_says_stop_meanwhile_does_not_wait_for_a_dry_run(settings):
    settings.IMPORT_CHUNK_ROWS = 2
    imported(people(2))
    waited = []

    def stop(line: int) -> None:
        if line != 3:  # in the midst of the first chunk: both its lines are read
            return

        def say() -> None:
            try:
                withdraw(number(0), at=NOON, reason="stop", method=Method.SMS, actor=TESTER)
            finally:
                connection.close()

        caller = Thread(target=say, daemon=True)
        caller.start()
        caller.join(timeout=4)
        waited.append(caller.is_alive())

    tried(batch := staged(people(4)), resource_that(stop))

    assert waited == [False]
    assert Suppression.objects.count() == 1
    assert outcomes(batch) == {"unchanged": 2, "created": 2}


@pytest.mark.django_db
def test_nothing_is_written_but_the_counts_and_no_file_is_left(settings):
    settings.IMPORT_CHUNK_ROWS = 2
    factories.notice(factories.purpose("news"))
    header = (*EVIDENCE, "DoNotCall", "Id")
    content = csv_file(header, *(("Ann", number(n), "news", GIVEN, "1", "", "1", str(n)) for n in range(5)))
    batch = staged(content)
    before = rows_of_all_tables()

    tried(batch)

    assert outcomes(batch) == {"created": 5}
    assert rows_of_all_tables() == before
    assert staged_files() == [staging.path_of(batch)]


@pytest.mark.django_db
def test_one_that_breaks_off_leaves_no_file_either(settings):
    settings.IMPORT_CHUNK_ROWS = 2

    def fail(line: int) -> None:
        if line == 4:
            raise ZeroDivisionError

    batch = staged(people(4))
    with pytest.raises(ZeroDivisionError):
        tried(batch, resource_that(fail))

    assert staged_files() == [staging.path_of(batch)]


@pytest.mark.django_db
def test_what_it_keeps_of_people_meanwhile_is_for_us_alone():
    seen: list[int] = []

    def look(line: int) -> None:
        seen.extend(path.stat().st_mode & 0o777 for path in staged_files())

    tried(staged(people(1)), resource_that(look))

    assert seen == [0o600, 0o600]


@pytest.mark.django_db
def test_the_preview_says_who_was_found_by_what_and_what_of_them_changes(settings):
    settings.IMPORT_CHUNK_ROWS = 2
    factories.notice(factories.purpose("news"))
    header = ("Id", "Name", "Phone", "E-mail", "Company")
    held = [(str(n), name, number(n), f"{name}@example.com", "") for n, name in enumerate(("Ann", "Bo", "Cy"))]
    imported(csv_file(header, *held), at=NOON - timedelta(days=9))
    ann, bo, cy = Contact.objects.order_by("pk").values_list("pk", flat=True)
    columns = (*header, "Purpose", "Given at", "Wording version", "Agreed")
    nothing = ("", "", "", "")
    batch = staged(
        csv_file(
            columns,
            ("", "Ann", number(0), "", "Acme", *nothing),
            ("", "", number(5), "Bo@example.com", "", *nothing),
            ("2", "", number(6), "", "", "news", GIVEN, "1", ""),
            ("", "Cy", number(2), "", "", "", "", "", "yes"),
            ("", "Di", number(7), "", "", *nothing),
            ("", "Di", number(7), "", "Acme", *nothing),
        ),
        columns=dict(zip(columns, ("external_id", "name", "phone", "email", "organisation"), strict=False))
        | {"Purpose": "consent_purpose", "Given at": "consent_given_at", "Wording version": "consent_version"}
        | {"Agreed": "consent"},
    )

    tried(batch)

    assert batch.preview == {
        "matched": {"line": 3, "email": 1, "external_id": 1},
        "flags": {"reserved": 6},
        "consents": 2,
        "claims": 2,
        "samples": [
            {"line": 2, "contact": ann, "matched_by": "line", "fields": ["organisation"]},
            {"line": 3, "contact": bo, "matched_by": "email", "fields": ["phone"]},
            {"line": 4, "contact": cy, "matched_by": "external_id", "fields": ["phone"]},
            {"line": 5, "contact": cy, "matched_by": "line", "fields": ["consent"]},
            {"line": 7, "contact": None, "matched_by": "line", "fields": ["organisation"]},
        ],
    }
    assert outcomes(batch) == {"created": 1, "updated": 5}
