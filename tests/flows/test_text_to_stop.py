"""A STOP reaches us over real HTTP: through a kill between storing and replying, and with the broker down."""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.utils import timezone

from consent import messages
from consent.models import Consent, ConsentEvent, InboundMessage, OutgoingMessage
from consent.rules.lines import Channel
from crm.models import ContactPoint
from tests import factories, processes

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "a-secret-of-the-provider-that-nobody-guesses"
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def point() -> ContactPoint:
    made = factories.point()
    factories.entry(made)
    factories.entry(made, channel=Channel.CALL)
    return made


def deliver(address: str, point: ContactPoint, *, message_id: str = "m1") -> int:
    """Deliver a STOP as a provider does, and return the status of the answer. Raises OSError where there is none."""
    body = json.dumps({"message_id": message_id, "from": point.line.e164, "text": "STOP"}).encode()
    sent = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), sent.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Ringfence-Timestamp": sent, "X-Ringfence-Signature": signature, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/hooks/text/acme/", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)


def everything_was_done_once() -> bool:
    return (
        InboundMessage.objects.count() == 1
        and ConsentEvent.objects.filter(act="withdrawn").count() == 2
        and {consent.status for consent in Consent.objects.all()} == {"withdrawn"}
        and OutgoingMessage.objects.count() == 1
    )


def test_a_kill_between_storing_and_replying_loses_nothing_and_doubles_nothing(point, tmp_path: Path) -> None:
    fuse = tmp_path / "fuse"
    fuse.touch()
    more = {"WEBHOOK_SECRETS": f"acme:{SECRET}", "DYING": str(fuse), "BROKER_URL": NOWHERE}
    with processes.server("tests.flows.dying_wsgi:application", **more) as address, pytest.raises(OSError, match=r"."):
        deliver(address, point)
    assert not fuse.exists(), "the kill must come"
    assert everything_was_done_once()

    with processes.server(**more) as address:
        # The provider had no answer, and delivers it again.
        assert [deliver(address, point) for _ in range(2)] == [200, 200]
    assert everything_was_done_once()

    sent = [messages.send(pk, at=timezone.now()) for pk in messages.left(at=timezone.now())]
    assert sent == ["sent"]


def test_with_the_broker_down_a_stop_is_stored_and_its_confirmation_waits(point) -> None:
    with processes.server(WEBHOOK_SECRETS=f"acme:{SECRET}", BROKER_URL=NOWHERE) as address:
        assert deliver(address, point) == 200
    assert everything_was_done_once()
    assert OutgoingMessage.objects.get().state == "pending"


def test_what_is_not_signed_is_not_heard(point) -> None:
    with (
        processes.server(WEBHOOK_SECRETS=f"acme:{'x' * 40}") as address,
        pytest.raises(urllib.error.HTTPError) as caught,
    ):
        deliver(address, point)
    with caught.value as answer:
        assert answer.code == 403
    assert not InboundMessage.objects.exists()


def test_a_worker_sends_what_waits_once(point, broker_url) -> None:
    with processes.worker(broker_url):
        with processes.server(WEBHOOK_SECRETS=f"acme:{SECRET}", BROKER_URL=broker_url) as address:
            assert deliver(address, point) == 200
        processes.eventually(lambda: OutgoingMessage.objects.get().state == "sent")
    assert OutgoingMessage.objects.get().gateway == "console"
