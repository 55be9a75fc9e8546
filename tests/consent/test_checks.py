"""A setting that is missing or unsafe is said before anything runs."""

import importlib.util
from typing import Any

import pytest

from consent import checks


def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]


def test_the_default_settings_are_good() -> None:
    assert checks.check_gateway() == checks.check_webhook_secrets() == checks.check_stop_scopes() == []
    assert checks.check_amounts() == checks.check_brake() == []


def test_a_gateway_that_is_not_there_is_named(settings) -> None:
    settings.GATEWAY = "consent.gateways.pigeon.Pigeon"
    assert ids(checks.check_gateway()) == ["consent.E001"]


def test_twilio_needs_its_account_and_its_sender(settings) -> None:
    settings.GATEWAY = "consent.gateways.twilio.Twilio"
    assert ids(checks.check_gateway()) == ["consent.E003"] * 3
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = "AC1", "token", "MG1"
    assert checks.check_gateway() == []


def test_twilio_needs_its_sdk(settings, monkeypatch) -> None:
    settings.GATEWAY = "consent.gateways.twilio.Twilio"
    found = importlib.util.find_spec
    monkeypatch.setattr(checks, "find_spec", lambda name: None if name == "twilio" else found(name))
    assert ids(checks.check_gateway()) == ["consent.E002"]


@pytest.mark.parametrize("entry", ["acme", "acme:short", ":" + "x" * 40])
def test_a_secret_has_a_name_and_is_long(settings, entry) -> None:
    settings.WEBHOOK_SECRETS = ["good:" + "x" * 32]
    assert checks.check_webhook_secrets() == []
    settings.WEBHOOK_SECRETS.append(entry)
    assert ids(checks.check_webhook_secrets()) == ["consent.E004"]


def test_the_schedule_of_stop_is_read(settings) -> None:
    settings.STOP_SCOPES = ["tomorrow:all"]
    assert ids(checks.check_stop_scopes()) == ["consent.E005"]


@pytest.mark.parametrize("name", ["UNANSWERED_DAYS", "PURGE_WORKERS", "CLOCK_JUMP_HOURS", "OVERDUE_HOURS"])
def test_limits_are_positive(settings, name) -> None:
    setattr(settings, name, 0)
    assert ids(checks.check_amounts()) == ["consent.E006"]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("PURGE_BRAKE_PERCENT", [0, 100], [-1, 101]),
        ("PURGE_BRAKE_POINTS", [0, 10**6], [-1]),
        ("NIGHTLY_HOUR", [0, 23], [-1, 24]),
    ],
)
def test_the_brake_and_the_nightly_hour_are_within_their_range(settings, name, good, bad) -> None:
    for value in good + bad:
        setattr(settings, name, value)
        assert ids(checks.check_brake()) == (["consent.E007"] if value in bad else [])


def test_production_has_an_address_with_https(settings) -> None:
    assert ids(checks.check_public_url()) == ["consent.W001"]
    settings.PUBLIC_URL = "https://consent.example.com"
    assert checks.check_public_url() == []


def test_alerts_that_nobody_is_sent_are_named_where_it_counts(settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert ids(checks.check_mail()) == ["consent.W002"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert checks.check_mail() == []


def test_what_bears_witness_stands_elsewhere_than_the_database(settings, tmp_path) -> None:
    settings.JOURNAL_PATH = settings.SEALS_PATH = tmp_path / "elsewhere.jsonl"
    assert checks.check_proof() == []
    settings.JOURNAL_PATH = settings.DATA_DIR / "proof" / "erasures.jsonl"
    assert ids(checks.check_proof()) == ["consent.W003"]


def test_a_proof_is_kept_as_long_as_the_database_keeps_a_fingerprint(settings) -> None:
    settings.PROOF_MONTHS = 36
    assert checks.check_proof_months() == []
    settings.PROOF_MONTHS = 35
    assert ids(checks.check_proof_months()) == ["consent.E022"]
