"""Verifying a number: its owner is asked through it, and nobody who said no."""

from datetime import timedelta

import pytest
from django.utils import timezone

from consent import ledger, optin, verifying
from consent.models import Challenge, OutgoingMessage
from crm.models import PhoneNumber
from tests import factories

pytestmark = pytest.mark.django_db

NUMBER = "+12025550187"


def test_a_yes_by_text_verifies_it_too() -> None:
    point = factories.point(NUMBER)
    now = timezone.now()
    verifying.verify(point=point, at=now)
    line, evidence = PhoneNumber.objects.get(), ledger.Proof(message="YES")
    confirmed = optin.answer_by_reply(line=line, at=now + timedelta(minutes=1), evidence=evidence)
    assert confirmed is not None
    assert (confirmed.entries, confirmed.message_ids) == ((), ())
    assert PhoneNumber.objects.get().verified_at is not None


def test_it_is_asked_in_the_language_of_the_contact_where_we_speak_it() -> None:
    for language, asked in (("de", "de"), ("sv", "en"), ("", "en")):
        point = factories.point(given_name="Ann", language=language)
        verifying.verify(point=point, at=timezone.now())
        assert OutgoingMessage.objects.latest("pk").language == asked


def test_the_limits_of_asking_hold_and_the_last_code_stays_good(settings) -> None:
    settings.CHALLENGES_PER_LINE_HOUR = 1
    point, now = factories.point(NUMBER), timezone.now()
    verifying.verify(point=point, at=now)
    with pytest.raises(verifying.MayNotBeAsked):
        verifying.verify(point=point, at=now + timedelta(minutes=1))
    assert Challenge.objects.get().closed_at is None


def test_who_is_known_from_a_third_party_alone_is_not_asked() -> None:
    bought = factories.point(NUMBER, of=factories.source("lists", kind="third_party"))
    with pytest.raises(verifying.MayNotBeAsked):
        verifying.verify(point=bought, at=timezone.now())
