"""Opt-outs that staff record: in two clicks on a contact, for a number that we may not hold, and in lists."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from consent.admin import optout_acts
from consent.models import Consent, ConsentEvent, Evidence, Suppression
from consent.rules.lines import Channel
from crm.models import PhoneNumber
from tests import factories

pytestmark = pytest.mark.django_db

NUMBER = "+12025550187"
OTHER = "+12025550188"
LISTS = "/admin/consent/suppression/"


@pytest.fixture
def officer(client: Client, settings: Any, tmp_path: Path) -> Client:
    settings.STAGING_DIR = tmp_path / "staging"
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


class TestOnAContact:
    def test_a_button_and_record_end_everything_at_all_numbers(self, client: Client) -> None:
        client.force_login(factories.user("ed", role="Editor"))
        person = factories.contact([NUMBER, OTHER])
        for point in person.points.all():
            for channel in Channel:
                factories.entry(point, channel=channel)
        url = f"/admin/crm/contact/{person.pk}/opt-out/"
        assert url in client.get(f"/admin/crm/contact/{person.pk}/change/").content.decode()

        form = client.get(url).context["form"]
        # What a browser posts when nothing on the page is touched.
        shown = {name: field.widget.choices[0][0] for name, field in form.fields.items() if name == "heard"}
        answer = client.post(url, shown)

        assert said(answer) == "Opt-out (On the phone): 2 numbers are suppressed, 4 new ledger entries."
        assert set(Consent.objects.values_list("status", flat=True)) == {"withdrawn"}
        noes = Suppression.objects.filter(purpose=None).values_list(
            "channel", "reason", "actor_name", "actor_user__username"
        )
        assert set(noes) == {("", "opt-out on the phone", "staff", "ed")}
        ends = ConsentEvent.objects.filter(act="withdrawn")
        assert set(ends.values_list("method", flat=True)) == {"staff"}
        assert {each.message for each in Evidence.objects.filter(entry__in=ends)} == {"opt-out on the phone"}

    def test_it_can_say_less_and_more(self, officer: Client) -> None:
        person = factories.contact([NUMBER, OTHER])
        first, second = person.points.order_by("pk")
        for point in (first, second):
            factories.entry(point, channel=Channel.CALL)
        when = timezone.now() - timedelta(days=3)
        data = {"heard": "opt-out by letter", "note": "signed", "point": second.pk, "channel": "call"}
        data |= {"when": when.strftime("%Y-%m-%dT%H:%M"), "objection": "on"}

        officer.post(f"/admin/crm/contact/{person.pk}/opt-out/", data)

        no = Suppression.objects.get()
        assert (no.line, no.channel, no.reason) == (second.line, "call", "objection")
        assert no.since == when.replace(second=0, microsecond=0)
        end = ConsentEvent.objects.get(act="withdrawn")
        assert (end.point, end.evidence.message) == (second, "opt-out by letter: signed")

    @pytest.mark.parametrize(
        "wrong", [{"note": f"rang from {OTHER}"}, {"heard": "rumour"}, {"when": "2999-01-01T00:00"}, {"channel": "x"}]
    )
    def test_what_is_wrong_is_said_and_nothing_done(self, officer: Client, wrong: dict[str, str]) -> None:
        point = factories.point(NUMBER)
        data = {"heard": "opt-out in a shop"} | wrong
        answer = officer.post(f"/admin/crm/contact/{point.contact_id}/opt-out/", data)
        assert set(answer.context["form"].errors) == set(wrong)
        assert not Suppression.objects.exists()


class TestOfANumber:
    @pytest.mark.parametrize("held", [True, False])
    def test_a_number_is_suppressed_whether_we_hold_it_or_not(self, officer: Client, held: bool) -> None:
        if held:
            factories.entry(factories.point(NUMBER))

        answer = officer.post(
            f"{LISTS}record-opt-out/", {"number": "(202) 555-0187", "country": "us", "heard": "opt-out in a shop"}
        )

        assert answer["Location"] == LISTS
        (line,) = PhoneNumber.objects.for_numbers([NUMBER])
        assert (line.suppressions.get().reason, line.number is not None) == ("opt-out in a shop", held)
        assert f"{int(held)} new ledger entries" in said(answer)
        # Where nothing ends in the ledger, the log alone says how we heard.
        assert LogEntry.objects.get().change_message.startswith("Opt-out (In a shop): ")
        told = said(answer) + "".join(LogEntry.objects.values_list("change_message", flat=True))
        assert "5550187" not in told

    def test_what_is_no_number_is_said(self, officer: Client) -> None:
        answer = officer.post(f"{LISTS}record-opt-out/", {"number": "call me", "heard": "opt-out in a shop"})
        assert "number" in answer.context["form"].errors
        assert not Suppression.objects.exists()

    def test_a_number_is_never_taken_from_an_address(self, officer: Client) -> None:
        page = officer.get(f"{LISTS}record-opt-out/", {"number": NUMBER})
        assert "5550187" not in page.content.decode()


class TestOfAList:
    def upload(self, officer: Client, content: str, **data: Any) -> Any:
        data = {"file": SimpleUploadedFile("list.csv", content.encode()), "reason": "the list of May"} | data
        return officer.post(f"{LISTS}withdraw-list/", data)

    def test_every_number_of_it_is_withdrawn_and_the_rest_named_by_line(
        self, officer: Client, settings: Any, tmp_path: Path
    ) -> None:
        factories.entry(factories.point(NUMBER))

        answer = self.upload(officer, f"Phone\n{NUMBER}\nnobody\n{OTHER}\n", objection="on")

        assert said(answer).startswith("Withdrawn: 1 that we hold, 1 others; suppressed already: 0.")
        assert "1 line could not be read: 3: There are letters" in said(answer)
        assert Consent.objects.get().status == "withdrawn"
        assert set(Suppression.objects.values_list("reason", flat=True)) == {"objection"}
        assert not list((tmp_path / "staging").iterdir())
        log = LogEntry.objects.get()
        assert (log.object_repr, log.change_message) == ("Withdraw a list", said(answer))

    def test_a_list_that_is_too_long_is_refused_whole(self, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(optout_acts, "MOST_LISTED", 2)
        answer = self.upload(officer, f"{NUMBER}\n{OTHER}\n{NUMBER}\n")
        assert "more than 2 lines" in str(answer.context["form"].errors["file"])
        assert not Suppression.objects.exists()

    def test_many_unread_lines_are_not_all_named(self, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(optout_acts, "MOST_NAMED", 1)
        answer = self.upload(officer, "x\ny\nz\n")
        assert "2 lines could not be read: 2: " in said(answer)
        assert said(answer).endswith("…")

    @pytest.mark.parametrize(
        ("content", "data", "field"),
        [
            ("", {}, "file"),
            ("%PDF-1.7", {}, "file"),
            (NUMBER, {"country": "XX"}, "file"),
            (NUMBER, {"country": "X"}, "country"),
            (NUMBER, {"reason": f"from {OTHER}"}, "reason"),
            (NUMBER, {"reason": ""}, "reason"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_done(
        self, officer: Client, content: str, data: dict[str, str], field: str
    ) -> None:
        answer = self.upload(officer, content, **data)
        assert set(answer.context["form"].errors) == {field}
        assert not Suppression.objects.exists()

    def test_the_form_sends_its_file(self, officer: Client) -> None:
        assert 'enctype="multipart/form-data"' in officer.get(f"{LISTS}withdraw-list/").content.decode()
