"""How fast the timeline of a contact is: against simple-history's prev_record and diff_against over the same versions.

`./run bench timeline` prints the table in Markdown, with the goal beside each figure; on PostgreSQL only, in a database
that goes afterwards.
"""

import statistics
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from tests.benchmarks.apart import measured
from tests.suite import find_postgres

EVENTS = 200


def report(found: dict[str, Any], events: int) -> None:
    """Print the figures, each beside its goal."""
    ours, theirs = found["timeline"], found["simple_history"]
    fast, slow = statistics.median(ours["seconds"]), statistics.median(theirs["seconds"])
    print(f"PostgreSQL, {events} events\n")
    print("| measured | time | queries | ratio | goal |")
    print("|---|---:|---:|---:|---:|")
    print(f"| prev_record and diff_against | {slow * 1000:.1f} ms | {theirs['queries']} | | |")
    print(f"| the timeline | {fast * 1000:.1f} ms | {ours['queries']} | 1/{slow / fast:.0f} | 1/20, 6 queries |")


def main() -> None:
    """Measure, and print the table."""
    parser = ArgumentParser(prog="./run bench timeline", description="Measure the timeline; prints Markdown.")
    parser.add_argument("--events", type=int, default=EVENTS, help=f"events of the contact; default: {EVENTS}")
    options = parser.parse_args()
    with ExitStack() as stack:
        report(measured("telling", options.events, find_postgres(stack).url), options.events)


if __name__ == "__main__":
    main()
