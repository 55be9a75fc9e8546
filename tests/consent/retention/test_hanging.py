"""What hangs on a number when it is erased: it goes with it, or says no more than ids."""

from datetime import timedelta

import pytest

from consent import retention
from consent.models import Challenge, InboundMessage, OutgoingMessage, PreferenceToken
from consent.rules.states import Act
from crm.models import Contact, ContactPoint
from tests import capturing
from tests.factories import NOON, TESTER, contact, entry, number, point, policy

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def erase(person: Contact) -> None:
    retention.erase(person, reason="request", actor=TESTER, at=LATER)


def with_everything(at: ContactPoint) -> None:
    asked = capturing.challenge(at)
    capturing.outgoing(at.line, challenge=asked)
    capturing.inbound(at.line)
    capturing.preference_token(at)
    capturing.subject_request(contact=at.contact, state="done", closed_at=NOON, answer="Sent to Ann.")
    capturing.disclosure(contact=at.contact)


def said() -> set[tuple[str, str, str | None, str, str]]:
    """Return what is left of everything that hangs on people, in one row each."""
    return set(
        Challenge.objects.values_list(
            "outcome",
            "code_digest",
            "token_digest",
            "point__contact__subject_requests__answer",
            "point__contact__disclosures__note",
        )
    )


def test_what_hangs_on_a_number_is_blanked_when_it_is_erased() -> None:
    gone = point()
    with_everything(gone)

    erase(gone.contact)

    assert said() == {("ended", "", None, "", "")}
    assert Challenge.objects.get().closed_at == LATER
    assert InboundMessage.objects.get().body == ""
    waiting = OutgoingMessage.objects.get()
    assert (waiting.state, waiting.reason) == ("refused", "erased")


def test_what_hangs_on_others_stays() -> None:
    gone, other = point(), point()
    with_everything(other)

    erase(gone.contact)

    assert [row[0] for row in said()] == [""]
    assert said() == {("", "3" * 64, Challenge.objects.get().token_digest, "Sent to Ann.", "parcel")}
    assert InboundMessage.objects.get().body
    assert OutgoingMessage.objects.get().state == "pending"


def test_a_preference_link_stays_and_leads_to_the_line() -> None:
    gone = point()
    link = capturing.preference_token(gone)

    erase(gone.contact)

    assert PreferenceToken.objects.values_list("digest", "line").get() == (link.digest, gone.line_id)


def test_a_challenge_that_was_answered_keeps_its_outcome_and_loses_its_digests() -> None:
    gone = point()
    capturing.challenge(gone, closed_at=NOON, outcome="confirmed")

    erase(gone.contact)

    assert Challenge.objects.values_list("outcome", "closed_at", "code_digest", "token_digest").get() == (
        "confirmed",
        NOON,
        "",
        None,
    )


@pytest.mark.parametrize("state", ["sending", "sent", "unknown"])
def test_a_message_that_is_out_stays_as_it_is(state: str) -> None:
    gone = point()
    capturing.outgoing(gone.line, state=state, sent_at=NOON)

    erase(gone.contact)

    assert OutgoingMessage.objects.get().state == state


def test_at_a_number_that_another_shares_only_what_is_the_erased_one_s_goes() -> None:
    shared = number()
    gone, stays = point(shared, given_name="Ann"), point(shared, given_name="Bo")
    asked = capturing.challenge(gone)
    capturing.outgoing(gone.line, challenge=asked)
    capturing.outgoing(stays.line, kind="help")
    capturing.inbound(stays.line)

    erase(gone.contact)

    assert InboundMessage.objects.get().body
    assert set(OutgoingMessage.objects.values_list("kind", "state")) == {("code", "refused"), ("help", "pending")}


def test_a_contact_without_numbers_takes_its_answers_along() -> None:
    person = contact(given_name="Ann")
    asked = capturing.subject_request(contact=person, state="done", closed_at=NOON, answer="Sent to Ann.")
    given = capturing.disclosure(contact=person)

    erase(person)

    asked.refresh_from_db()
    given.refresh_from_db()
    assert (asked.answer, given.note) == ("", "")


def test_a_policy_that_leaves_the_profile_leaves_its_answers_too() -> None:
    gone = point()
    with_everything(gone)
    policy(erases_profile=False)
    entry(gone, Act.WITHDRAWN)

    retention.run(as_of=LATER, actor=TESTER)

    assert said() == {("ended", "", None, "Sent to Ann.", "parcel")}
