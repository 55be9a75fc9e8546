"""The pages of a contact: numbers, consent, permission, timeline, blame, retention, and as it was."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent import access, retention
from consent.ledger import Proof
from consent.models import AccessRecord, ConsentEvent, LegalHold, OutgoingMessage
from consent.rules.lines import Channel
from consent.rules.states import Act
from crm import intake
from crm.models import ContactPoint, PhoneNumber, attributed_to
from tests import capturing, factories

pytestmark = pytest.mark.django_db

NUMBER = "+12025550187"
NOW = timezone.now()
PAGES = ("numbers", "consent", "permission", "timeline", "timeline-print", "blame", "retention", "as-of")


def ago(days: int) -> Any:
    """Return the moment so many days ago."""
    return NOW - timedelta(days=days)


def local(at: Any) -> str:
    """Return a moment as the browser's picker sends it."""
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(factories.user("ed", role="Editor"))
    return client


def get(browser: Client, contact_id: int, page: str, **query: Any) -> Any:
    return browser.get(f"/admin/crm/contact/{contact_id}/{page}/", query)


class TestTabs:
    def test_each_leads_to_its_page_and_the_page_says_which_it_is(self, officer: Client) -> None:
        contact = factories.point().contact
        tabs = get(officer, contact.pk, "change").context["tabs"]
        assert [str(tab["title"]) for tab in tabs] == [
            "Profile", "Numbers", "Consent", "Permission", "Timeline", "Blame", "Retention", "As of",
        ]  # fmt: skip
        for tab in tabs:
            answer = officer.get(tab["link"])
            assert answer.status_code == 200
            assert f'href="{tab["link"]}" aria-current="page"' in answer.content.decode()

    def test_who_may_not_open_a_page_is_not_offered_it(self, editor: Client) -> None:
        contact = factories.point().contact
        assert "Retention" not in [str(tab["title"]) for tab in get(editor, contact.pk, "change").context["tabs"]]
        assert get(editor, contact.pk, "retention").status_code == 403

    @pytest.mark.parametrize("page", PAGES)
    def test_no_page_shows_a_number_or_is_kept_by_the_browser(self, officer: Client, page: str) -> None:
        point = factories.point(NUMBER)
        factories.entry(point, evidence=Proof(message="a secret word"))
        capturing.outgoing(point.line)
        answer = get(officer, point.contact_id, page)
        assert "5550187" not in answer.content.decode()
        assert "a secret word" not in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]

    @pytest.mark.parametrize("page", PAGES)
    def test_of_an_erased_contact_a_page_says_when_it_went_and_under_what(self, officer: Client, page: str) -> None:
        contact = factories.point(NUMBER, given_name="Annabel").contact
        retention.erase(contact, reason="objection", actor=factories.TESTER, at=NOW)
        text = get(officer, contact.pk, page).content.decode()
        assert "under The person objected (GDPR 21) (receipt" in text
        assert "Annabel" not in text

    def test_a_made_up_address_leads_back_to_the_list(self, officer: Client) -> None:
        assert get(officer, 9999, "timeline").status_code == 302

    @pytest.mark.parametrize("page", PAGES)
    def test_it_takes_as_many_queries_for_much_as_for_little(self, officer: Client, page: str) -> None:
        def queries(numbers: int, entries: int) -> int:
            contact = factories.contact([factories.number() for _number in range(numbers)], given_name="Ann")
            for point in contact.points.all():
                for number in range(entries):
                    factories.entry(point, at=ago(number + 1))
            with CaptureQueriesContext(connection) as asked:
                assert get(officer, contact.pk, page).status_code == 200
            return len(asked)

        factories.policy("consent_withdrawn")
        queries(1, 1)
        assert queries(6, 9) <= queries(1, 1)


