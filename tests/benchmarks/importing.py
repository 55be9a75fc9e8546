"""One way of importing, measured: `python -m tests.benchmarks.importing WAY FILE`.

It runs in the database of the environment, which it migrates before, and prints its seconds, rows and peak memory
as JSON.
"""

import csv
import json
import os
import resource
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from tests import factories  # noqa: E402
from tests.benchmarks.ways import WAYS  # noqa: E402


def main(way: str, path: Path) -> None:
    """Run one way and print what it took."""
    call_command("migrate", verbosity=0)
    factories.notice(factories.purpose("news", channels=["sms"]))
    factories.source()
    with path.open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _row in csv.reader(file)) - 1
    seconds = WAYS[way](path)
    peaks = [resource.getrusage(who).ru_maxrss * 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    json.dump({"seconds": seconds, "rows": rows, "peak": peaks}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
