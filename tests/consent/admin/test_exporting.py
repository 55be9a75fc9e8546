"""Taking contacts out in the admin: asked why, written down, masked for those who may not have the numbers."""

import io
import logging
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client

from consent.admin import exporting
from consent.models import AccessRecord, Disclosure
from consent.rules.states import Act
from crm.exports import xlsx
from tests import factories
from tests.exporting import table
from tests.files import staged_files

pytestmark = pytest.mark.django_db
NUMBER = "+12025550187"
LIST, PAGE = "/admin/crm/contact/", "/admin/crm/contact/export/"


@pytest.fixture(autouse=True)
def _staging_of_its_own(settings: Any, tmp_path: Path) -> None:
    """Other tests leave uploads that wait."""
    settings.STAGING_DIR = tmp_path / "staging"


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(factories.user("ray", role="Read-only"))
    return client


def ask(browser: Client, **data: Any) -> Any:
    return browser.post(PAGE, {"format": "csv", "shown": "full", "reason": "moving house"} | data)


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def errors(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.context["form"].errors
    assert not AccessRecord.objects.exists()
    return found


def test_the_file_comes_with_a_name_that_says_nothing_and_is_kept_nowhere(officer: Client) -> None:
    factories.point(NUMBER, given_name="Ann")

    answer = ask(officer)
    assert answer["Content-Disposition"] == 'attachment; filename="contacts.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert answer.streaming
    assert table(content(answer)) == [{"Given name": "Ann", "Phone 1 - Value": NUMBER}]
    assert staged_files() == []


def test_it_is_written_down_before_the_first_byte(officer: Client) -> None:
    factories.point(NUMBER)

    answer = ask(officer)
    record: Any = AccessRecord.objects.get()
    assert (record.kind, record.actor_name, record.actor_user.username) == ("export", "staff", "ola")
    assert (record.reason, record.format, record.masked, record.points) == ("moving house", "csv", False, 1)
    assert content(answer)


@pytest.mark.parametrize(("kind", "ending"), [("xlsx", "xlsx"), ("vcard", "vcf")])
def test_every_format_is_there(officer: Client, kind: str, ending: str) -> None:
    factories.point(NUMBER, given_name="Ann")

    answer = ask(officer, format=kind)
    assert answer["Content-Disposition"].endswith(f'"contacts.{ending}"')
    found = content(answer)
    if kind == "xlsx":
        sheet: Any = openpyxl.load_workbook(io.BytesIO(found)).active
        assert sheet["J2"].value == NUMBER
    else:
        assert NUMBER.encode() in found


def test_without_the_right_the_numbers_are_masked_whatever_is_asked_for(reader: Client) -> None:
    factories.point(NUMBER, given_name="Ann")

    page = reader.get(PAGE)
    assert "shown" not in page.context["form"].fields
    assert b"The numbers are masked" in page.content
    assert table(content(ask(reader, shown="full")))[0]["Phone 1 - Value"] == "'+1 •••• ••0187"
    assert AccessRecord.objects.get().masked


def test_with_the_right_they_are_masked_unless_one_says_otherwise(officer: Client) -> None:
    factories.point(NUMBER)

    form = officer.get(PAGE).context["form"]
    assert form["shown"].field.choices[0][0] == "masked"
    assert NUMBER.encode() not in content(ask(officer, shown="masked"))
    assert AccessRecord.objects.get().masked


@pytest.mark.parametrize("reason", ["", " ", f"for {NUMBER}"])
def test_a_reason_is_asked_for_and_holds_no_number(officer: Client, reason: str) -> None:
    assert "reason" in errors(ask(officer, reason=reason))


def test_the_list_offers_both_everybody_and_those_who_are_chosen(reader: Client) -> None:
    factories.point()

    page = reader.get(LIST).content.decode()
    assert f'href="{PAGE}"' in page
    assert 'value="export_chosen"' in page


def test_looking_at_the_page_takes_nothing(officer: Client) -> None:
    factories.point(NUMBER)

    page = officer.get(PAGE, {"format": "csv", "shown": "full", "reason": "moving house"})
    assert page.status_code == 200
    assert b"Everybody." in page.content
    assert not AccessRecord.objects.exists()


def test_for_a_purpose_only_who_may_be_contacted_is_in_the_file(officer: Client) -> None:
    ann, bo = factories.point(given_name="Ann"), factories.point(given_name="Bo")
    factories.entry(ann)
    factories.entry(bo, Act.WITHDRAWN)

    answer = ask(officer, purpose=factories.purpose().pk, channel="sms")
    assert [row["Given name"] for row in table(content(answer))] == ["Ann"]
    assert AccessRecord.objects.get().left_out == {"withdrawn": 1}


def test_a_purpose_needs_a_channel_and_a_channel_a_purpose(officer: Client) -> None:
    assert list(errors(ask(officer, purpose=factories.purpose().pk))) == ["channel"]
    assert list(errors(ask(officer, channel="sms"))) == ["purpose"]


def test_of_a_source_only_its_people_are_in_the_file(officer: Client) -> None:
    shop = factories.source("shop")
    factories.point(given_name="Ann", of=shop)
    factories.point(given_name="Bo")

    assert [row["Given name"] for row in table(content(ask(officer, source=shop.pk)))] == ["Ann"]
    assert AccessRecord.objects.get().scope == {"source": shop.pk}


class TestChosen:
    def choose(self, browser: Client, *ids: int, **data: Any) -> Any:
        return browser.post(LIST, {"action": "export_chosen", "_selected_action": ids, "index": 0} | data)

    def test_those_who_are_chosen_in_the_list_are_taken(self, officer: Client) -> None:
        ids = [factories.point(given_name=name).contact_id for name in ("Ann", "Bo", "Cy")]

        page = self.choose(officer, ids[0], ids[2])
        assert b"Contacts that you have chosen: 2." in page.content
        assert f'action="{PAGE}"'.encode() in page.content
        chosen = page.context["form"]["contacts"].value()
        assert not AccessRecord.objects.exists()

        rows = table(content(ask(officer, contacts=chosen)))
        assert [row["Given name"] for row in rows] == ["Ann", "Cy"]
        assert AccessRecord.objects.get().scope == {"contacts": [ids[0], ids[2]]}

    def test_the_choice_stays_when_the_form_comes_back(self, officer: Client) -> None:
        contact = factories.point(given_name="Ann").contact_id

        page = ask(officer, contacts=str(contact), reason="")
        assert page.context["form"]["contacts"].value() == str(contact)
        assert b"Contacts that you have chosen: 1." in page.content

    def test_all_that_a_filter_found_are_chosen(self, officer: Client) -> None:
        british = factories.point(given_name="Ann", country="GB").contact_id
        factories.point(given_name="Bo", country="DE")

        page = officer.post(
            f"{LIST}?country=GB",
            {"action": "export_chosen", "_selected_action": british, "index": 0, "select_across": 1},
        )
        assert page.context["form"]["contacts"].value() == str(british)

    def test_too_many_and_nobody_are_refused(self, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        ids = [factories.point().contact_id for _each in range(2)]
        monkeypatch.setattr(exporting, "MOST_CHOSEN", 1)

        for answer in (self.choose(officer, *ids), self.choose(officer, 10**9)):
            assert answer.status_code == 302
            assert [str(message) for message in get_messages(answer.wsgi_request)][-1] == "Choose up to 1 contacts."
        assert "contacts" in errors(ask(officer, contacts=",".join(map(str, ids))))

    @pytest.mark.parametrize("ids", ["1,", "1;2", "x", "-1", "１"])
    def test_a_choice_that_was_tampered_with_is_not_everybody(self, officer: Client, ids: str) -> None:
        assert "contacts" in errors(ask(officer, contacts=ids))

    def test_nothing_else_is_posted_to_the_list(self, officer: Client) -> None:
        assert officer.post(LIST, {"_save": "1"}).status_code == 403


def test_more_people_than_a_sheet_has_rows_are_told_at_the_format(
    officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 0)
    factories.point()

    assert "CSV" in str(errors(ask(officer, format="xlsx"))["format"])
    assert staged_files() == []


def test_no_number_stands_in_the_session_the_log_or_the_admins_log(
    officer: Client, caplog: pytest.LogCaptureFixture
) -> None:
    factories.point(NUMBER)
    with caplog.at_level(logging.DEBUG):
        content(ask(officer))

    assert "5550187" not in caplog.text
    assert not LogEntry.objects.exists()
    assert all("5550187" not in str(session.get_decoded()) for session in Session.objects.all())


def test_the_record_is_read_in_words(officer: Client) -> None:
    ann, bo = factories.point(given_name="Ann"), factories.point(given_name="Bo")
    factories.entry(ann)
    factories.entry(bo, Act.WITHDRAWN)
    content(
        ask(
            officer,
            purpose=factories.purpose().pk,
            channel="sms",
            source=factories.source().pk,
            contacts=f"{ann.contact_id},{bo.contact_id}",
        )
    )

    page = officer.get(f"/admin/consent/accessrecord/{AccessRecord.objects.get().pk}/change/").content.decode()
    assert f"these contacts: {ann.contact_id}, {bo.contact_id}; source: Web; purpose: News; Text message" in page
    assert "1 × Consent was withdrawn." in page


def test_a_record_of_everybody_says_so(officer: Client) -> None:
    content(ask(officer))

    page = officer.get(f"/admin/consent/accessrecord/{AccessRecord.objects.get().pk}/change/").content.decode()
    assert "everybody" in page
    assert "nobody" in page


def test_the_recipient_is_written_down_for_everybody_in_the_file(officer: Client) -> None:
    point = factories.point(NUMBER)

    answer = ask(officer, recipient="Mailing Ltd")
    disclosure = Disclosure.objects.get()
    assert (disclosure.contact, disclosure.recipient) == (point.contact, "Mailing Ltd")
    assert (disclosure.actor_name, disclosure.access_record) == ("staff", AccessRecord.objects.get())
    assert content(answer)


def test_a_recipient_holds_no_number(officer: Client) -> None:
    factories.point(NUMBER)

    assert "recipient" in errors(ask(officer, recipient=f"Ann {NUMBER}"))
    assert not Disclosure.objects.exists()
