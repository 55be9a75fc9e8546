"""The demo does what the README says, on a machine that has never seen it, and again without harm."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.processes import ROOT

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="the demo brings its own SQLite")


def demo(folder: Path) -> str:
    """Run the demo without serving, on a folder of its own, and return what it printed."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "COVERAGE_PROCESS_CONFIG") if name in os.environ},
        "SECRET_KEY": "only-for-this-test-0123456789abcdef0123456789abcdef",
        "FINGERPRINT_KEYS": "demo:" + "6b" * 32,
        "DATA_DIR": str(folder),
        "ALLOWED_HOSTS": "localhost",
        "HTTPS": "off",
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "demo", "--once"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_imports_purges_and_finds_no_trace_and_a_second_time_finds_nothing_to_do(tmp_path):
    first = demo(tmp_path)
    assert "71 created, 4 rejected" in first
    assert "until a second person, compliance-officer, approves it" in first
    assert "Withdrawn: gone the next night" in first
    assert "searched for everywhere: none" in first

    second = demo(tmp_path)
    assert "Nothing was due" in second
    assert "created" not in second
