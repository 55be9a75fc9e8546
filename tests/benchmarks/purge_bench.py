"""How fast the purge is: against a loop over naive models, against the bare database, and beside others' queries.

`./run bench purge` prints the table in Markdown, with the goal beside each ratio; on PostgreSQL only, each way in a
process and a copy of the same database. Nothing is judged by seconds: machines differ, the ratios hardly do. The naive
loop is given fewer people, as it takes the same time for each of them. Workers share the machine with PostgreSQL: with
n cores, no more than about n / 2 of them can be at work at once.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.benchmarks.import_bench import MEGABYTE, empty_database
from tests.suite import ROOT, find_postgres, server_config

POINTS, FEW, SAMPLE, HISTORY, ROUNDS, QUIET = 100_000, 20_000, 2_000, 5, 3, 10
SHORT, LONG = 1, 20


@contextmanager
def copy_of(url: str) -> Iterator[str]:
    """Give the address of a copy of the database, which goes afterwards."""
    parts = urlsplit(url)
    name = parts.path.rpartition("/")[2]
    copied = f"{name}_copy"
    original, target = sql.Identifier(name), sql.Identifier(copied)
    with psycopg.connect(**server_config(url), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(target, original))
        try:
            # What was copied is written now, and not while something is measured.
            connection.execute("CHECKPOINT")
            yield urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{copied}"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(target))


class Part:
    """A job in a process of its own: started, told to begin, and asked what it measured."""

    def __init__(self, url: str, folder: str, job: str, *arguments: object) -> None:
        environment = {key: value for key, value in os.environ.items() if key != "ENV_FILE"}
        environment |= {"DATABASE_URL": url, "DATA_DIR": folder, "PURGE_LEASE_SECONDS": "300"}
        # It is approved by whoever starts it: how many are due need not be counted beforehand.
        environment |= {"PURGE_BRAKE_PERCENT": "100"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.purging", job, *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n", f"{job} did not start"

    def begin(self) -> "Part":
        """Let the job begin."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self

    def measured(self) -> dict[str, Any]:
        """Wait for its end and return what it measured."""
        said, _none = self.process.communicate()
        if self.process.returncode:
            raise subprocess.CalledProcessError(self.process.returncode, self.process.args)
        found: dict[str, Any] = json.loads(said)
        return found


def measure(url: str, job: str, *arguments: object) -> dict[str, Any]:
    """Do one job in a copy of the database and return what it measured."""
    with copy_of(url) as copied, tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder:
        return Part(copied, folder, job, *arguments).begin().measured()


def rate(measured: dict[str, Any]) -> float:
    """Return points a second."""
    return float(measured["points"] / measured["seconds"])


def shared(url: str, workers: int) -> float:
    """Return how many points a second so many workers erase together."""
    with copy_of(url) as copied, tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder:
        parts = [Part(copied, folder, "share", number, workers) for number in range(workers)]
        found = [part.measured() for part in [part.begin() for part in parts]]
    seconds = max(each["ended"] for each in found) - min(each["began"] for each in found)
    return float(sum(each["points"] for each in found) / seconds)


def beside(url: str, points: int, seconds: float) -> list[tuple[str, str, float, float]]:
    """Return what others' queries take in quiet and during a run of about so many seconds, by kind and quantile."""
    with copy_of(url) as copied, tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder:
        quiet = Part(copied, folder, "client", points, QUIET).begin().measured()
        parts = [Part(copied, folder, "ringfence"), Part(copied, folder, "client", points, seconds * 0.9)]
        for part in parts:
            part.begin()
        _run, during = (part.measured() for part in parts)
    return [
        (kind, quantile, quiet[kind][quantile], during[kind][quantile])
        for kind in ("permission", "page")
        for quantile in ("median", "p95")
    ]


@contextmanager
def people(server: str, points: int, history: int) -> Iterator[str]:
    """Give the address of a database with so many who are due."""
    with empty_database(server, f"_{history}") as url, tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder:
        Part(url, folder, "build", points, history).begin().measured()
        yield url


def line(what: str, figure: str, ratio: str = "", goal: str = "") -> None:
    """Print a line of the table."""
    print(f"| {what} | {figure} | {ratio} | {goal} |", flush=True)


def report(server: str, points: int, rounds: int) -> None:
    """Measure each way in turn, several times over, and print the figures and the ratios."""
    cores = os.cpu_count()
    print(f"PostgreSQL, {points:,} points are due, {HISTORY} rows of history each; {cores} cores; {rounds} rounds\n")
    print("| measured | figure | ratio | goal |")
    print("|---|---:|---:|---:|", flush=True)
    rates: dict[str, list[float]] = {name: [] for name in ("naive", "bare", "ringfence", "1", "2")}
    with people(server, points, HISTORY) as url:
        for _round in range(rounds):
            rates["naive"] += [rate(measure(url, "naive", min(SAMPLE, points), HISTORY))]
            rates["bare"] += [rate(measure(url, "bare"))]
            last = measure(url, "ringfence")
            rates["ringfence"] += [rate(last)]
            for workers in ("1", "2"):
                rates[workers] += [shared(url, int(workers))]
        waits = beside(url, points, last["seconds"])
    found = {name: statistics.median(values) for name, values in rates.items()}
    line(f"naive loop of `.save()`, {min(SAMPLE, points):,} of them", f"{found['naive']:,.0f}/s")
    line("one bare statement a table", f"{found['bare']:,.0f}/s")
    line(
        "Ringfence", f"{found['ringfence']:,.0f}/s", f"{found['ringfence'] / found['naive']:.0f}x naive", "at least 60x"
    )
    line("", "", f"{found['ringfence'] / found['bare']:.0%} of bare", "at least 50 %")
    line("two workers", f"{found['2']:,.0f}/s", f"{found['2'] / found['1']:.2f}x one", "1.6x where cores allow")
    for kind, quantile, quiet, during in waits:
        figure = f"{quiet * 1000:.1f} to {during * 1000:.1f} ms"
        line(f"another's {kind}, {quantile}, in quiet to during", figure, f"{during / quiet:.1f}x", "under 3x")
    grown(server, points, rounds)
    with people(server, min(FEW, points), HISTORY) as url:
        few = measure(url, "ringfence")
    sizes = f"{few['peak'] / MEGABYTE:.0f} to {last['peak'] / MEGABYTE:.0f} MB"
    line(f"peak memory, {few['points']:,} to {points:,} points", sizes, f"{last['peak'] / few['peak']:.2f}x", "flat")


def grown(server: str, points: int, rounds: int) -> None:
    """Print what a point costs with little history and with much."""
    with people(server, points, SHORT) as short, people(server, points, LONG) as long:
        costs: dict[str, list[tuple[float, float]]] = {"ringfence": [], "bare": []}
        for _round in range(rounds):
            for way, measured in costs.items():
                measured += [(1e6 / rate(measure(short, way)), 1e6 / rate(measure(long, way)))]
    for way, goal in (("ringfence", "at most 1.3x"), ("bare", "")):
        few, many = (statistics.median(each) for each in zip(*costs[way], strict=True))
        figure = f"{few:.0f} to {many:.0f} us"
        line(f"{way}: a point, {SHORT} to {LONG} rows of history", figure, f"{many / few:.2f}x", goal)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = ArgumentParser(prog="./run bench purge", description="Measure the purge; prints Markdown.")
    parser.add_argument("--points", type=int, default=POINTS, help=f"people who are due; default: {POINTS:,}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of which the median counts; default: {ROUNDS}")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        report(find_postgres(stack).url, options.points, options.rounds)


if __name__ == "__main__":
    main()
