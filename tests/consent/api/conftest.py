"""What the service writes to its log while a test runs."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from crm.logs import MaskingFormatter


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """Return what the service's own handler writes."""
    (handler,) = [each for each in logging.getLogger().handlers if isinstance(each.formatter, MaskingFormatter)]
    assert isinstance(handler, logging.StreamHandler)
    written = StringIO()
    before = handler.setStream(written)
    yield written
    if before:
        handler.setStream(before)
