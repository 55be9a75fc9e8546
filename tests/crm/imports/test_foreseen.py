"""A dry run foresees what the commit does, whatever a file says of whom, and however either is cut into chunks."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from consent import ledger
from consent.resources import EvidenceResource
from consent.rules.states import Act
from crm.imports import run
from crm.models import Contact, ImportBatch, PhoneNumber
from tests import factories
from tests.factories import NOON, TESTER, entry, number, source
from tests.files import csv_file, faults, imported, outcomes, rows_of_all_tables, staged

pytestmark = pytest.mark.django_db

COLUMNS = {
    "Name": "name",
    "Phone": "phone",
    "Kind": "label:Phone",
    "Mobile": "phone:mobile",
    "E-mail": "email",
    "Company": "organisation",
    "Country": "country",
    "Id": "external_id",
    "Collected": "collected_at",
    "DoNotCall": "optout:call",
    "Unsubscribed": "optout",
    "Agreed": "consent",
    "Purpose": "consent_purpose",
    "Given at": "consent_given_at",
    "Version": "consent_version",
}
ERASED = number(303)
DAYS = [(NOON - timedelta(days=days)).isoformat() for days in (200, 80, 20)]
PHONES = [*(number(n) for n in (300, 301, 302, 304)), "303 555 0101"]
ANSWERS = st.sampled_from([("", "", ""), ("", "", ""), ("news", "", ""), *(("news", day, "1") for day in DAYS)])
ROW = st.tuples(
    st.sampled_from(["Ann", "Bo", "Bo Lee", ""]),
    st.sampled_from([*PHONES, *PHONES, ERASED, "call me", ""]),
    st.sampled_from(["", "", "work", "home"]),
    st.sampled_from(["", "", *PHONES[:3]]),
    st.sampled_from(["ann@example.com", "bo@example.com", "", "", "", "nowhere"]),
    st.sampled_from(["Acme", "Beta", ""]),
    st.sampled_from(["", "", "", "US", "US", "Germany", "Atlantis"]),
    st.sampled_from(["", "7", "8"]),
    st.sampled_from(["", "", *DAYS]),
    st.sampled_from(["", "", "", "1", DAYS[1]]),
    st.sampled_from(["", "", "", DAYS[0], DAYS[2]]),
    st.sampled_from(["", "", "yes", "unsubscribed"]),
    ANSWERS,
).map(lambda row: (*row[:-1], *row[-1]))


@pytest.fixture(autouse=True)
def _people():
    """People who are held: by a file and its ids, by hand, with an answer, with a no; and one who was erased."""
    factories.notice(factories.purpose("news"))
    for of in (source(), source("list", kind="third_party", names_us=True)):
        before = NOON - timedelta(days=60)
        imported(
            csv_file(tuple(COLUMNS)[:8], ("Ann", number(300), "", "", "ann@example.com", "Acme", "", "7")),
            columns=dict(list(COLUMNS.items())[:8]),
            of=of,
            at=before,
        )
    entry(factories.point(number(301), given_name="Bo", organisation="Acme"), Act.GIVEN)
    imported(csv_file(("Phone", "DoNotCall"), (number(304), DAYS[1])), at=NOON - timedelta(days=50))
    factories.point(ERASED)
    PhoneNumber.objects.for_numbers([ERASED]).update(number=None, region="", line_type="", erased_at=NOON)


def line(**cells: str) -> tuple[str, ...]:
    return tuple(cells.get(name, "") for name in COLUMNS)


ANN_WITH_ID_8 = line(Name="Ann", Phone=number(300), Id="8")
NEW_AT_302 = line(Name="Di", Phone=number(302), Id="9")
ANN_ELSEWHERE = line(Name="Ann", Phone=number(305), Id="8")
A_NO_OF_NO_USE = line(Phone=number(305), Country="Atlantis", DoNotCall="1")


@example(rows=[ANN_WITH_ID_8, ANN_ELSEWHERE], sizes=(1, 1), third_party=False, overwrite=False)
@example(rows=[NEW_AT_302, ANN_WITH_ID_8, ANN_ELSEWHERE], sizes=(1, 9), third_party=True, overwrite=False)
@example(
    rows=[line(Phone=number(305)), A_NO_OF_NO_USE, ANN_ELSEWHERE], sizes=(1, 2), third_party=False, overwrite=False
)
@example(rows=[A_NO_OF_NO_USE, ANN_ELSEWHERE], sizes=(1, 1), third_party=False, overwrite=False)
@example(
    rows=[line(Name="Di", Phone=number(305), Id="7"), line(Phone=number(305), Id="8"), ANN_ELSEWHERE],
    sizes=(1, 3),
    third_party=False,
    overwrite=True,
)
@example(
    rows=[
        line(Name="Di", Phone=number(305), Company="Acme", Collected=DAYS[0]),
        line(Name="Di", Phone=number(305), Company="Beta"),
        line(Name="Di", Phone=number(305), Company="Acme", Collected=DAYS[0]),
    ],
    sizes=(1, 1),
    third_party=False,
    overwrite=False,
)
@settings(
    derandomize=True,
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(ROW, min_size=1, max_size=7),
    sizes=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    third_party=st.booleans(),
    overwrite=st.booleans(),
)
def test_the_preview_counts_what_the_commit_then_does(rows, sizes, third_party, overwrite):
    with transaction.atomic():
        of = source("list") if third_party else source()
        batch = staged(csv_file(tuple(COLUMNS), *rows), of=of, columns=COLUMNS)
        ImportBatch.objects.filter(pk=batch.pk).update(overwrite=overwrite)
        batch.refresh_from_db()
        before, held = rows_of_all_tables(), Contact.objects.count()
        with override_settings(IMPORT_CHUNK_ROWS=sizes[0]):
            expected = run.dry_run(batch, resource=EvidenceResource, actor=TESTER, at=NOON)
        foreseen = outcomes(batch)
        assert rows_of_all_tables() == before
        run.confirm(batch, actor=TESTER, at=NOON)
        with override_settings(IMPORT_CHUNK_ROWS=sizes[1]):
            run.commit(batch, resource=EvidenceResource, at=NOON)

        assert outcomes(batch) == foreseen
        assert Counter(faults(batch)) == Counter((fault.line, fault.column, fault.code) for fault in expected)
        assert sum(batch.counts.values()) == batch.rows_total == len(rows)
        assert Contact.objects.count() - held == batch.counts["created"]
        assert list(ledger.differences()) == []
        transaction.set_rollback(True)
