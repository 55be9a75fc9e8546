"""An import from its upload to its confirmation: the whole file, or nothing with one clear reason."""

import hashlib

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.resources import EvidenceResource
from crm.imports import run, staging
from crm.imports.reading import UnreadableFile
from crm.models import Actor, Contact, ImportBatch, PhoneNumber
from tests import factories
from tests.factories import NOON, TESTER, number
from tests.files import (
    csv_file,
    faults,
    imported,
    rows_of_all_tables,
    staged,
    staged_files,
    xlsx_file,
)

HEADER = ("Name", "Phone")
Stage = ImportBatch.Stage
ending = pytest.mark.django_db(transaction=True)


def people(count: int) -> bytes:
    return csv_file(HEADER, *((f"Person{n}", number(n)) for n in range(count)))


@pytest.mark.django_db
def test_a_staged_file_is_a_batch_that_says_what_it_is_and_holds_nobody():
    content = people(3)
    batch = staged(content, name="/somewhere/list.csv", region="gb", actor=Actor("staff", factories.user().pk))

    assert (batch.stage, batch.file_name, batch.region) == (Stage.STAGED, "list.csv", "GB")
    assert (batch.rows_total, batch.rows_done, batch.counts) == (3, 0, {})
    assert batch.digest == hashlib.sha256(content).hexdigest()
    assert batch.mapping == {"Name": "name", "Phone": "phone"}
    assert (batch.actor, batch.uploaded_by, batch.created_at) == ("staff", factories.user(), NOON)
    assert staging.path_of(batch).read_bytes() == content
    assert not Contact.objects.exists()


