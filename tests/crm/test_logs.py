"""No number leaves in a log line, and a log stays readable."""

import io
import logging
import re
import secrets
from collections.abc import Iterator
from logging.config import dictConfig
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from crm import phones
from crm.logs import MaskingFormatter, MaskNumbers, mask_text
from tests import factories

NUMBER = "+12025550123"
# Not "555" alone: a time may hold that.
SPELLED = re.compile(r"555\D?0123")


@pytest.mark.parametrize(
    "spelling",
    [
        *phones.spellings(NUMBER),
        *phones.spellings("+442079460123"),
        *phones.spellings("+493023125042"),
        "0044 (0)20 7946 0123",
        "2025-55-0123",
        "202\u00a0555\u20110123",
        "%2B442079460123",
        "020%207946%200123",
        "020+7946+0123",
        "%28202%29+555-0123",
        "01.23.45.67.89",
    ],
)
@pytest.mark.parametrize(
    "frame",
    [
        "{}",
        "{}: not valid",
        "phone:{}",
        "tel:{}",
        "number={}",
        "Key (number)=({}) already exists.",
        "['{}']",
        "x{}y",
        "{}x12",
        "{},{}",
        "q={}&p=2",
        "{}.",
        "12:30 {}",
        "2026-03-02 {}",
        "10.0.0.1 {}",
        "took 0.5s for {}",
        '"GET / HTTP/1.1" {}',
    ],
)
def test_a_number_is_masked(spelling: str, frame: str) -> None:
    masked = mask_text(frame.replace("{}", spelling))
    assert "[number]" in masked
    assert not any(tail in masked for tail in ("0123", "5042", "67.89", "12025"))


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-02",
        "on 2026-03-02, at noon",
        "2026-03-02 12:34:56,789 INFO consent started",
        "until 2026-03-02T12:34:56.123456+00:00 it runs",
        "at 2026-03-02T12:34:56Z",
        "[02/Mar/2026 12:34:56]",
        "02/03/2026 or 02.03.2026",
        "[2026-03-02 12:34:56 +0000] [12345] [INFO] Booting worker with pid: 12345",
        "purge run 123456",
        "contact 42, point 4711, line 123456",
        "/admin/crm/contact/123456/change/",
        "from 192.168.100.200, port 8000",
        "Listening at: http://127.0.0.1:8000 (12345)",
        "2001:db8::8a2e:370:7334",
        "Task consent.tasks.purge[6f1dc3b4-0123-4567-8901-234567890123] succeeded in 0.0123456789s: None",
        "took 0:00:01.234567",
        "took 12.3456789 seconds",
        "ratio 0.98765432",
        "digest " + "0123456789abcdef" * 4,
        "<Thing object at 0x7f0123456789>",
        '"GET /admin/ HTTP/1.1" 200 123456',
        "created 1200, updated 300, unchanged 12",
        "Django 5.2.8, Python 3.11.7, SQLite 3.40.1",
        "localhost:5432",
    ],
)
def test_what_is_no_number_stays_readable(line: str) -> None:
    assert mask_text(line) == line


@pytest.mark.parametrize(
    "line", ["GET /p/{id}/ HTTP/1.1", "/p/{id}/one-click/", "/x/?challenge={id}&lang=en", "/p/{id}"]
)
def test_the_id_of_a_link_is_masked(line: str) -> None:
    link = secrets.token_urlsafe(32)
    assert mask_text(line.format(id=link)) == line.format(id="[link]")


@pytest.mark.parametrize("line", ["/static/" + "a" * 42 + "/", "/static/" + "a" * 44, "word " + "a" * 43])
def test_what_is_no_id_of_a_link_stays_readable(line: str) -> None:
    assert mask_text(line) == line


@pytest.fixture
def log(settings: Any) -> Iterator[io.StringIO]:
    """A stream that is written to as the project's own settings say."""
    stream = io.StringIO()
    line = {**settings.LOGGING["handlers"]["console"], "stream": stream}
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "incremental": False,
            "filters": settings.LOGGING["filters"],
            "formatters": settings.LOGGING["formatters"],
            "handlers": {"test": line},
            "loggers": {"test.numbers": {"handlers": ["test"], "level": "DEBUG", "propagate": False}},
        }
    )
    yield stream
    logging.getLogger("test.numbers").handlers.clear()


logger = logging.getLogger("test.numbers")


@pytest.mark.parametrize(
    "args",
    [
        pytest.param((f"stored {NUMBER}",), id="message"),
        pytest.param(("stored %s", NUMBER), id="argument"),
        pytest.param(("stored %d", 12025550123), id="integer argument"),
        pytest.param(("stored %(a)s", {"a": [NUMBER]}), id="mapping"),
        pytest.param(("stored %s %s", "202", "555-0123"), id="in two arguments"),
        pytest.param(("stored", NUMBER), id="an argument too many"),
        pytest.param(("stored %d", NUMBER), id="an argument of the wrong kind"),
        pytest.param(("stored %(b)s", {"a": NUMBER}), id="a mapping without the key"),
        pytest.param((DatabaseError(f"Key (number)=({NUMBER})"),), id="an exception as message"),
    ],
)
def test_a_line_of_the_project_holds_no_number(log: io.StringIO, args: tuple[Any, ...]) -> None:
    logger.info(*args)
    assert log.getvalue().count("\n") == 1
    assert " INFO test.numbers " in log.getvalue()
    assert not SPELLED.search(log.getvalue())


def test_a_line_begins_with_a_readable_time(log: io.StringIO) -> None:
    logger.info("x")
    assert log.getvalue()[:2] == "20"
    assert "[number]" not in log.getvalue()


def test_a_traceback_holds_no_number_and_neither_do_its_causes(log: io.StringIO) -> None:
    try:
        try:
            raise ValueError(f"bad {NUMBER}")
        except ValueError as error:
            raise RuntimeError("202-555-0123 failed") from error
    except RuntimeError:
        logger.exception("no luck")
    text = log.getvalue()
    assert "ValueError: bad [number]" in text
    assert "RuntimeError: [number] failed" in text
    assert "test_logs.py" in text


def test_a_traceback_that_another_handler_rendered_first_is_masked(log: io.StringIO) -> None:
    other = logging.StreamHandler(io.StringIO())
    logger.handlers.insert(0, other)
    try:
        raise ValueError(f"bad {NUMBER}")
    except ValueError:
        logger.exception("no luck")
    assert "bad [number]" in log.getvalue()
    assert not SPELLED.search(log.getvalue())


@pytest.mark.django_db
def test_what_the_database_says_of_a_clash_is_masked(log: io.StringIO) -> None:
    line = factories.point(NUMBER).line
    assert line is not None
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE clash (number varchar(20) UNIQUE)")
        cursor.execute("INSERT INTO clash VALUES (%s)", [NUMBER])
        try:
            with transaction.atomic():
                cursor.execute("INSERT INTO clash VALUES (%s)", [NUMBER])
        except DatabaseError:
            logger.exception("clash")
    assert "clash" in log.getvalue()
    assert not SPELLED.search(log.getvalue())


def test_every_handler_of_the_project_masks(settings: Any) -> None:
    for handler in settings.LOGGING["handlers"].values():
        assert handler["filters"] == ["mask_numbers"]
        assert settings.LOGGING["formatters"][handler["formatter"]]["()"] == "crm.logs.MaskingFormatter"
    assert settings.LOGGING["filters"]["mask_numbers"]["()"] == "crm.logs.MaskNumbers"
    assert issubclass(MaskingFormatter, logging.Formatter)
    assert issubclass(MaskNumbers, logging.Filter)
