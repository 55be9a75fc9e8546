"""`screen_list FILE --purpose P --channel C [--out OUT]`: the answer for each number of a list, held or not.

No access record is written: the list is its bringer's own, and what goes out beside it is only whether each number may
be contacted, why, and until when; nothing of any person that we hold.
"""

import csv
import io
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.utils import timezone

from consent import screening
from consent.management.arguments import purpose_named
from consent.management.base import GuardedCommand
from consent.rules import RULE_SET
from consent.rules.lines import Channel
from crm import phones
from crm.escaping import escaped, unescaped
from crm.imports.mapping.names import means_phone
from crm.imports.reading.delimited import DELIMITERS
from crm.logs import mask_text
from crm.management.base import Answer, moment, new_file, wrong_use

NOT_A_NUMBER = "not_a_number"
_ADDED = ("verdict", "reason", "basis", "until", "rule_set")


class Row(NamedTuple):
    """A row of the list: its cells, the number in E.164, or why there is none."""

    cells: Sequence[str]
    e164: str
    fault: str


class Command(GuardedCommand):
    """Exit code 0 whatever the verdicts: a no is an answer, and so is that a text is no number."""

    help = "Say for each number of a list, held or not, whether it may be contacted for a purpose, and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE", help="CSV with a header, or a number on each line")
        parser.add_argument("--purpose", required=True, metavar="SLUG")
        parser.add_argument("--channel", required=True, choices=[channel.value for channel in Channel])
        parser.add_argument("--at", metavar="T", help="at this time (ISO 8601 with zone); default: now")
        parser.add_argument("--region", default="", help="for numbers without a country code, such as GB")
        parser.add_argument("--column", metavar="NAME", help="the column with the numbers; default: what looks like it")
        parser.add_argument(
            "--out", type=Path, metavar="OUT", help="write the list there, with the answers; one that is there stays"
        )

    def answer(self, **options: Any) -> Answer:
        """Screen the list, and return how many answers there are of each kind."""
        purpose, channel = purpose_named(options["purpose"]), Channel(options["channel"])
        at = moment(options["at"], name="--at") if options["at"] else timezone.now()
        counts: Counter[tuple[str, str]] = Counter()
        faults: Counter[str] = Counter()
        with ExitStack() as stack:
            try:
                file = stack.enter_context(options["file"].open(encoding="utf-8-sig", newline=""))
                delimiter, header, rows = _rows(file, column=options["column"], region=options["region"] or None)
                writer = _writer(stack, options["out"], header, delimiter)
                for row, decision in screening.screen_rows(
                    rows, attrgetter("e164"), purpose=purpose, channel=channel, at=at
                ):
                    verdict = decision.verdict.value if decision else ""
                    reason = decision.reason.value if decision else NOT_A_NUMBER
                    counts[verdict, reason] += 1
                    faults[row.fault] += 1
                    if writer:
                        until = decision.until.isoformat() if decision and decision.until else ""
                        basis = decision.basis if decision and decision.basis else ""
                        why = reason if decision else f"{reason}: {row.fault}"
                        added = (verdict, why, basis, until, RULE_SET)
                        writer.writerow([*(escaped(unescaped(cell)) for cell in row.cells), *added])
            except OSError as error:
                name = Path(error.filename or options["out"] or options["file"]).name
                raise wrong_use(f"{mask_text(name)}: {error.strerror}.") from None
            except UnicodeDecodeError:
                raise wrong_use(f"FILE: {mask_text(options['file'].name)}: this is no text in UTF-8.") from None
            except csv.Error:
                raise wrong_use(f"FILE: {mask_text(options['file'].name)}: this is no CSV.") from None
        del faults[""]
        return Answer(
            {
                "numbers": counts.total(),
                "counts": [
                    {"verdict": verdict or None, "reason": reason, "numbers": count}
                    for (verdict, reason), count in sorted(counts.items())
                ],
                "not_numbers": dict(sorted(faults.items())),
            }
        )

    def render(self, data: dict[str, Any]) -> None:
        """Print the counts, then a line for each verdict and reason."""
        self.stdout.write(f"{data['numbers']} numbers.")
        for each in data["counts"]:
            self.stdout.write(f"  {each['verdict'] or '-'} {each['reason']}: {each['numbers']}")
        for code, count in data["not_numbers"].items():
            self.stdout.write(f"  {count} because: {phones.SENTENCES[code]}")


def _rows(file: IO[str], *, column: str | None, region: str | None) -> tuple[Any, Sequence[str], Iterator[Row]]:
    """Return the delimiter, the header if there is one, and the rows of a list. Raises CommandError."""
    line = file.readline()
    delimiter = max(DELIMITERS, key=line.count)
    reader = csv.reader(chain([line], file), delimiter=delimiter)
    first = next(reader, [])
    found = [at for at, name in enumerate(first) if (name == column if column else means_phone(name))]
    if column and not found:
        raise wrong_use("--column: there is no column of this name.")
    if not found and len(first) > 1:
        raise wrong_use("FILE: no column looks like phone numbers; name it by --column.")
    header, lines = (first, reader) if found else ([], chain([first], reader))
    at = found[0] if found else 0
    return delimiter, header, (_read(cells, at, len(header), region) for cells in lines if any(cells))


def _read(cells: list[str], at: int, width: int, region: str | None) -> Row:
    cells = [*cells, *[""] * (width - len(cells))]
    try:
        return Row(cells, phones.parse(cells[at], region=region).e164, "")
    except phones.NotANumber as error:
        return Row(cells, "", error.code)


def _writer(stack: ExitStack, out: Path | None, header: Sequence[str], delimiter: str) -> Any:
    """Open OUT for its owner alone and write the header; None where none is wanted. Raises OSError, if it is there."""
    if out is None:
        return None
    text = io.TextIOWrapper(stack.enter_context(new_file(out)), encoding="utf-8", newline="")
    # The file is closed, and gets its name, by the stack.
    stack.callback(text.detach)
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([*(escaped(unescaped(name)) for name in header or ["number"]), *_ADDED])
    return writer
