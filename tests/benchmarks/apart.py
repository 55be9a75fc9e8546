"""Measuring in a process and a database of their own, which go afterwards."""

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from tests.benchmarks.import_bench import empty_database
from tests.suite import ROOT


def measured(job: str, size: int, server: str) -> dict[str, Any]:
    """Run the module `job` of the benchmarks over so many of what it measures, and return what it prints as JSON."""
    with empty_database(server) as url, tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder:
        environment = {key: value for key, value in os.environ.items() if key != "ENV_FILE"}
        environment |= {"DATABASE_URL": url, "DATA_DIR": folder}
        done = subprocess.run(
            [sys.executable, "-m", f"tests.benchmarks.{job}", str(size)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