class TestConsent:
    def test_the_status_tells_who_when_and_in_which_words_to_mouse_and_keyboard(self, editor: Client) -> None:
        point = factories.point(NUMBER)
        factories.entry(point, at=ago(5))
        text = get(editor, point.contact_id, "consent").content.decode()
        assert 'role="tooltip"' in text
        assert "May we contact you about News?" in text
        assert "tester, Web form" in text
        assert '<button type="button" aria-describedby="words-' in text

    def test_its_links_fill_the_form_in(self, editor: Client) -> None:
        point = factories.point(NUMBER)
        notice = factories.notice(factories.purpose())
        text = get(editor, point.contact_id, "consent").content.decode()
        link = f"record-consent/?point={point.pk}&amp;notice={notice.pk}&amp;channel=call"
        assert link in text
        query = {"point": point.pk, "notice": notice.pk, "channel": "call"}
        form = get(editor, point.contact_id, "record-consent", **query).context["form"]
        filled_in = [form[name].value() for name in ("point", "notice", "channel")]
        assert filled_in == [str(point.pk), str(notice.pk), "call"]
        assert form["evidence"].value() is None

    def test_who_only_looks_is_offered_no_act(self, client: Client) -> None:
        client.force_login(factories.user("ro", role="Read-only"))
        point = factories.point(NUMBER)
        factories.entry(point)
        assert "record-consent" not in get(client, point.contact_id, "consent").content.decode()


class TestPermission:
    def test_it_answers_as_of_a_past_day_with_the_entries_behind_it(self, officer: Client) -> None:
        point = factories.point(NUMBER, at=ago(100))
        news = factories.purpose(necessary=False, channels=["sms"])
        given = factories.entry(point, of=news, at=ago(50))
        withdrawn = factories.entry(point, Act.WITHDRAWN, of=news, at=ago(10))

        def cell(**query: Any) -> Any:
            answer = get(officer, point.contact_id, "permission", **query)
            (panel,) = answer.context["matrix"]
            assert f"/admin/consent/consentevent/{panel.cells[0].behind[-1].pk}/change/" in answer.content.decode()
            return panel.cells[0]

        now, then = cell(), cell(at=local(ago(30)))
        assert (now.verdict, now.reason) == ("no", "Consent was withdrawn.")
        assert [each.pk for each in now.behind] == [given.pk, withdrawn.pk]
        # By the hour of the day it was allowed, or too early or too late.
        assert then.reason != now.reason
        assert [each.pk for each in then.behind] == [given.pk]

    def test_what_was_not_known_yet_is_left_out_when_that_is_asked(self, officer: Client) -> None:
        point = factories.point(NUMBER, at=ago(100))
        news = factories.purpose(channels=["sms"])
        factories.entry(point, of=news, at=ago(50))
        answer = get(officer, point.contact_id, "permission", at=local(ago(30)), known_at=local(ago(30)))
        # The tests record now what happened then: as of then nobody knew the number.
        assert answer.context["matrix"][0].cells[0].reason == "We do not hold this number."

    @pytest.mark.parametrize("at", ["soon", "9999-01-01T00:00"])
    def test_a_time_that_makes_no_sense_is_told_at_the_field(self, officer: Client, at: str) -> None:
        answer = get(officer, factories.point().contact_id, "permission", at=at)
        assert answer.status_code == 200
        assert "at" in answer.context["form"].errors

    def test_a_number_that_had_ended_by_then_is_not_in_it_and_one_that_ended_since_is(self, officer: Client) -> None:
        point = factories.point(NUMBER, at=ago(100))
        intake.end(point, actor=factories.TESTER, at=ago(20), reason="moved")
        assert [p.point.pk for p in get(officer, point.contact_id, "permission").context["matrix"]] == []
        then = get(officer, point.contact_id, "permission", at=local(ago(30))).context["matrix"]
        assert [panel.point.pk for panel in then] == [point.pk]


