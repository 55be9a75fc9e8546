"""The pages of messages: the queue that waits for a person, and the words that staff add."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from consent import inbound
from consent.models import Consent, InboundMessage, Keyword, Suppression
from consent.rules.keywords import Meaning
from tests import capturing, factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db

NUMBER = "+12025550187"
QUEUE = "/admin/consent/inboundmessage/"
KEYWORDS = "/admin/consent/keyword/"


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


@pytest.fixture
def unclear() -> InboundMessage:
    """An unclear message of somebody who had agreed."""
    factories.entry(factories.point(NUMBER))
    got = inbound.receive(
        provider="console",
        message_id="1",
        number=NUMBER,
        body="are you the ones that I told to stop",
        at=NOON,
        taken_for=Meaning.NEEDS_REVIEW,
    )
    assert got.message.state == "review"
    return got.message


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


class TestTheQueue:
    def test_the_list_opens_on_what_waits(self, officer: Client) -> None:
        waits, done = capturing.inbound(), capturing.inbound(state="done", meaning="other")

        def listed(query: str = "") -> set[InboundMessage]:
            return set(officer.get(f"{QUEUE}{query}").context["cl"].result_list)

        assert (listed(), listed("?state=review"), listed("?state=all")) == ({waits}, {waits}, {waits, done})

    def test_the_page_shows_what_was_written_and_the_list_does_not(
        self, officer: Client, unclear: InboundMessage
    ) -> None:
        page, queue = officer.get(f"{QUEUE}{unclear.pk}/change/"), officer.get(QUEUE)
        assert unclear.body in page.content.decode()
        assert unclear.body not in queue.content.decode()
        assert "••" in queue.content.decode()

    def test_a_message_of_nobody_is_shown_too(self, officer: Client) -> None:
        capturing.inbound(state="done")
        InboundMessage.objects.update(line=None)
        assert officer.get(f"{QUEUE}?state=all").status_code == 200

    def test_an_opt_out_ends_what_was_given(self, officer: Client, unclear: InboundMessage) -> None:
        answer = officer.post(f"{QUEUE}{unclear.pk}/is-opt-out/")

        assert "It is an opt-out" in said(answer)
        assert Consent.objects.get().status == "withdrawn"
        assert Suppression.objects.filter(lifted_at=None).exists()
        unclear.refresh_from_db()
        assert (unclear.state, unclear.finding, unclear.reviewed_by) == (
            "reviewed",
            "opt_out",
            factories.user("ola"),
        )

    def test_what_is_none_lifts_what_it_placed(self, officer: Client, unclear: InboundMessage) -> None:
        officer.post(f"{QUEUE}{unclear.pk}/is-none/")

        assert Consent.objects.get().status == "given"
        assert not Suppression.objects.filter(lifted_at=None).exists()

    @pytest.mark.parametrize("second", ["is-none", "is-opt-out"])
    def test_it_is_read_once(self, officer: Client, unclear: InboundMessage, second: str) -> None:
        officer.post(f"{QUEUE}{unclear.pk}/is-opt-out/")
        assert "waits for nobody" in said(officer.post(f"{QUEUE}{unclear.pk}/{second}/"))
        assert InboundMessage.objects.get().finding == "opt_out"

    def test_of_a_message_that_was_erased_nobody_says_that_it_was_none(self, officer: Client) -> None:
        message = capturing.inbound(body="")
        assert "erased with its number" in said(officer.post(f"{QUEUE}{message.pk}/is-none/"))
        officer.post(f"{QUEUE}{message.pk}/is-opt-out/")
        assert InboundMessage.objects.get().state == "reviewed"


class TestKeywords:
    def add(self, officer: Client, word: str, meaning: str = "opt_out") -> Any:
        return officer.post(f"{KEYWORDS}add/", {"word": word, "meaning": meaning})

    def test_a_word_is_kept_as_messages_are_compared_with_it(self, officer: Client) -> None:
        self.add(officer, "  Pöbel-Alarm! ")
        kept = Keyword.objects.get()
        assert (kept.word, kept.created_by) == ("pöbel alarm", factories.user("ola"))

    @pytest.mark.parametrize(
        ("word", "meaning"), [("STOP", "opt_in"), ("Basta!", "help"), ("yes", "opt_in"), ("HELP", "opt_out")]
    )
    def test_what_is_known_is_not_given_another_meaning(self, officer: Client, word: str, meaning: str) -> None:
        answer = self.add(officer, word, meaning)
        assert "known already" in str(answer.context["adminform"].form.errors)
        assert not Keyword.objects.exists()

    def test_a_doubt_may_be_settled_against_us_and_not_otherwise(self, officer: Client) -> None:
        assert self.add(officer, "enough", "opt_in").status_code == 200
        assert self.add(officer, "enough").status_code == 302

    @pytest.mark.parametrize("word", ["call +1 202 555 0100", "12025550100", "!!!", ""])
    def test_a_number_or_nothing_is_no_word(self, officer: Client, word: str) -> None:
        answer = self.add(officer, word)
        assert "word" in answer.context["adminform"].form.errors
        assert not Keyword.objects.exists()

    def test_a_word_stands_there_once_however_it_is_typed(self, officer: Client) -> None:
        self.add(officer, "genug davon")
        assert self.add(officer, "GENUG, davon").status_code == 200
        assert Keyword.objects.count() == 1


def test_the_lists_of_what_was_sent_and_asked_show_masked_numbers(officer: Client) -> None:
    point = factories.point(NUMBER)
    capturing.outgoing(point.line, challenge=capturing.challenge(point))
    for model in ("outgoingmessage", "challenge"):
        page = officer.get(f"/admin/consent/{model}/").content.decode()
        assert "0187" in page
        assert "2025550187" not in page
