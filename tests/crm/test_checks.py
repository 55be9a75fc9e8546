"""What the system checks say of settings and of the database, and when they say nothing."""

from typing import Any

import pytest
from django.core import checks
from django.db import connection

from crm import checks as ours
from tests.raw import POSTGRES, execute

KEY = "k1:" + "0f" * 32


def ids(messages: list[checks.CheckMessage]) -> list[str]:
    return [str(message.id) for message in messages]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param([KEY], [], id="one key"),
        pytest.param([KEY, "k2:" + "ab" * 40], [], id="an older and longer key behind it"),
        pytest.param([f" {KEY}"], [], id="a blank before it"),
        pytest.param([KEY.replace("0f", "0F")], [], id="upper case"),
        pytest.param([], ["crm.E001"], id="none"),
        pytest.param(["0f" * 32], ["crm.E002"], id="no id"),
        pytest.param([":" + "0f" * 32], ["crm.E002"], id="an empty id"),
        pytest.param(["i" * 17 + ":" + "0f" * 32], ["crm.E002"], id="an id that no column holds"),
        pytest.param(["k1:"], ["crm.E002"], id="an empty key"),
        pytest.param(["k1:" + "0f" * 31], ["crm.E002"], id="too short a key"),
        pytest.param(["k1:" + "0f" * 32 + "0"], ["crm.E002"], id="half a byte"),
        pytest.param(["k1:" + "0g" * 32], ["crm.E002"], id="not hexadecimal"),
        pytest.param([KEY, KEY], ["crm.E002"], id="the same id twice"),
        pytest.param([KEY, " k1 :" + "ab" * 32], ["crm.E002"], id="the same id twice but for blanks"),
    ],
)
def test_the_fingerprint_keys_are_checked(settings: Any, keys: list[str], expected: list[str]) -> None:
    settings.FINGERPRINT_KEYS = keys
    assert ids(ours.check_fingerprint_keys()) == expected


def test_a_key_is_not_told_by_the_check(settings: Any) -> None:
    settings.FINGERPRINT_KEYS = ["k1:" + "5e" * 31]
    [message] = ours.check_fingerprint_keys()
    assert "5e5e" not in f"{message.msg} {message.hint}"


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        pytest.param("s" * 50, [], id="a key of its own"),
        pytest.param("", ["crm.E003"], id="none"),
        pytest.param("0f" * 32, ["crm.E004"], id="the fingerprint key"),
        pytest.param(KEY, ["crm.E004"], id="the fingerprint key with its id"),
        pytest.param("0f" * 25, ["crm.E004"], id="a part of the fingerprint key"),
    ],
)
def test_the_secret_key_is_checked(settings: Any, secret: str, expected: list[str]) -> None:
    settings.FINGERPRINT_KEYS = [KEY]
    settings.SECRET_KEY = secret
    assert ids(ours.check_secret_key()) == expected


SIZES = [
    "IMPORT_CHUNK_ROWS",
    "IMPORT_MAX_BYTES",
    "IMPORT_MAX_ROWS",
    "IMPORT_MAX_COLUMNS",
    "IMPORT_MAX_CELL",
    "IMPORT_MAX_UNPACKED_BYTES",
    "IMPORT_MAX_RATIO",
    "IMPORT_MEMORY_BYTES",
    "IMPORT_STALL_SECONDS",
    "PURGE_CHUNK_POINTS",
    "PURGE_LEASE_SECONDS",
    "STAGED_HOURS",
]


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize(("value", "expected"), [(1, []), (0, ["crm.E005"]), (-1, ["crm.E005"])])
def test_sizes_must_be_positive(settings: Any, name: str, value: int, expected: list[str]) -> None:
    setattr(settings, name, value)
    found = ours.check_sizes()
    assert ids(found) == expected
    assert all(name in message.msg for message in found)