class TestTimeline:
    def test_it_is_narrowed_by_kind_and_keeps_to_it_on_paper(self, officer: Client) -> None:
        point = factories.point()
        factories.entry(point)
        answer = get(officer, point.contact_id, "timeline", kind="entry")
        assert {str(row.kind) for row in answer.context["rows"]} == {"Consent"}
        assert answer.context["print"].endswith("/timeline-print/?kind=entry")
        paper = officer.get(answer.context["print"]).content.decode()
        assert "News, Text message: given" in paper
        assert "Only:" in paper

    def test_every_kind_has_words(self, officer: Client) -> None:
        point = factories.point(NUMBER, at=ago(100))
        contact = point.contact
        factories.tagged(contact)
        factories.entry(point, at=ago(90))
        challenge = capturing.challenge(point, created_at=ago(9), expires_at=ago(8))
        challenge.outcome, challenge.closed_at = "expired", ago(8)
        challenge.save()
        for kind in OutgoingMessage.Kind:
            capturing.outgoing(point.line, kind=kind, created_at=ago(9), not_after=ago(8))
        capturing.inbound(point.line, occurred_at=ago(9), received_at=ago(9))
        capturing.subject_request(contact=contact)
        capturing.disclosure(contact=contact)
        point.provenances.update(notice_sent_at=ago(80))
        access.record(
            kind=AccessRecord.Kind.EXPORT, actor=factories.TESTER, at=NOW, reason="for her", masked=True, contacts=1,
            points=1, format="csv", scope={"contacts": [contact.pk]}, left_out={},
        )  # fmt: skip
        with attributed_to(factories.origin()):
            LegalHold.objects.create(contact=contact, reason="claim", placed_at=ago(3))
        rows = get(officer, contact.pk, "timeline").context["rows"]
        assert len({str(row.kind) for row in rows}) == 13
        assert all(row.title for row in rows)
        for row in rows:
            if row.link:
                assert officer.get(row.link).status_code == 200, row.link

    def test_what_one_may_not_look_at_is_not_in_it(self, editor: Client) -> None:
        point = factories.point()
        factories.entry(point)
        capturing.inbound(point.line, received_at=NOW, occurred_at=NOW)
        kinds = {str(row.kind) for row in get(editor, point.contact_id, "timeline", kind="entry").context["rows"]}
        assert kinds == {"Profile", "Number", "Source"}

    def test_it_is_paged(self, officer: Client) -> None:
        point = factories.point()
        for number in range(60):
            factories.entry(point, at=ago(number + 1))
        first = get(officer, point.contact_id, "timeline", kind="entry")
        older = officer.get(first.context["older"])
        assert (len(first.context["rows"]), len(older.context["rows"])) == (50, 10)
        assert older.context["newer"].endswith("?kind=entry&skip=0")
        assert get(officer, point.contact_id, "timeline", skip="²").status_code == 200


class TestBlame:
    def test_each_value_says_since_when_by_whom_from_where_and_why(self, officer: Client) -> None:
        batch = factories.batch()
        row = intake.Row(profile={"given_name": "Ann"}, numbers=[intake.Number(NUMBER, "work")], line=2)
        stored = intake.store(
            row, source=batch.source, batch=batch, actor=factories.TESTER, at=ago(9), reason="March list"
        )
        profile, number = get(officer, stored.contact_id or 0, "blame").context["sections"]
        (name,) = [each for each in profile.rows if each.label == "Given name"]
        assert (name.value, name.who, name.source, name.batch) == ("Ann", "tester", "Web", f"Import {batch.pk}")
        assert (name.way_in, name.reason, name.since) == ("Web form", "March list", ago(9))
        assert number.title == "+1 •••• ••0187"
        assert {each.label: each.value for each in number.rows}["Label"] == "work"


class TestRetention:
    def test_it_says_which_policy_counts_when_it_goes_and_what_protects_it(self, officer: Client) -> None:
        point = factories.point(NUMBER, at=ago(100))
        factories.policy("consent_withdrawn", slug="withdrawn")
        factories.policy("last_interaction", after_days=365)
        factories.entry(point, Act.WITHDRAWN, at=ago(2))
        factories.entry(point, Act.GIVEN, channel=Channel.CALL, at=ago(50))
        (number,) = get(officer, point.contact_id, "retention").context["foreseen"]
        assert (number.due, number.verdict) == (False, "A consent that still holds carries it.")
        assert [(period.policy.name, period.over) for period in number.periods] == [
            ("withdrawn", True),
            ("last_interaction-purge", False),
        ]
        factories.entry(point, Act.WITHDRAWN, channel=Channel.CALL, at=ago(1))
        (number,) = get(officer, point.contact_id, "retention").context["foreseen"]
        assert number.due
        assert "under withdrawn" in number.verdict
        assert "goes in the nightly job of" in number.going

    def test_a_hold_is_named(self, officer: Client) -> None:
        point = factories.point(NUMBER, at=ago(100))
        factories.policy("consent_withdrawn")
        factories.entry(point, Act.WITHDRAWN, at=ago(2))
        with attributed_to(factories.origin()):
            hold = LegalHold.objects.create(source=point.provenances.get().source, reason="claim", placed_at=ago(1))
        context = get(officer, point.contact_id, "retention").context
        assert [each.pk for each in context["holds"]] == [hold.pk]
        assert context["foreseen"][0].verdict == "A legal hold stands (GDPR 17(3)(e))."
        assert "does not go within ten years" in context["foreseen"][0].going


