"""How fast the sealed ledger verifies: against hashing the same bytes, one entry after the other, held in memory.

`./run bench verify` prints the table in Markdown, with the goal beside each ratio; on PostgreSQL only, in databases
that go afterwards. Verifying reads every entry from the database, hashes it, holds the hash against its leaf, the
leaves of each seal against its root, the seals against each other, and all of it against the published file.
"""

import statistics
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from tests.benchmarks.apart import measured
from tests.benchmarks.import_bench import MEGABYTE
from tests.suite import find_postgres

ENTRIES = 1_000_000


def report(found: dict[str, Any], fewer: dict[str, Any], entries: int) -> None:
    """Print the figures and the ratios, each beside its goal."""
    verify, hashing = statistics.median(found["verify"]), statistics.median(found["hash"])
    print(f"PostgreSQL, {entries:,} entries, {found['bytes'] / MEGABYTE:.0f} MB hashed\n")
    print("| measured | figure | ratio | goal |")
    print("|---|---:|---:|---:|")
    print(f"| hashing the bytes in memory, one by one | {hashing:.2f} s | | |")
    print(f"| verifying the seals | {verify:.2f} s | {verify / hashing:.1f}x of hashing | at most 10x |")
    print(f"| memory for it, of a tenth of the entries | {fewer['peak'] / MEGABYTE:.0f} MB | | |")
    ratio = found["peak"] / fewer["peak"]
    print(f"| memory for it, of all | {found['peak'] / MEGABYTE:.0f} MB | {ratio:.2f}x of a tenth | at most 1.25x |")


def main() -> None:
    """Measure, and print the table."""
    parser = ArgumentParser(prog="./run bench verify", description="Measure verifying; prints Markdown.")
    parser.add_argument("--entries", type=int, default=ENTRIES, help=f"entries in the ledger; default: {ENTRIES:,}")
    options = parser.parse_args()
    with ExitStack() as stack:
        server = find_postgres(stack).url
        found, fewer = (measured("verifying", entries, server) for entries in (options.entries, options.entries // 10))
        report(found, fewer, options.entries)


if __name__ == "__main__":
    main()
