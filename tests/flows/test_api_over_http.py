"""The API over HTTP: lists are streamed, withdrawals outlive the broker, a kill before the answer costs nothing."""

import json
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from consent import places
from consent.models import ConsentEvent, Suppression
from tests import factories, processes

pytestmark = pytest.mark.django_db(transaction=True)

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def key() -> str:
    now = timezone.now()
    how: dict[str, Any] = {"name": "flow", "expires_at": now + timedelta(days=1), "created_by": None, "at": now}
    place = factories.place("app", kind="mobile_app", asks=[factories.purpose()])
    _key, text = places.issue_key(place=place, scopes=["capture", "withdraw", "permission"], **how)
    return text


def post(address: str, path: str, body: bytes, key: str, **headers: str) -> tuple[bytes, dict[str, str]]:
    """Post to the API and return the body and the headers of the answer. Raises OSError where there is none."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"} | headers
    request = urllib.request.Request(f"{address}/api/v1/{path}", body, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read(), dict(answer.headers)


def capture(number: str) -> bytes:
    choice = {"purpose": "news", "channel": "sms", "notice_version": 1, "given": True}
    return json.dumps({"number": number, "language": "en", "choices": [choice], "evidence": {"shown": "?"}}).encode()


def test_a_kill_between_storing_and_replying_doubles_nothing(key: str, tmp_path: Path) -> None:
    fuse = tmp_path / "fuse"
    fuse.touch()
    more = {"DYING": str(fuse), "BROKER_URL": NOWHERE}
    said, again = capture(factories.number()), {"Idempotency-Key": "order-1"}
    with processes.server("tests.flows.dying_wsgi:application", **more) as address, pytest.raises(OSError, match=r"."):
        post(address, "captures", said, key, **again)
    assert not fuse.exists(), "the kill must come"
    with processes.server(**more) as address:
        _body, headers = post(address, "captures", said, key, **again)
    assert headers["Idempotent-Replayed"] == "true"
    assert ConsentEvent.objects.count() == 1


def test_a_long_list_is_streamed_and_a_withdrawal_outlives_the_broker(key: str) -> None:
    number = factories.number()
    factories.entry(factories.point(number))
    numbers = [number, *(f"+1202555{index:04}" for index in range(1000, 4000))]
    body = "".join(f"{json.dumps(each)}\n" for each in numbers).encode()
    with processes.server(BROKER_URL=NOWHERE) as address:
        post(address, "withdrawals", json.dumps({"number": number}).encode(), key)
        path = "permissions/bulk?purpose=news&channel=sms"
        answer, headers = post(address, path, body, key, **{"Content-Type": "application/x-ndjson"})
    rows = [json.loads(line) for line in answer.splitlines()]
    assert [row["line"] for row in rows] == list(range(1, len(numbers) + 1))
    assert (rows[0]["reason"], rows[1]["reason"]) == ("suppressed", "unknown_number")
    assert "Content-Length" not in headers
    assert Suppression.objects.count() == 1
