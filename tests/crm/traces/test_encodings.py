"""A number kept as a numeral is found in the bytes of a file, and other numerals are not taken for it."""

import random
import sqlite3
import struct
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from crm.traces.encodings import binary_forms
from crm.traces.needle import Needle
from crm.traces.unpacking import holds, positions
from tests.raw import POSTGRES

NUMBERS = [12025550100, 442079460123, 4930231250421, 35315550100, 999123456789012]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("form", ["<q", ">q", "<Q", ">Q", "<d", ">d"])
def test_an_integer_and_a_double_are_found_in_either_order(number: int, form: str) -> None:
    data = b"\x01head" + struct.pack(form, number) + b"tail"
    assert holds(data, Needle.of(f"+{number}"))
    assert {5, 7} & set(positions(data, Needle.of(f"+{number}")))
    assert not holds(data, Needle.of(f"+{number + 1}"))


@pytest.mark.parametrize("number", NUMBERS)
def test_sqlite_s_own_integers_are_found_in_its_file(number: int, tmp_path: Path) -> None:
    for table in ("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)", "CREATE TABLE t (n INTEGER PRIMARY KEY)"):
        path = tmp_path / f"{len(table)}.sqlite3"
        with sqlite3.connect(path) as made:
            made.execute(table)
            made.execute("INSERT INTO t (n) VALUES (?)", [number])
        made.close()
        assert list(positions(path.read_bytes(), Needle.of(f"+{number}"))), table
        assert not list(positions(path.read_bytes(), Needle.of(f"+{number + 1}")))


@pytest.mark.django_db
@pytest.mark.skipif(not POSTGRES, reason="PostgreSQL's numeric")
@pytest.mark.parametrize("number", [*NUMBERS, 12025550000, 120255500000])
@pytest.mark.parametrize("scale", [0, 2])
def test_postgresql_s_numeric_is_what_we_look_for(number: int, scale: int) -> None:
    # numeric_send gives the same digits, highest byte first: count, weight, sign, scale, digits.
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT numeric_send(%s::numeric(20, {scale}))", [Decimal(number)])
        sent = bytes(cursor.fetchone()[0])
    count, weight, _sign, digits_behind, *digits = struct.unpack(f">hhHh{(len(sent) - 8) // 2}h", sent)
    assert (count, digits_behind) == (len(digits), scale)
    stored = struct.pack(f"<H{count}H", 0x8000 | scale << 7 | weight, *digits)
    assert any(form in stored for form in binary_forms(number))


def test_random_bytes_hold_no_number() -> None:
    data = random.Random(5).randbytes(8 << 20)
    assert list(positions(data, Needle.of("+12025550100"))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("00105552021+", True),
        ("00105552021", True),
        ("tel 0010555202 x", True),
        ("+0010555202", False),  # with a plus it is a number by itself
        ("+440010555202", False),
        ("90010555202", False),
    ],
)
def test_digits_backwards_are_found_where_they_stand_alone(text: str, found: bool) -> None:
    assert holds(text, Needle.of("+12025550100")) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("555 0100", True),
        ("+354 5550100", True),
        ("00354-555-0100", True),
        ("+12025550100", False),
        ("55501007", False),
    ],
)
def test_a_short_number_is_not_found_within_a_longer_one(text: str, found: bool) -> None:
    assert holds(text, Needle.of("+3545550100")) is found


@pytest.mark.parametrize("text", ["tel:+1-202-555-0100", "202%20555%200100", "q=%2B1+202+555+0100", "+1/202/5550100"])
def test_spellings_of_addresses_are_found(text: str) -> None:
    assert holds(text, Needle.of("+12025550100"))
