"""How fast an import is, against the libraries as they come and against the database alone; and what memory it takes.

`./run bench` prints the table in Markdown: each way in a process and an empty database of its own, one after the
other, on SQLite and on PostgreSQL. Nothing is judged by seconds: machines differ, the ratios hardly do. The stock
way is given fewer rows, as it takes the same time for each of them.
"""

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.benchmarks import people
from tests.suite import ROOT, find_postgres, server_config

STOCK_ROWS, ROWS, ROUNDS = 1_000, 40_000, 3
FEW, MANY = 100_000, 1_000_000
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows a second, and the peak memory in bytes of the worker and of its child process."""

    rate: float
    worker: int
    child: int


@contextmanager
def empty_database(server: str, label: str = "") -> Iterator[str]:
    """Give the address of a database that goes afterwards; server: PostgreSQL's, or nothing for SQLite.

    label: sets it apart from another one at the same time.
    """
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder:
        if not server:
            yield f"sqlite:///{folder}/bench.sqlite3"
            return
        name = f"ringfence_bench_{os.getpid()}{label}"
        with psycopg.connect(**server_config(server), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            try:
                yield urlunsplit(urlsplit(server)._replace(path=_path_to(server, name)))
            finally:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _path_to(server: str, name: str) -> str:
    return f"{urlsplit(server).path.rpartition('/')[0]}/{name}"


def measure(way: str, rows: int, server: str) -> Measured:
    """Run one way over a file of so many rows."""
    with empty_database(server) as url, tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder:
        file = Path(folder) / "people.csv"
        people.write(file, rows)
        environment = {key: value for key, value in os.environ.items() if key != "ENV_FILE"}
        environment |= {"DATABASE_URL": url, "DATA_DIR": folder, "IMPORT_MAX_BYTES": str(1024 * MEGABYTE)}
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.importing", way, str(file)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return Measured(found["rows"] / found["seconds"], *found["peak"])


def middle(way: str, rows: int, server: str) -> Measured:
    """Return the median of several runs: what else the machine does falls on some of them."""
    return sorted((measure(way, rows, server) for _round in range(ROUNDS)), key=lambda one: one.rate)[ROUNDS // 2]


def speed(name: str, server: str) -> None:
    """Print how many rows a second each way brings, and the ratios."""
    stock, ours, bare = (
        middle(way, rows, server) for way, rows in (("stock", STOCK_ROWS), ("ringfence", ROWS), ("bare", ROWS))
    )
    print(
        f"| {name} | {stock.rate:,.0f} | {ours.rate:,.0f} | {bare.rate:,.0f} "
        f"| {ours.rate / stock.rate:.0f}x | {ours.rate / bare.rate:.0%} |",
        flush=True,
    )


def memory(name: str, server: str) -> None:
    """Print what the worker and its child take for few rows and for many."""
    few, many = measure("ringfence", FEW, server), measure("ringfence", MANY, server)
    cells = [f"{size / MEGABYTE:.0f} MB" for one in (few, many) for size in (one.worker, one.child)]
    print(f"| {name} | {' | '.join(cells)} | {many.worker / few.worker:.2f}x |", flush=True)


def main() -> None:
    """Measure, and print the tables."""
    parser = ArgumentParser(prog="./run bench", description="Measure imports; prints Markdown.")
    parser.add_argument("--without-memory", action="store_true", help="leave out the long runs over a million rows")
    options = parser.parse_args()
    with ExitStack() as stack:
        servers = {"SQLite": "", "PostgreSQL": find_postgres(stack).url}
        print("| database | stock, rows/s | Ringfence, rows/s | bare, rows/s | to stock | of bare |")
        print("|---|---:|---:|---:|---:|---:|", flush=True)
        for name, server in servers.items():
            speed(name, server)
        if options.without_memory:
            return
        print(
            f"\n| database | worker, {FEW:,} rows | its child | worker, {MANY:,} rows | its child | worker's growth |"
        )
        print("|---|---:|---:|---:|---:|---:|", flush=True)
        for name, server in servers.items():
            memory(name, server)


if __name__ == "__main__":
    main()
