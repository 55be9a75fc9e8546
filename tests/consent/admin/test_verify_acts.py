"""Verifying a number by hand: a code goes out, and comes back by text or by word of mouth."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from consent import challenges, suppression, tasks
from consent.models import Challenge, Consent, OutgoingMessage, Suppression
from consent.rules.states import Act
from crm.models import PhoneNumber
from tests import factories

pytestmark = pytest.mark.django_db

NUMBER = "+12025550187"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The messages that were handed over to be sent."""
    ids: list[int] = []
    monkeypatch.setattr(tasks, "send_soon", ids.extend)
    return ids


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(factories.user("ed", role="Editor"))
    return client


def post(editor: Client, point: Any, act: str, **data: Any) -> Any:
    return editor.post(f"/admin/crm/contact/{point.contact_id}/{act}/", {"point": point.pk} | data)


def code() -> str:
    """Return the code of the challenge that was made last."""
    return challenges.code_of(Challenge.objects.latest("pk"))


def test_a_code_goes_to_the_number_and_verifies_it_when_it_is_told(editor: Client, sent: list[int]) -> None:
    point = factories.point(NUMBER)
    assert post(editor, point, "verify-number").status_code == 302
    message = OutgoingMessage.objects.get()
    assert (message.kind, message.pk, PhoneNumber.objects.get().verified_at) == ("verify", sent[0], None)
    answer = post(editor, point, "enter-code", code=code())
    assert "is verified" in " ".join(str(each) for each in get_messages(answer.wsgi_request))
    assert PhoneNumber.objects.get().verified_at is not None
    assert Challenge.objects.get().outcome == "confirmed"
    # Nothing was agreed to, so nothing is said of it.
    assert OutgoingMessage.objects.count() == 1


def test_consent_that_waits_is_confirmed_by_the_same_code(editor: Client) -> None:
    point = factories.point(NUMBER)
    factories.entry(point, Act.GIVEN, of=factories.purpose(needs_confirmation=True))
    post(editor, point, "verify-number")
    assert OutgoingMessage.objects.get().kind == "code"
    post(editor, point, "enter-code", code=code())
    consent = Consent.objects.get()
    assert (consent.status, consent.last_entry.method, consent.last_entry.act) == ("given", "staff", "confirmed")


def test_a_wrong_code_verifies_nothing_and_after_five_none_is_right(editor: Client) -> None:
    point = factories.point(NUMBER)
    post(editor, point, "verify-number")
    right = code()
    wrong = "000000" if right != "000000" else "000001"
    for _try in range(5):
        assert "code" in post(editor, point, "enter-code", code=wrong).context["form"].errors
    assert "code" in post(editor, point, "enter-code", code=right).context["form"].errors
    assert PhoneNumber.objects.get().verified_at is None


def test_who_said_no_gets_no_text(editor: Client, sent: list[int]) -> None:
    point = factories.point(NUMBER)
    line, now = PhoneNumber.objects.get(), timezone.now()
    suppression.suppress(line, extent=Suppression.Extent.CONTACT, since=now, reason="stop", actor=factories.TESTER)
    assert "point" in post(editor, point, "verify-number").context["form"].errors
    assert sent == []


def test_who_is_known_from_a_third_party_alone_gets_no_text(editor: Client, sent: list[int]) -> None:
    point = factories.point(NUMBER, of=factories.source("lists", kind="third_party"))
    assert "point" in post(editor, point, "verify-number").context["form"].errors
    assert sent == []
