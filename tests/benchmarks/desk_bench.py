"""How long the pages of contacts take with a thousand, a hundred thousand and a million of them.

`./run bench desk` prints the table in Markdown, with the goal beside each ratio; on PostgreSQL only, in databases that
go afterwards. A page is asked for in this process, from the session to the last byte of its answer; what a server and
a network add is the same at any size. Nothing is judged by seconds: machines differ, the ratios hardly do.
"""

from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from tests.benchmarks.apart import measured
from tests.suite import find_postgres

SIZES = (1_000, 100_000, 1_000_000)
GOAL = 1.5


def report(found: dict[int, dict[str, Any]]) -> None:
    """Print p50 and p95 of each page, how the last p95 stands to the first, and how many rows each shows."""
    sizes = list(found)
    print("PostgreSQL; milliseconds, p50 / p95; goal: the last p95 at most 1.5x the first\n")
    print("| page | " + " | ".join(f"{size:,}" for size in sizes) + " | ratio | queries | rows |")
    print("|---|" + "---:|" * (len(sizes) + 3))
    for name in found[sizes[0]]:
        cells = [f"{found[size][name]['p50']:.0f} / {found[size][name]['p95']:.0f}" for size in sizes]
        ratio = found[sizes[-1]][name]["p95"] / found[sizes[0]][name]["p95"]
        queries = max(found[size][name]["queries"] for size in sizes)
        rows = " / ".join(f"{found[size][name]['rows']:.0f}" for size in sizes)
        mark = "" if ratio <= GOAL else " (!)"
        print(f"| {name} | {' | '.join(cells)} | {ratio:.2f}x{mark} | {queries:.0f} | {rows} |")


def main() -> None:
    """Measure at each size, and print the table."""
    parser = ArgumentParser(prog="./run bench desk", description="Measure the pages of contacts; prints Markdown.")
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="contacts; default: 1000 100000 1000000")
    options = parser.parse_args()
    with ExitStack() as stack:
        server = find_postgres(stack).url
        report({size: measured("desk", size, server) for size in options.sizes})


if __name__ == "__main__":
    main()
