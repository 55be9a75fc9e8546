"""Twilio's documented contract, spoken by its own SDK to a server on this machine."""

import base64
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest
from twilio.http.http_client import TwilioHttpClient

from consent.gateways import NotSent, OptedOut, Unsure
from consent.gateways.twilio import Twilio

SID = "AC" + "0" * 32
TO = "+12025550123"


class ToThisMachine(TwilioHttpClient):
    """The SDK's own client, which finds Twilio at another address."""

    def __init__(self, port: int, timeout: float = 2) -> None:
        super().__init__(timeout=timeout)
        self.port = port

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        assert parts.netloc == "api.twilio.com"
        there = urlunsplit(("http", f"127.0.0.1:{self.port}", parts.path, parts.query, ""))
        return super().request(method, there, *args, **kwargs)


@contextmanager
def answering(status: int, body: dict[str, Any] | None) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Run a server that answers so; without a body it hangs up. Yields its port and the requests that it gets."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            got.append({"path": self.path, "form": form, "authorization": self.headers["Authorization"]})
            if body is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def _account(settings) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = SID, "token", "+12025550100"


def test_a_message_is_posted_as_documented(settings) -> None:
    with answering(201, {"sid": "SM1", "status": "queued"}) as (port, got):
        assert Twilio(ToThisMachine(port)).send(to=TO, body="hello") == "SM1"
    (request,) = got
    assert request["path"] == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert request["form"] == {"To": [TO], "From": ["+12025550100"], "Body": ["hello"]}
    assert request["authorization"] == "Basic " + base64.b64encode(f"{SID}:token".encode()).decode()


def test_a_messaging_service_may_be_the_sender(settings) -> None:
    settings.TWILIO_FROM = "MG" + "0" * 32
    with answering(201, {"sid": "SM1"}) as (port, got):
        Twilio(ToThisMachine(port)).send(to=TO, body="hello")
    assert got[0]["form"]["MessagingServiceSid"] == [settings.TWILIO_FROM]
    assert "From" not in got[0]["form"]


@pytest.mark.parametrize(
    ("status", "code", "expected", "again"),
    [
        (400, 21610, OptedOut, False),
        (400, 21211, NotSent, False),
        (401, 20003, NotSent, False),
        (429, 20429, NotSent, True),
        (500, 20500, Unsure, None),
        (503, 20503, Unsure, None),
    ],
)
def test_each_refusal_means_something(status, code, expected, again) -> None:
    refusal = {"code": code, "message": f"The number {TO} is not to be had", "status": status}
    with answering(status, refusal) as (port, _got), pytest.raises((NotSent, Unsure)) as caught:
        Twilio(ToThisMachine(port)).send(to=TO, body="hello")
    assert type(caught.value) is expected
    assert str(caught.value) == str(code)
    assert getattr(caught.value, "again", None) is again
    assert caught.value.__suppress_context__


def test_a_connection_that_breaks_leaves_it_open_whether_it_was_sent() -> None:
    with answering(0, None) as (port, got), pytest.raises(Unsure):
        Twilio(ToThisMachine(port)).send(to=TO, body="hello")
    assert len(got) == 1


def test_nothing_of_it_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), answering(201, {"sid": "SM1"}) as (port, _got):
        Twilio(ToThisMachine(port)).send(to=TO, body="hello")
    assert TO not in caplog.text
    assert "2025550123" not in caplog.text
