"""A file of people for the benchmarks: with their consents, their evidence, and numbers of reserved ranges only."""

import csv
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import phonenumbers

HEADER = (
    *("Given name", "Family name", "E-mail", "Company", "Phone"),
    *("Purpose", "Given at", "Wording version", "Consent IP", "Consent channel"),
)


def numbers() -> Iterator[str]:
    """Yield numbers in E.164, each once: +1 NPA 555-0100 to 0199 of every area code but the premium-rate one."""
    for area in range(201, 990):
        if area != 900 and phonenumbers.is_valid_number(phonenumbers.parse(f"+1{area}5550100")):
            yield from (f"+1{area}5550{last}" for last in range(100, 200))


def people(rows: int) -> Iterator[tuple[str, ...]]:
    """Yield so many people; once the reserved numbers are used up, the same ones come again."""
    all_numbers = list(numbers())
    for n in islice(count(), rows):
        n %= len(all_numbers)
        e164 = all_numbers[n]
        yield (
            f"Given{n}",
            f"Family{n}",
            f"person{n}@example.com",
            "Acme Ltd",
            f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}",
            "news",
            f"2026-01-05T10:{n // 60 % 60:02d}:{n % 60:02d}Z",
            "1",
            f"192.0.2.{n % 256}",
            "sms",
        )


def write(path: Path, rows: int) -> None:
    """Write a file of so many people."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(people(rows))