@pytest.mark.django_db
def test_the_region_of_the_source_counts_where_none_is_given():
    assert staged(people(1), of=factories.source("uk", default_region="GB")).region == "GB"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "how", "words"),
    [
        pytest.param(b"", {}, "The file is empty", id="empty"),
        pytest.param(csv_file(HEADER), {}, "no rows below its header", id="only a header"),
        pytest.param(csv_file(("Name", "E-mail"), ("Ann", "a@example.com")), {}, "no phone column", id="no phone"),
        pytest.param(b"Phone,Phone\n1,2\n", {}, "column Phone stands in the file twice", id="a column twice"),
        pytest.param(csv_file(("Phone", "Mail", "E-mail"), "abc"), {}, "Mail and E-mail both mean", id="e-mail twice"),
        pytest.param(
            people(2) + b'"Bo,+12025550101\n', {}, "Line 4, column Name: a quotation", id="unclosed quote at the end"
        ),
        pytest.param(people(2) + b"Zo\xeb,\x8d\n", {}, "nor text in an encoding", id="no text at the end"),
        pytest.param(bytes(range(256)), {}, "neither a workbook nor text", id="binary"),
        pytest.param(b"PK\x03\x04" + bytes(40) + b"PK\x05\x06" + bytes(18), {}, "damaged workbook", id="no workbook"),
        pytest.param(people(4), {}, "more than 3 rows", id="too many rows"),
        pytest.param(b"Phone\n" + b"1" * 400, {}, "larger than 300 bytes", id="too many bytes"),
        pytest.param(people(1), {"name": "+1 202 555 0100.csv"}, "name holds a phone number", id="number in the name"),
        pytest.param(
            people(1), {"name": "202-555-0100.csv", "region": "US"}, "name holds a phone number", id="national"
        ),
        pytest.param(b"Ann,Phone +12025550100\nBo,1\n", {}, "first row holds a phone number", id="no header"),
        pytest.param(people(1), {"region": "GBR"}, "no region GBR", id="no such region"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_and_leaves_nothing(settings, content, how, words):
    settings.IMPORT_MAX_BYTES, settings.IMPORT_MAX_ROWS = 300, 3
    factories.source()
    before = rows_of_all_tables()

    with pytest.raises(UnreadableFile, match=words) as refused:
        staged(content, **how)

    assert "555" not in str(refused.value)
    assert rows_of_all_tables() == before
    assert staged_files() == []


@pytest.mark.django_db
def test_a_file_of_the_most_rows_is_taken(settings):
    settings.IMPORT_MAX_ROWS = 3

    assert staged(people(3)).rows_total == 3


@pytest.mark.django_db
def test_a_file_name_in_another_encoding_is_no_obstacle():
    assert staged(people(1), name="Adressen B\udcfcro.csv").file_name == "Adressen B?ro.csv"


@pytest.mark.django_db
def test_the_preview_says_what_the_commit_then_does_and_stores_nothing():
    content = csv_file(HEADER, ("Ann", number(0)), ("Ann", number(0)), ("Bo", "call me"), ("Ann", number(1)))
    batch = staged(content)
    before = rows_of_all_tables()

    run.preview(batch, resource=EvidenceResource, actor=TESTER, at=NOON)

    assert (batch.stage, batch.rows_done) == (Stage.PREVIEWED, 0)
    seen = (batch.counts, faults(batch))
    assert seen == (
        {"created": 2, "updated": 0, "unchanged": 1, "rejected": 1, "suppressed": 0, "flagged": 0},
        [(4, "Phone", "letters")],
    )
    assert rows_of_all_tables() - before == {"crm_importfault": 1}

    run.preview(batch, resource=EvidenceResource, actor=TESTER, at=NOON)
    assert (batch.counts, faults(batch)) == seen
    run.confirm(batch, actor=TESTER, at=NOON)
    assert (batch.counts, faults(batch)) == ({}, [])
    run.commit(batch, resource=EvidenceResource, at=NOON)
    assert (batch.counts, faults(batch)) == seen


@pytest.mark.django_db
def test_a_preview_that_is_late_leaves_the_confirmed_batch_alone(monkeypatch):
    batch = staged(people(1) + b"Bo,call me\n")

    def confirmed_meanwhile(*args, **how):
        found = dry_run(*args, **how)
        run.confirm(batch, actor=TESTER, at=NOON)
        return found

    dry_run = run.dry_run
    monkeypatch.setattr(run, "dry_run", confirmed_meanwhile)
    with pytest.raises(run.AlreadyConfirmed):
        run.preview(batch, resource=EvidenceResource, actor=TESTER, at=NOON)

    batch.refresh_from_db()
    assert (batch.stage, batch.counts, faults(batch)) == (Stage.CONFIRMED, {}, [])


@pytest.mark.django_db
@pytest.mark.parametrize("stage", [Stage.CONFIRMED, Stage.COMMITTED, Stage.FAILED, Stage.DISCARDED])
@pytest.mark.parametrize("verb", ["confirm", "discard", "preview"])
def test_what_was_confirmed_or_ended_is_not_decided_again(stage, verb):
    batch = imported(people(1)) if stage == Stage.COMMITTED else staged(people(1))
    ImportBatch.objects.filter(pk=batch.pk).update(stage=stage)
    call = {
        "confirm": lambda: run.confirm(batch, actor=Actor("another"), at=NOON),
        "discard": lambda: run.discard(batch),
        "preview": lambda: run.preview(batch, resource=EvidenceResource, actor=TESTER, at=NOON),
    }[verb]
    before = rows_of_all_tables()

    with pytest.raises(run.AlreadyConfirmed, match=f"Import {batch.pk} was confirmed or ended before"):
        call()

    batch.refresh_from_db()
    assert (batch.stage, batch.actor) == (stage, "tester")
    assert rows_of_all_tables() == before


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Ann", "Bo", "Cy Lee", ""]),
        st.sampled_from([*(number(n) for n in range(300, 304)), "call me", "", "911"]),
        st.sampled_from(["ann@example.com", "cy@example.com", "nowhere", ""]),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.django_db
@settings(derandomize=True, max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, chunk=st.integers(1, 5), workbook=st.booleans())
def test_every_row_ends_in_exactly_one_outcome_and_the_sums_agree(django_db_blocker, rows, chunk, workbook):
    erased = PhoneNumber.objects.for_numbers([number(303)]).first()
    if erased is None:
        factories.point(number(303))
        PhoneNumber.objects.for_numbers([number(303)]).update(number=None, region="", line_type="", erased_at=NOON)
    header = ("Name", "Phone", "E-mail")
    before = Contact.objects.count()
    rows = [row for row in rows if any(row)] or [("Ann", "911", "")]
    content = xlsx_file(header, *rows) if workbook else csv_file(header, *rows)
    with override_settings(IMPORT_CHUNK_ROWS=chunk):
        batch = staged(content)
        expected = run.dry_run(batch, resource=EvidenceResource, actor=TESTER, at=NOON)
        foreseen = batch.counts
        run.confirm(batch, actor=TESTER, at=NOON)
        run.commit(batch, resource=EvidenceResource, at=NOON)

    assert batch.counts == foreseen
    assert sum(batch.counts.values()) == batch.rows_total == batch.rows_done == len(rows)
    assert Contact.objects.count() - before == batch.counts["created"]
    assert {line for line, _column, _code in faults(batch)} == {fault.line for fault in expected}
    told = {line for line, _column, _code in faults(batch)}
    assert len(told) == batch.counts["rejected"] + batch.counts["flagged"]
    assert all(column and code for _line, column, code in faults(batch))
    assert batch.counts["suppressed"] == sum(
        phone == number(303) and email != "nowhere" for _name, phone, email in rows
    )
