"""Webhooks: what is not signed is not heard, and what could not be stored is not answered."""

import hashlib
import hmac
import json
import time
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.utils import timezone
from twilio.request_validator import RequestValidator

from consent import inbound, optin
from consent.models import Consent, InboundMessage, OutgoingMessage, Suppression
from tests import factories

pytestmark = pytest.mark.django_db

TOKEN = "an auth token of thirty-two bytes"
SECRET = "a secret of the other provider, long"
PUBLIC = "https://consent.example.com"
NUMBER = "+12025550188"


@pytest.fixture(autouse=True)
def _configured(settings) -> None:
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.WEBHOOK_SECRETS = [f"acme:{SECRET}", "other:" + "x" * 32]
    settings.PUBLIC_URL = PUBLIC


class TestTwilio:
    ADDRESS = "/hooks/text/twilio/"

    def post(self, *, signature: str | None = None, client: Client | None = None, **said: str) -> Any:
        form = {"MessageSid": "SM1", "From": NUMBER, "To": "+12025550100", "Body": "STOP"} | said
        # Signed as Twilio signs: by its own SDK, over the public address.
        right = RequestValidator(TOKEN).compute_signature(PUBLIC + self.ADDRESS, form)
        client = client or Client()
        return client.post(
            self.ADDRESS, form, headers={"X-Twilio-Signature": right if signature is None else signature}
        )

    def test_a_signed_message_is_taken_in(self) -> None:
        answer = self.post()
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/xml")
        assert Suppression.objects.count() == 1
        message = InboundMessage.objects.get()
        assert (message.provider, message.provider_message_id) == ("twilio", "SM1")

    def test_parameters_that_nobody_has_announced_are_signed_and_left_alone(self) -> None:
        assert self.post(RcsButton="x", Äpfel="ü").status_code == 200

    @pytest.mark.parametrize("signature", ["", "d3Jvbmc=", "ü"])
    def test_without_the_right_signature_nothing_is_heard(self, signature) -> None:
        assert self.post(signature=signature).status_code == 403
        assert not InboundMessage.objects.exists()

    def test_a_changed_body_is_not_the_one_that_was_signed(self) -> None:
        form = {"MessageSid": "SM1", "From": NUMBER, "Body": "hello"}
        signature = RequestValidator(TOKEN).compute_signature(PUBLIC + self.ADDRESS, form)
        answer = Client().post(self.ADDRESS, form | {"Body": "STOP"}, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 403

    def test_without_a_token_it_is_closed(self, settings) -> None:
        settings.TWILIO_AUTH_TOKEN = ""
        assert self.post().status_code == 503

    def test_who_is_held_is_answered_by_a_message_of_ours(self) -> None:
        factories.entry(factories.point(NUMBER))
        answer = self.post()
        assert list(ET.fromstring(answer.content)) == []
        assert OutgoingMessage.objects.get().kind == "opted_out"

    def test_who_is_not_is_answered_by_twilio(self) -> None:
        (reply,) = ET.fromstring(self.post().content)
        assert reply.tag == "Message"
        assert "no more messages" in str(reply.text)

    def test_delivered_again_it_is_answered_with_silence(self) -> None:
        self.post()
        assert list(ET.fromstring(self.post().content)) == []
        assert InboundMessage.objects.count() == 1

    def test_where_twilio_has_answered_we_are_silent(self) -> None:
        factories.entry(factories.point(NUMBER))
        answer = self.post(OptOutType="STOP", Body="Arrêtez tout")
        assert list(ET.fromstring(answer.content)) == []
        assert not OutgoingMessage.objects.exists()
        assert Consent.objects.get().status == "withdrawn"

    @pytest.mark.parametrize("kind", ["START", "HELP"])
    def test_what_we_take_for_a_stop_is_one_whatever_twilio_says(self, kind) -> None:
        factories.entry(factories.point(NUMBER))
        self.post(OptOutType=kind, Body="please stop texting me")
        assert Consent.objects.get().status == "withdrawn"

    def test_a_message_without_an_id_is_refused_by_name(self) -> None:
        answer = self.post(MessageSid="")
        assert (answer.status_code, answer.content) == (400, b"MessageSid is missing")

    def test_who_writes_in_another_app_is_heard_too(self) -> None:
        factories.entry(factories.point(NUMBER))
        self.post(From=f"whatsapp:{NUMBER}")
        assert Consent.objects.get().status == "withdrawn"

    @pytest.mark.parametrize(("kind", "expected"), [("START", "given"), ("HELP", "requested")])
    def test_a_yes_that_twilio_takes_for_a_start_confirms_what_was_asked(self, kind, expected) -> None:
        survey = factories.purpose("survey", needs_confirmation=True)
        point, now = factories.point(NUMBER), timezone.now()
        entry = factories.entry(point, of=survey, at=now)
        optin.ask(point=point, entries=[entry.pk], place=None, language="en", at=now)
        self.post(OptOutType=kind, Body="YES")
        assert Consent.objects.get().status == expected

    @pytest.mark.parametrize("sender", ["72404", "ACME", ""])
    def test_who_is_no_phone_number_has_no_consent_to_take_back(self, sender) -> None:
        assert self.post(From=sender).status_code == 200
        assert not InboundMessage.objects.exists()

    def test_what_cannot_be_stored_is_an_error_that_twilio_sees(self, monkeypatch) -> None:
        def fails(**values: Any) -> None:
            raise OSError("the disk is full")

        monkeypatch.setattr(inbound, "receive", fails)
        assert self.post(client=Client(raise_request_exception=False)).status_code == 500

    def test_nothing_is_got_from_it(self) -> None:
        assert Client().get(self.ADDRESS).status_code == 405


class TestOthers:
    ADDRESS = "/hooks/text/acme/"

    def post(self, said: Any = None, *, at: float | None = None, secret: str = SECRET, **changed: Any) -> Any:
        said = {"message_id": "1", "from": NUMBER, "text": "STOP"} | changed if said is None else said
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        sent = str(int(at if at is not None else time.time()))
        signature = hmac.new(secret.encode(), sent.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"X-Ringfence-Timestamp": sent, "X-Ringfence-Signature": signature}
        return Client().post(self.ADDRESS, body, content_type="application/json", headers=headers)

    def test_a_signed_message_is_taken_in(self) -> None:
        answer = self.post()
        assert answer.status_code == 200
        assert answer.json()["received"] is True
        assert InboundMessage.objects.get().provider == "acme"
        assert Suppression.objects.count() == 1

    @pytest.mark.parametrize("secret", ["x" * 32, "", "wrong"])
    def test_another_secret_opens_nothing(self, secret) -> None:
        assert self.post(secret=secret).status_code == 403
        assert not InboundMessage.objects.exists()

    @pytest.mark.parametrize("age", [301, -301])
    def test_a_signature_of_another_time_is_worth_nothing(self, age) -> None:
        assert self.post(at=time.time() - age).status_code == 403
        assert self.post(at=time.time() - 290).status_code == 200

    @pytest.mark.parametrize("sent", ["", "soon", "1e9", "９" * 10, "-1"])
    def test_a_time_that_is_none_is_refused(self, sent) -> None:
        headers = {"X-Ringfence-Timestamp": sent, "X-Ringfence-Signature": "0" * 64}
        assert Client().post(self.ADDRESS, b"{}", content_type="application/json", headers=headers).status_code == 403

    def test_a_provider_without_a_secret_is_refused(self) -> None:
        assert Client().post("/hooks/text/nobody/", b"{}", content_type="application/json").status_code == 403

    @pytest.mark.parametrize(
        "said",
        [
            b"",
            b"[]",
            b"null",
            b"\xff",
            {"from": NUMBER, "text": "STOP"},
            {"message_id": "1", "text": "STOP"},
            {"message_id": "", "from": NUMBER, "text": "STOP"},
            {"message_id": "1" * 201, "from": NUMBER, "text": "x"},
            {"message_id": "1", "from": NUMBER, "text": "STOP", "sent_at": "2026-03-02T12:00:00"},
        ],
    )
    def test_what_is_no_message_is_refused_and_nothing_of_it_is_repeated(self, said) -> None:
        answer = self.post(said)
        assert answer.status_code == 400
        assert NUMBER.encode() not in answer.content
        assert not InboundMessage.objects.exists()

    @pytest.mark.parametrize("sender", ["12025550188", "+1 (202) 555-0188", "1-202-555-0188"])
    def test_a_sender_may_be_written_otherwise(self, sender) -> None:
        factories.entry(factories.point(NUMBER))
        assert self.post(**{"from": sender}).status_code == 200
        assert Consent.objects.get().status == "withdrawn"

    @pytest.mark.parametrize("text", ["STOP\x00", "STOP \ud800"])
    def test_what_no_database_stores_does_not_keep_a_stop_out(self, text) -> None:
        assert self.post(text=text).status_code == 200
        assert Suppression.objects.count() == 1

    def test_it_counts_from_when_it_was_sent(self) -> None:
        self.post(sent_at="2026-03-02T12:00:00+01:00")
        assert InboundMessage.objects.get().occurred_at.isoformat() == "2026-03-02T11:00:00+00:00"

    def test_the_provider_may_have_understood_and_answered_it(self) -> None:
        factories.entry(factories.point(NUMBER))
        answer = self.post(text="Schluss", opt_out_type="stop", answered=True)
        assert answer.json()["reply"] is None
        assert Consent.objects.get().status == "withdrawn"
        assert not OutgoingMessage.objects.exists()

    def test_a_body_beyond_all_reason_is_refused(self) -> None:
        assert self.post(text="x" * 70_000).status_code == 403
