"""Schemathesis reads our own document, calls a running server over HTTP by it, and finds nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.consent.api.program import ROOT, Program
from tests.factories import purpose

# What a request says may be well-formed and still be refused: a number that is none, a purpose that is not asked for.
CONFIG = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "409", "422", "429"]
negative_data_rejection.expected-statuses = ["400", "401", "405", "415", "422"]
"""


@pytest.mark.django_db(transaction=True)
def test_it_finds_nothing(live_server: LiveServer, tmp_path: Path) -> None:
    asked = [purpose(), purpose("offers", needs_confirmation=True)]
    program = Program(factories.place(asks=asked), per_minute=1_000_000)
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    found = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml")),
            *("run", f"{live_server.url}{ROOT}/openapi.json", "--checks", "all"),
            *("--header", f"Authorization: Bearer {program.text}"),
            *("--seed", "4", "--max-examples", "3", "--workers", "2", "--generation-database", "none", "--no-color"),
        ],
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.consent.api.ndjson", "PYTHONPATH": os.getcwd()},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "Tested: 8" in found.stdout
