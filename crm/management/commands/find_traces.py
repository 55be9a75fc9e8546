"""Find every place where a number still stands."""

from argparse import ArgumentParser
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from crm import traces
from crm.management.base import Answer, JsonCommand, number, wrong_use
from crm.models import Contact
from crm.traces import PLACES, Report
from crm.traces.contacts import held_lines, is_own, not_blank, random_lines


class Command(JsonCommand):
    """Search every place of the registry; the number itself is never printed."""

    help = (
        "Lists every place where NUMBER stands, in whatever spelling or encoding: table, column and id, never the "
        "number. With --contact, every place where a number of the contact stands but the line's own, and, of what "
        "is erased of it, each field that is not blank. With --sample, the same for so many held numbers at random. "
        "Exit code 0: none was found. 1: one was found, or something that should be readable could not be read. "
        "What our rights do not let us see (the files of PostgreSQL without pg_read_binary_file, queues of RabbitMQ, "
        "another process's memory) is listed as not seen, and what stands in PostgreSQL's write-ahead log or in a "
        "session's last statement as passing; neither is a fault. Compressed values of more than 2 kB in dead rows "
        "of PostgreSQL are not unpacked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("number", metavar="NUMBER", nargs="?", help="the number, quoted if it has spaces")
        parser.add_argument("--region", metavar="GB", help="country of a number without country code")
        parser.add_argument("--contact", metavar="ID", type=int, help="search for all of a contact")
        parser.add_argument("--sample", metavar="N", type=int, help="search for so many held numbers")
        parser.add_argument(
            "--without",
            metavar="PLACE",
            action="append",
            default=[],
            choices=[place.name for place in PLACES],
            help='leave a place out, such as "write-ahead log", which may be of a gigabyte and of other databases too',
        )
        parser.add_argument("--places", action="store_true", help="list what is searched, and who cleans it")

    def answer(self, **options: Any) -> Answer:
        asked = [name for name in ("number", "contact", "sample", "places") if options[name] not in (None, False)]
        if len(asked) != 1:
            raise wrong_use("Give one of NUMBER, --contact ID, --sample N and --places.")
        if options["places"]:
            shown = ("name", "keeps", "how", "owner", "when")
            return Answer({"places": [{name: getattr(place, name) for name in shown} for place in PLACES]})
        if options["contact"] is not None:
            contact = Contact.objects.filter(pk=options["contact"]).first()
            if contact is None:
                raise wrong_use(f"There is no contact {options['contact']}.")
            report = _elsewhere(held_lines(contact), options["without"])
            report.traces += not_blank(contact)
        elif options["sample"] is not None:
            if options["sample"] < 1:
                raise wrong_use("--sample: give how many, at least 1.")
            report = _elsewhere(random_lines(options["sample"]), options["without"])
        else:
            asked_for = number(options["number"], region=options["region"])
            report = traces.audit([asked_for], without=options["without"])
        data = {"found": len(report.traces), **asdict(report)}
        return Answer(data, fault=bool(report.traces or report.unread))

    def render(self, data: dict[str, Any]) -> None:
        if "places" in data:
            for place in data["places"]:
                self.stdout.write(f"{place['name']}: {place['keeps']}")
                self.stdout.write(f"  searched: {place['how']}")
                self.stdout.write(f"  cleaned by {place['owner']}, {place['when']}")
            return
        self._table(data["traces"])
        for trace in data["passing"]:
            self.stdout.write(f"Until it is written over: {trace['place']} {trace['table']} {trace['id']}".rstrip())
        for name in data["not_seen"]:
            self.stdout.write(f"Not seen: {name}")
        for name in data["unread"]:
            self.stdout.write(f"Could not be read: {name}")
        self.stdout.write(f"{data['found']} found." if data["traces"] or data["unread"] else "No trace found.")

    def _table(self, found: Collection[dict[str, Any]]) -> None:
        rows = [tuple(map(str, trace.values())) for trace in found]
        if rows:
            rows.insert(0, ("PLACE", "TABLE", "COLUMN", "ID"))
            widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
            for row in rows:
                line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
                self.stdout.write(line.rstrip())


def _elsewhere(lines: dict[int, str], without: Collection[str]) -> Report:
    """Search for the numbers of these lines, and leave out where each belongs."""
    if not lines:
        return Report()
    report = traces.audit(lines.values(), without=without)
    report.traces = [trace for trace in report.traces if not is_own(trace, lines)]
    return report
