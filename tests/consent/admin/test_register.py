"""The record of processing activities (GDPR 30): everything that the law asks for, as a page and as a file."""

import csv
import io

import pytest
from django.test import Client

from consent import reports
from consent.models import Purpose
from crm.models import Source
from tests import capturing, factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(factories.user("rea", role="Read-only"))
    return client


def purpose() -> Purpose:
    made = factories.purpose(
        lapses_after_months=24,
        description="=HYPERLINK(1)",
        data_subjects="Customers",
        recipients="Mailing house",
        transfers="Japan: adequacy decision (GDPR 45)",
        safeguards="A locked room",
    )
    factories.place(asks=[made])
    factories.policy("consent_withdrawn", after_days=3)
    return made


def rows(browser: Client) -> list[dict[str, str]]:
    answer = browser.get("/admin/consent/purpose/register-csv/")
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_each_purpose_says_all_that_the_law_asks_for(reader: Client) -> None:
    of = purpose()
    capturing.disclosure(contact=factories.contact(), recipient="Courier Ltd", purpose=of)
    (row,) = rows(reader)
    assert row["Purpose"] == "News"
    assert row["Lawful basis (GDPR 6)"] == "consent"
    assert row["Channels"] == "Text message; Phone call"
    assert row["Whose data"] == "Customers"
    assert "phone number" in row["Which data"]
    assert row["Sources"] == "Source-Web-Form (Web form)"
    assert row["Recipients"] == "Mailing house; Courier Ltd"
    assert row["Transfers to third countries"] == "Japan: adequacy decision (GDPR 45)"
    assert row["Kept until"].startswith("consent lapses after 24 months; consent_withdrawn-purge: Consent withdrawn")
    assert "60 months after its last use" in row["Kept until"]
    assert row["Security measures"].startswith("A locked room; numbers stand in one table")


def test_no_spreadsheet_computes_it(reader: Client) -> None:
    purpose()
    assert rows(reader)[0]["What for"] == "'=HYPERLINK(1)"


def test_a_policy_on_another_purpose_is_not_named(reader: Client) -> None:
    purpose()
    factories.policy("consent_lapsed", purpose=factories.purpose("survey"))
    by_name = {row["Purpose"]: row["Kept until"] for row in rows(reader)}
    assert "consent_lapsed" not in by_name["News"]
    assert "consent_lapsed" in by_name["Survey"]


def test_the_page_names_the_controller_the_sources_and_what_is_not_said(reader: Client, settings: object) -> None:
    purpose()
    factories.purpose("survey")
    factories.source("bought", kind=Source.Kind.THIRD_PARTY, contract_reference="GL-1")
    answer = reader.get("/admin/consent/purpose/register/")
    page = answer.content.decode()
    assert "Controller: Ringfence" in page
    assert "Lists Ltd, GL-1" in page
    assert [each.slug for each in answer.context["register"].gaps] == ["survey"]
    assert "not said" in page


def test_without_purposes_it_says_what_to_do(reader: Client) -> None:
    assert "There are no purposes yet" in reader.get("/admin/consent/purpose/register/").content.decode()
    assert rows(reader) == []


def test_its_queries_do_not_grow_with_the_purposes(django_assert_num_queries: object) -> None:
    purpose()
    counter: object = django_assert_num_queries
    with counter(6):  # type: ignore[operator]
        reports.register(at=NOON)
    factories.place("other", asks=[factories.purpose("survey"), factories.purpose("calls")])
    with counter(6):  # type: ignore[operator]
        reports.register(at=NOON)
