"""The gateway of a first run."""

import logging

import pytest

from consent import gateways
from consent.gateways.console import Console


def test_it_shows_the_text_and_masks_the_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        first = Console().send(to="+12025550123", body="hello")
        second = Console().send(to="+12025550123", body="hello")
    assert "hello" in caplog.text
    assert "+1 •••• ••0123" in caplog.text
    assert "2025550123" not in caplog.text
    assert first != second


def test_it_is_the_default_and_delivers_nothing() -> None:
    assert isinstance(gateways.current(), Console)
    assert not gateways.current().delivers


def test_a_gateway_that_is_not_there_is_said_so(settings) -> None:
    settings.GATEWAY = "consent.gateways.pigeon.Pigeon"
    with pytest.raises(ImportError):
        gateways.current()
