"""What the contact page shows and does about consent."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from consent import retention
from consent.admin import words
from consent.models import Consent, ConsentEvent, LegalHold, Notice, Receipt, Suppression
from consent.rules.lines import Channel
from consent.rules.permission import Reason, Verdict
from consent.rules.states import Act, Status
from crm.models import Contact, PhoneNumber, attributed_to
from tests import factories

pytestmark = pytest.mark.django_db

NUMBER = "+12025550187"
NOW = timezone.now()


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(factories.user("ed", role="Editor"))
    return client


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


def act(browser: Client, contact: Contact, name: str, **data: Any) -> Any:
    return browser.post(f"/admin/crm/contact/{contact.pk}/{name}/", data)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


class TestPanels:
    def test_each_purpose_and_channel_says_how_it_stands_and_why(self, editor: Client) -> None:
        point = factories.point(NUMBER)
        news = factories.purpose(necessary=False)
        factories.entry(point, Act.GIVEN, of=news, at=NOW - timedelta(days=5))
        factories.entry(point, Act.WITHDRAWN, of=news, channel=Channel.CALL, at=NOW - timedelta(days=4))
        (panel,) = editor.get(f"/admin/crm/contact/{point.contact_id}/consent/").context["matrix"]
        sms, call = panel.cells
        assert (sms.status, call.status) == ("given", "withdrawn")
        assert sms.consent.notice.version == 1
        assert (call.verdict, call.reason) == ("no", "Consent was withdrawn.")

    def test_where_there_is_nothing_it_says_so(self, editor: Client) -> None:
        point = factories.point(NUMBER)
        factories.purpose(channels=["sms"])
        (panel,) = editor.get(f"/admin/crm/contact/{point.contact_id}/consent/").context["matrix"]
        (cell,) = panel.cells
        assert (cell.status, cell.verdict, cell.reason) == ("unknown", "no", "There is no consent.")

    def test_a_notice_that_is_late_is_shown_as_overdue(self, editor: Client) -> None:
        bought = factories.source("lists", kind="third_party")
        late = factories.point(of=bought, at=NOW - timedelta(days=40))
        fresh = factories.point(of=bought, at=NOW - timedelta(days=2))
        own = factories.point(at=NOW - timedelta(days=40))

        def trace(point: Any) -> Any:
            (found,) = editor.get(f"/admin/crm/contact/{point.contact_id}/numbers/").context["traces"]
            return found

        assert (trace(late).overdue, trace(fresh).overdue, trace(own).notice_due) == (True, False, None)
        assert b"overdue" in editor.get(f"/admin/crm/contact/{late.contact_id}/numbers/").content

    def test_an_erased_contact_has_none(self, editor: Client) -> None:
        contact = factories.point().contact
        retention.erase(contact, reason="request", actor=factories.TESTER, at=NOW)
        answer = editor.get(f"/admin/crm/contact/{contact.pk}/consent/")
        assert "matrix" not in answer.context
        assert "erased on" in answer.content.decode()

    def test_there_are_words_for_every_code(self) -> None:
        assert set(words.REASONS) == set(Reason)
        assert set(words.STATUSES) == set(words.COLOURS) == set(Status)
        assert set(words.ACTS) == set(words.ACT_COLOURS) == set(Act)
        assert set(words.VERDICTS) == set(words.VERDICT_COLOURS) == set(Verdict)


class TestWithdrawing:
    def test_everything_is_withdrawn_unless_it_is_narrowed(self, editor: Client) -> None:
        point = factories.point(NUMBER)
        factories.entry(point, of=factories.purpose("news"))
        factories.entry(point, of=factories.purpose("offers"))
        answer = act(editor, point.contact, "withdraw", point=point.pk, reason="said so")
        assert "2 new ledger entries" in said(answer)
        assert set(Consent.objects.values_list("status", flat=True)) == {"withdrawn"}
        no: Any = Suppression.objects.get()
        assert (no.purpose, no.channel, no.reason, no.actor_user.username) == (None, "", "said so", "ed")

    def test_one_purpose_alone_is_withdrawn(self, editor: Client) -> None:
        point, news = factories.point(NUMBER), factories.purpose("news")
        factories.entry(point, of=news)
        factories.entry(point, of=factories.purpose("offers"))
        act(editor, point.contact, "withdraw", point=point.pk, purpose=news.pk, channel="sms", reason="said so")
        assert {each.purpose.slug: each.status for each in Consent.objects.all()} == {
            "news": "withdrawn",
            "offers": "given",
        }

    def test_what_was_said_is_kept_as_evidence(self, editor: Client) -> None:
        point = factories.point(NUMBER)
        factories.entry(point)
        act(editor, point.contact, "withdraw", point=point.pk, reason="said so", evidence="Called; Ed took the call.")
        entry: Any = ConsentEvent.objects.get(act="withdrawn")
        assert entry.evidence.message == "Called; Ed took the call."

    def test_tomorrow_is_refused(self, editor: Client) -> None:
        point = factories.point(NUMBER)
        when = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        answer = act(editor, point.contact, "withdraw", point=point.pk, reason="said so", when=when)
        assert "future" in str(answer.context["form"].errors["when"])
        assert not Suppression.objects.exists()

    def test_a_number_in_the_reason_is_refused(self, editor: Client) -> None:
        point = factories.point(NUMBER)
        answer = act(editor, point.contact, "withdraw", point=point.pk, reason=f"rang from {NUMBER}")
        assert "reason" in answer.context["form"].errors
        assert not Suppression.objects.exists()

    def test_an_erased_number_is_no_choice_any_more(self, editor: Client) -> None:
        contact = factories.contact([NUMBER, "+12025550188"])
        point = contact.points.get(is_primary=True)
        other = contact.points.get(is_primary=False)
        factories.policy("superseded")
        from_stale_form = {"point": point.pk, "reason": "said so"}
        act(editor, contact, "end-number", point=point.pk, reason="moved")
        retention.run(as_of=timezone.now() + timedelta(days=1), actor=factories.TESTER)
        answer = act(editor, contact, "withdraw", **from_stale_form)
        assert "point" in answer.context["form"].errors
        assert act(editor, contact, "withdraw", point=other.pk, reason="said so").status_code == 302

    def test_neither_message_nor_log_names_the_number(self, editor: Client) -> None:
        point = factories.point(NUMBER)
        answer = act(editor, point.contact, "withdraw", point=point.pk, reason="said so")
        (entry,) = LogEntry.objects.all()
        assert "0187" not in said(answer) + entry.object_repr + entry.change_message + answer["Location"]


class TestRecording:
    def record(self, editor: Client, point: Any, **data: Any) -> Any:
        notice = factories.notice(factories.purpose())
        given = {"point": point.pk, "notice": notice.pk, "channel": "sms", "act": "given", "evidence": "signed in shop"}
        return act(editor, point.contact, "record-consent", **given | data)

    def test_an_entry_is_added_under_ones_name_with_its_evidence(self, editor: Client) -> None:
        point = factories.point(NUMBER)
        assert self.record(editor, point).status_code == 302
        entry: Any = ConsentEvent.objects.get()
        assert (entry.act, entry.method, entry.actor_user.username) == ("given", "staff", "ed")
        assert entry.evidence.message == "signed in shop"
        assert Consent.objects.get().status == "given"

    def test_a_draft_is_no_wording_that_anybody_agreed_to(self, editor: Client) -> None:
        draft = Notice.objects.create(purpose=factories.purpose(), version=9, text="Well?")
        answer = self.record(editor, factories.point(), notice=draft.pk)
        assert "notice" in answer.context["form"].errors
        assert not ConsentEvent.objects.exists()

    def test_a_channel_that_the_purpose_does_not_cover_is_told_at_the_field(self, editor: Client) -> None:
        factories.purpose(channels=["call"])
        answer = self.record(editor, factories.point())
        assert "does not cover" in str(answer.context["form"].errors["channel"])

    @pytest.mark.parametrize("evidence", ["", f"she rang from {NUMBER}"])
    def test_evidence_is_asked_for_and_holds_no_number(self, editor: Client, evidence: str) -> None:
        answer = self.record(editor, factories.point(), evidence=evidence)
        assert "evidence" in answer.context["form"].errors
        assert not ConsentEvent.objects.exists()


class TestErasing:
    def test_a_contact_goes_with_a_receipt(self, officer: Client) -> None:
        point = factories.point(NUMBER, given_name="Ann")
        answer = act(officer, point.contact, "erase", reason="request")
        receipt: Any = Receipt.objects.get()
        assert f"receipts: {receipt.pk}" in said(answer)
        assert (receipt.reason, receipt.actor_user.username) == ("request", "ola")
        assert PhoneNumber.objects.get().number is None
        assert Contact.objects.get().status == "erased"

    def test_the_log_says_that_it_was_done_and_not_to_whom(self, officer: Client) -> None:
        contact = factories.point(NUMBER, given_name="Ann").contact
        act(officer, contact, "erase", reason="request")
        (entry,) = LogEntry.objects.all()
        assert entry.object_repr == f"Contact {contact.pk}"

    def test_a_contact_without_numbers_goes_too(self, officer: Client) -> None:
        contact = factories.contact(given_name="Ann")
        assert "was erased" in said(act(officer, contact, "erase", reason="request"))
        contact.refresh_from_db()
        assert contact.status == "erased"

    def test_a_hold_keeps_it(self, officer: Client) -> None:
        contact = factories.point(given_name="Ann").contact
        with attributed_to(factories.origin()):
            LegalHold.objects.create(contact=contact, reason="claim", placed_at=NOW)
        answer = act(officer, contact, "erase", reason="request")
        assert "legal hold" in str(answer.context["form"].non_field_errors())
        contact.refresh_from_db()
        assert contact.status == "live"

    def test_the_page_says_beforehand_how_many_numbers_go(self, officer: Client) -> None:
        contact = factories.contact([NUMBER, "+12025550188"])
        page = officer.get(f"/admin/crm/contact/{contact.pk}/erase/").content.decode()
        assert "Numbers that are erased: 2." in page
        assert Contact.objects.get().status == "live"

    def test_an_unknown_reason_is_refused(self, officer: Client) -> None:
        contact = factories.point().contact
        assert act(officer, contact, "erase", reason="because").status_code == 200
        assert not Receipt.objects.exists()