class TestAsOf:
    def test_it_shows_the_values_and_numbers_of_then(self, officer: Client) -> None:
        contact = factories.contact([NUMBER], given_name="Ann", at=ago(100))
        row = intake.Row(profile={"given_name": "Anna"}, numbers=[intake.Number("+12025550188")], contact_id=contact.pk)
        intake.store(row, source=factories.source(), actor=factories.TESTER, at=ago(10), reason="told us")
        before = get(officer, contact.pk, "as-of", at=local(ago(50))).context["sections"]
        after = get(officer, contact.pk, "as-of").context["sections"]

        def held(sections: Any) -> tuple[str, list[str]]:
            names = {each.label: each.value for each in sections[0].rows}
            return names["Given name"], sorted(section.title[-4:] for section in sections[1:])

        assert (held(before), held(after)) == (("Ann", ["0187"]), ("Anna", ["0187", "0188"]))

    def test_it_says_where_we_know_better_now(self, officer: Client) -> None:
        point = factories.point(NUMBER, at=ago(100))
        news = factories.purpose(channels=["sms"])
        factories.entry(point, of=news, at=ago(90))
        # As if they had been recorded when they happened.
        PhoneNumber.objects.update(created_at=ago(100))
        ContactPoint.objects.update(created_at=ago(100))
        answer = get(officer, point.contact_id, "as-of", at=local(ago(50)))
        ((where, today, then),) = answer.context["differ"]
        assert where.endswith("0187, News, Text message")
        assert then.reason == "There is no consent."
        assert today.behind[0].pk == ConsentEvent.objects.get().pk

    def test_the_tags_are_those_of_then(self, officer: Client) -> None:
        contact = factories.contact(given_name="Ann", at=ago(100))
        with attributed_to(factories.origin(ago(20))):
            contact.tags.create(tag=factories.tag())
        assert get(officer, contact.pk, "as-of", at=local(ago(50))).context["tags"] == []
        assert get(officer, contact.pk, "as-of").context["tags"] == ["Volunteer"]


class TestAddingANumber:
    def add(self, editor: Client, contact: Any, **data: Any) -> Any:
        given = {"number": NUMBER, "label": "work", "reason": "told us"}
        return editor.post(f"/admin/crm/contact/{contact.pk}/add-number/", given | data)

    def test_it_is_stored_with_the_reason_and_shown_masked(self, editor: Client) -> None:
        contact = factories.contact(given_name="Ann")
        answer = self.add(editor, contact)
        assert answer.status_code == 302
        point = contact.points.get()
        assert (point.label, point.history.latest().history_change_reason) == ("work", "told us")
        assert "0187" not in " ".join(str(each) for each in get_messages(answer.wsgi_request))

    def test_what_is_no_number_or_there_already_is_told_at_the_field(self, editor: Client) -> None:
        contact = factories.contact([NUMBER], given_name="Ann")
        assert "number" in self.add(editor, contact, number="12").context["form"].errors
        assert "already" in str(self.add(editor, contact, label="").context["form"].errors["number"])
        assert contact.points.count() == 1

    def test_an_erased_number_does_not_come_back(self, editor: Client) -> None:
        gone = factories.point(NUMBER)
        retention.erase(gone.contact, reason="request", actor=factories.TESTER, at=NOW)
        contact = factories.contact(given_name="Ann")
        assert "number" in self.add(editor, contact).context["form"].errors
        assert not contact.points.exists()
