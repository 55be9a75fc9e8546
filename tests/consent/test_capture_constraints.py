"""What the database refuses of capture, whoever asks: every constraint of keys, challenges, messages and requests."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from consent.models import Challenge, SubjectRequest
from tests import capturing
from tests.factories import NOON
from tests.raw import POSTGRES, Attempt, Attempts, copy, update

pytestmark = pytest.mark.django_db

# Tried here or in test_constraints.py, which sees that none is left out.
attempts = Attempts("consent")
EARLIER = NOON - timedelta(days=1)


def new_uid() -> object:
    return uuid.uuid4() if POSTGRES else uuid.uuid4().hex


def closed() -> Challenge:
    return capturing.challenge(closed_at=NOON, outcome="expired", token_digest=None)


def closed_request() -> SubjectRequest:
    return capturing.subject_request(state="done", closed_at=NOON)


@attempts.at("consent_collectionpoint.slug")
def _() -> None:
    copy(capturing.collection_point())


@attempts.each("collection_point_kind_is_known", ["staff", "rumour"])
def _(kind: str) -> None:
    update(capturing.collection_point(), kind=kind)


@attempts.at("collection_point_keyword_is_of_a_text")
def _() -> None:
    update(capturing.collection_point(), join_keyword="JOIN")


@attempts.at("collection_point_keyword_once")
def _() -> None:
    copy(capturing.collection_point(kind="sms", join_keyword="JOIN"), slug="other")


@attempts.at("consent_collectionpoint_history_has_an_author")
def _() -> None:
    update(capturing.collection_point().history.get(), history_actor="")


@attempts.at("consent_apikey.prefix")
def _() -> None:
    copy(capturing.api_key())


@attempts.each("api_key_has_a_digest", ["digest", "prefix"])
def _(column: str) -> None:
    update(capturing.api_key(), **{column: ""})


@attempts.at("api_key_expires")
def _() -> None:
    update(capturing.api_key(), expires_at=EARLIER)


@attempts.at("api_key_allows_something")
def _() -> None:
    update(capturing.api_key(), per_minute=0)


@attempts.at("idempotency_once_per_key")
def _() -> None:
    copy(capturing.idempotency_record(), request_digest="9" * 64)


@attempts.at("consent_keyword.word")
def _() -> None:
    copy(capturing.keyword())


@attempts.at("keyword_says_something")
def _() -> None:
    update(capturing.keyword(), word="")


@attempts.each("keyword_meaning_is_known", ["needs_review", "other", ""])
def _(meaning: str) -> None:
    update(capturing.keyword(), meaning=meaning)


@attempts.at("consent_challenge.uid")
def _() -> None:
    copy(closed())


@attempts.at("consent_challenge.token_digest")
def _() -> None:
    copy(capturing.challenge(closed_at=NOON, outcome="expired"), uid=new_uid())


@attempts.at("challenge_one_live_a_point")
def _() -> None:
    copy(capturing.challenge(), uid=new_uid(), token_digest="4" * 64)


@attempts.each("challenge_closed_has_an_outcome", [(NOON, ""), (None, "expired")])
def _(case: tuple[object, str]) -> None:
    update(capturing.challenge(), closed_at=case[0], outcome=case[1])


@attempts.at("challenge_expires")
def _() -> None:
    update(capturing.challenge(), expires_at=EARLIER)


@attempts.at("inbound_once_per_provider")
def _() -> None:
    copy(capturing.inbound(), body="")


@attempts.at("inbound_meaning_is_known")
def _() -> None:
    update(capturing.inbound(), meaning="guessed")


@attempts.each("inbound_reviewed_has_a_finding", [("", NOON), ("opt_out", None)])
def _(case: tuple[str, object]) -> None:
    update(capturing.inbound(), state="reviewed", finding=case[0], reviewed_at=case[1])


@attempts.at("inbound_sent_before_received")
def _() -> None:
    update(capturing.inbound(), occurred_at=NOON + timedelta(seconds=1))


@attempts.at("outgoing_state_is_known")
def _() -> None:
    update(capturing.outgoing(), state="lost")


@attempts.at("outgoing_sent_has_a_time")
def _() -> None:
    update(capturing.outgoing(), state="sent")


@attempts.at("outgoing_one_reply")
def _() -> None:
    copy(capturing.outgoing(kind="opted_out", in_reply_to=capturing.inbound()), kind="help")


@attempts.at("consent_preferencetoken.digest")
def _() -> None:
    copy(capturing.preference_token())


@attempts.at("preference_token_expires")
def _() -> None:
    update(capturing.preference_token(), expires_at=EARLIER)


@attempts.at("subject_request_kind_is_known")
def _() -> None:
    update(capturing.subject_request(), kind="wish")


@attempts.each("subject_request_closed_has_a_time", [("done", None), ("refused", None), ("open", NOON), ("lost", NOON)])
def _(case: tuple[str, object]) -> None:
    update(capturing.subject_request(), state=case[0], closed_at=case[1])


@attempts.at("subject_request_one_open")
def _() -> None:
    copy(capturing.subject_request(), came_by="page")


@attempts.at("disclosure_names_a_recipient")
def _() -> None:
    update(capturing.disclosure(), recipient="")


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_row_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_what_the_attempts_start_from_is_accepted() -> None:
    copy(capturing.collection_point(kind="sms", join_keyword="JOIN"), slug="other", join_keyword="HELLO")
    copy(capturing.collection_point("till"), slug="third")
    copy(capturing.api_key(), prefix="other")
    copy(capturing.idempotency_record(), key_digest="9" * 64)
    copy(capturing.keyword(), word="BASTA")
    copy(closed(), uid=new_uid())
    update(capturing.challenge(), closed_at=NOON, outcome="confirmed")
    copy(capturing.inbound(), provider_message_id="other")
    update(capturing.inbound(), state="reviewed", finding="opt_out", reviewed_at=NOON)
    copy(capturing.outgoing())
    update(capturing.outgoing(), state="sent", sent_at=NOON)
    copy(capturing.preference_token(), digest="9" * 64)
    copy(closed_request())
    copy(capturing.subject_request(), kind="erasure")
    copy(capturing.disclosure())
