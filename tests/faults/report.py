"""`./run faults`: every fault in full, on SQLite and on PostgreSQL, and a table in Markdown of what came of it.

Options go to pytest, as `-k races`. FAULTS_SEED chooses other moments for the kills; the seed is in the report.
What the suite needs, this needs (see tests/suite.py); PostgreSQL is required.
"""

import signal
import sqlite3
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests import suite
from tests.faults.counting import KINDS


def rows(results: Path) -> Iterator[dict[str, str]]:
    """Yield what each test counted, and whether it passed."""
    if not results.exists():
        return
    for case in ET.parse(results).iter("testcase"):
        said = {each.get("name", ""): each.get("value", "") for each in case.iter("property")}
        failed = any(child.tag in {"failure", "error"} for child in case)
        skipped = [child.get("message", "") for child in case if child.tag == "skipped"]
        if skipped:
            continue
        said.setdefault("fault", str(case.get("name")))
        yield said | {"passed": "" if failed else "yes", "seconds": case.get("time", "0")}


def table(found: list[dict[str, str]]) -> Iterator[str]:
    """Yield the lines of the report."""
    yield "| fault | database | cases | lost | doubled | half-erased | back | how it spread |"
    yield "|---|---|---:|---:|---:|---:|---:|---|"
    for each in sorted(found, key=lambda row: (row["fault"], row.get("database", ""))):
        counts = " | ".join(each.get(name, "?") for name in ("cases", *KINDS))
        failed = "" if each["passed"] else "**failed** "
        yield f"| {failed}{each['fault']} | {each.get('database', '?')} | {counts} | {each.get('note', '')} |"


def run(folder: Path, options: list[str]) -> int:
    """Run them all, and print the report; return the exit code."""
    found: list[dict[str, str]] = []
    codes, seconds = [], 0.0
    with ExitStack() as stack:
        redis_url, redis_version = suite.find_redis()
        postgres = suite.find_postgres(stack)
        print(f"Faults: SQLite {sqlite3.sqlite_version}; {postgres}; Redis {redis_version or 'none'}", flush=True)
        databases = {"sqlite": f"sqlite:///{folder}/faults.sqlite3", "postgresql": postgres.url}
        for name, url in databases.items():
            variables = {"DATABASE_URL": url} | ({"REDIS_URL": redis_url} if redis_url else {})
            if name == "postgresql" and (pg_dump := postgres.pg_dump()):
                variables["PG_DUMP"] = pg_dump
            code, _counts, took = suite.run_pytest(name, folder, ["-m", "faults", "tests/faults", *options], variables)
            # 5: no test was chosen for this database.
            codes.append(0 if code == 5 else code)
            found += rows(folder / f"{name}.xml")
            seconds += took
    print()
    for line in table(found):
        print(line)
    passed = sum(bool(each["passed"]) for each in found)
    print(f"\n{passed} passed, {len(found) - passed} failed in {seconds / 60:.0f} minutes", flush=True)
    return 1 if any(codes) or not found else 0


def main(options: list[str]) -> int:
    """Return the exit code: 0 where every fault left nothing amiss."""
    signal.signal(signal.SIGTERM, suite.interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="ringfence-faults-", ignore_cleanup_errors=True) as folder:
            return run(Path(folder), options)
    except suite.Missing as missing:
        print(f"Faults: {missing}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Faults: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
