"""Find every place where a number still stands."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from crm import traces
from crm.management.base import Answer, JsonCommand, number


class Command(JsonCommand):
    """Search the database, sessions, logs, staged files and messages; the number itself is never printed."""

    help = (
        "Lists every place where NUMBER stands, in whatever spelling: table, column and id, never the number. "
        "Exit code 0: none was found. 1: one was found, or something could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("number", metavar="NUMBER", help="the number, quoted if it has spaces")
        parser.add_argument("--region", metavar="GB", help="country of a number without country code")

    def answer(self, **options: Any) -> Answer:
        unread: list[str] = []
        found = list(traces.find(number(options["number"], region=options["region"]), unread=unread))
        data = {"found": len(found), "traces": [asdict(trace) for trace in found], "unread": unread}
        return Answer(data, fault=bool(found or unread))

    def render(self, data: dict[str, Any]) -> None:
        rows = [tuple(map(str, trace.values())) for trace in data["traces"]]
        if rows:
            rows.insert(0, ("PLACE", "TABLE", "COLUMN", "ID"))
            widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
            for row in rows:
                line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
                self.stdout.write(line.rstrip())
        for name in data["unread"]:
            self.stdout.write(f"Could not be read: {name}")
        self.stdout.write(f"{data['found']} found." if rows or data["unread"] else "No trace found.")
