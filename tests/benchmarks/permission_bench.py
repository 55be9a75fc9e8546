"""How fast permission answers: for one number against one read of a row, for a list against a loop and a bare join.

`./run bench permission` prints the table in Markdown, with the goal beside each ratio; on PostgreSQL only, in a
database that goes afterwards. Nothing is judged by seconds: machines differ, the ratios hardly do. The bare join takes
the same list: its fingerprints are made, copied to a temporary table and joined with lines, suppressions, points and
consents.
"""

from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from tests.benchmarks.apart import measured
from tests.suite import find_postgres

POINTS = 1_000_000


def report(found: dict[str, Any], points: int) -> None:
    """Print the figures and the ratios, each beside its goal."""
    print(f"PostgreSQL, {points:,} points, {5 * points:,} entries\n")
    print("| measured | figure | ratio | goal |")
    print("|---|---:|---:|---:|")
    print(f"| one read by primary key, ORM | {found['read'] * 1000:.2f} ms | | |")
    ratio = found["decision"] / found["read"]
    print(f"| one decision | {found['decision'] * 1000:.2f} ms | {ratio:.1f}x of a read | at most 6x |")
    print(f"| its queries | {found['queries']} | | at most 3 |")
    print(f"| loop of decisions | {found['loop']:,.0f}/s | | |")
    print(f"| list | {found['bulk']:,.0f}/s | {found['bulk'] / found['loop']:.0f}x the loop | at least 60x |")
    print(f"| bare join | {found['bare']:,.0f}/s | {found['bulk'] / found['bare']:.0%} by the list | at least 30 % |")


def main() -> None:
    """Measure, and print the table."""
    parser = ArgumentParser(prog="./run bench permission", description="Measure permission; prints Markdown.")
    parser.add_argument("--points", type=int, default=POINTS, help=f"people in the database; default: {POINTS:,}")
    options = parser.parse_args()
    with ExitStack() as stack:
        report(measured("permitting", options.points, find_postgres(stack).url), options.points)


if __name__ == "__main__":
    main()
