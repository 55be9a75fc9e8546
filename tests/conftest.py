"""What all tests share: numbers of their own, and databases that can be emptied between tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, TransactionTestCase

from consent.models.triggers import TRIGGERS as CONSENT_TRIGGERS
from crm import triggers
from crm.imports import child
from crm.models.triggers import TRIGGERS as CRM_TRIGGERS
from tests import signing_in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that at the end no worker waits for another."""
    items.sort(key=lambda item: item.path.parent.name != "flows" and item.path.name != "test_schemathesis.py")


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_triggers() -> Iterator[None]:
    """Let a transactional test's database be emptied: the ledger refuses that, so its triggers step aside.

    The flush sends post_migrate, which puts them back.
    """
    case: Any = TransactionTestCase
    teardown = case._fixture_teardown

    def without_triggers(self: TransactionTestCase) -> None:
        triggers.remove([*CRM_TRIGGERS, *CONSENT_TRIGGERS])
        teardown(self)

    case._fixture_teardown = without_triggers
    yield
    case._fixture_teardown = teardown


@contextmanager
def _here(job: str, **arguments: Any) -> Iterator[Iterator[Any]]:
    """Run a job of an import in this process."""
    module, _colon, function = job.partition(":")
    yield getattr(import_module(module), function)(**arguments)


@pytest.fixture(autouse=True)
def _jobs_run_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare most tests the half second in which a child process starts; those of the child, and workers, start it."""
    monkeypatch.setattr(child, "running", _here)


@pytest.fixture(autouse=True)
def _proof_of_its_own(settings: Any, tmp_path: Path) -> None:
    """Give each test a journal and seals: what was rolled back must not be missed by the next one."""
    settings.JOURNAL_PATH = tmp_path / "proof" / "erasures.jsonl"
    settings.SEALS_PATH = tmp_path / "proof" / "seals.jsonl"


@pytest.fixture(autouse=True)
def _signed_in_with_a_fresh_second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever is signed in by force have shown a second factor just now; tests of the gate forget it again."""
    plain = Client.force_login

    def with_factor(self: Client, user: Any, backend: str | None = None) -> None:
        plain(self, user, backend)
        signing_in.show_factor(self, user)

    monkeypatch.setattr(Client, "force_login", with_factor)