@pytest.mark.parametrize(("seconds", "expected"), [(1800, []), (1801, ["crm.E013"])])
def test_a_lease_is_shorter_than_what_is_taken_for_a_wrong_clock(
    settings: Any, seconds: int, expected: list[str]
) -> None:
    settings.PURGE_LEASE_SECONDS = seconds
    assert ids(ours.check_lease()) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("filesystem://", ["crm.W001"], id="embedded"),
        pytest.param("redis://localhost/0", [], id="Redis"),
        pytest.param("amqp://localhost", [], id="RabbitMQ"),
    ],
)
def test_the_embedded_broker_is_warned_of_in_production(settings: Any, url: str, expected: list[str]) -> None:
    settings.CELERY_BROKER_URL = url
    found = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
    assert [id for id in ids(found) if id.startswith("crm.")] == expected
    assert "crm.W001" not in ids(checks.run_checks())


@pytest.mark.django_db
@pytest.mark.skipif(POSTGRES, reason="SQLite only")
def test_sqlite_must_overwrite_what_it_deletes() -> None:
    assert ids(ours.check_residue(databases=["default"])) == []
    execute("PRAGMA secure_delete = OFF")
    try:
        assert ids(ours.check_residue(databases=["default"])) == ["crm.E011"]
    finally:
        execute("PRAGMA secure_delete = ON")


@pytest.mark.django_db
@pytest.mark.skipif(POSTGRES, reason="SQLite only")
def test_sqlite_that_only_mostly_overwrites_is_refused() -> None:
    execute("PRAGMA secure_delete = FAST")
    try:
        assert ids(ours.check_residue(databases=["default"])) == ["crm.E011"]
    finally:
        execute("PRAGMA secure_delete = ON")


@pytest.mark.django_db
@pytest.mark.skipif(not POSTGRES, reason="PostgreSQL only")
@pytest.mark.parametrize("target", [-1, 1, 100])
def test_postgresql_must_keep_no_statistics_of_numbers(target: int) -> None:
    assert ids(ours.check_residue(databases=["default"])) == []
    execute(f"ALTER TABLE crm_phonenumber ALTER COLUMN number SET STATISTICS {target}")
    assert ids(ours.check_residue(databases=["default"])) == ["crm.E012"]


@pytest.mark.django_db
@pytest.mark.skipif(not POSTGRES, reason="PostgreSQL only")
def test_before_the_first_migrate_there_is_nothing_to_check() -> None:
    execute("ALTER TABLE crm_phonenumber RENAME TO elsewhere")
    assert ids(ours.check_residue(databases=["default"])) == []


@pytest.mark.parametrize("databases", [None, []])
def test_without_a_database_the_checks_of_the_database_say_nothing(databases: list[str] | None) -> None:
    assert ours.check_residue(databases=databases) == []
    assert ours.check_triggers(databases=databases) == []


@pytest.mark.django_db
def test_the_project_as_it_stands_passes_every_check() -> None:
    assert ids(checks.run_checks(databases=[connection.alias])) == []


@pytest.mark.parametrize(
    ("minutes", "kinds", "expected"),
    [
        pytest.param(10, [], [], id="as shipped"),
        pytest.param(10, ["erase", "export"], [], id="two kinds"),
        pytest.param(0, [], ["crm.E014"], id="never fresh"),
        pytest.param(61, [], ["crm.E014"], id="fresh for too long"),
        pytest.param(10, ["erase", "approve_run"], ["crm.E015"], id="a run has its own approval"),
        pytest.param(10, ["erasure"], ["crm.E015"], id="no such act"),
    ],
)
def test_second_factors_and_persons_are_checked(
    settings: Any, minutes: int, kinds: list[str], expected: list[str]
) -> None:
    settings.SECOND_FACTOR_MINUTES, settings.SECOND_PERSON = minutes, kinds
    assert ids(ours.check_second_factor()) == expected


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        pytest.param("db.DatabaseCache", [], id="a table"),
        pytest.param("redis.RedisCache", [], id="Redis"),
        pytest.param("locmem.LocMemCache", ["crm.E016"], id="the memory of one process"),
        pytest.param("dummy.DummyCache", ["crm.E016"], id="none"),
    ],
)
def test_the_cache_is_one_for_all_processes(settings: Any, backend: str, expected: list[str]) -> None:
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    assert ids(ours.check_cache()) == expected
