"""How a number stands in the bytes of a file when it is kept as a numeral: pure.

Only what is long enough to be no accident is looked for: at least five bytes that are not zero by nature.
"""

import struct

# PostgreSQL's numeric: digits of base 10,000 (src/backend/utils/adt/numeric.c), least byte first.
_NUMERIC_BASE = 10_000
_SHORT_HEADER = 0x8000
_SCALES = range(10)


def binary_forms(number: int) -> frozenset[bytes]:
    """Return the bytes of a positive number: integer and double in both orders, SQLite's record, PostgreSQL's numeric.

    A number below 2^32 has no integer forms: four bytes stand in any file by accident.
    """
    found = {*_numeric(number), struct.pack("<d", number), struct.pack(">d", number)}
    if number >= 1 << 32:
        found |= {number.to_bytes(8, "little"), number.to_bytes(8, "big"), *_sqlite(number)}
    return frozenset(found)


def _sqlite(number: int) -> tuple[bytes, bytes]:
    """As a value of a record, and as a row's key (https://sqlite.org/fileformat2.html#record_format)."""
    value = number.to_bytes(6 if number < 1 << 47 else 8, "big")
    groups = [number >> shift & 0x7F for shift in range(0, number.bit_length(), 7)][::-1]
    return value, bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def _numeric(number: int) -> set[bytes]:
    digits: list[int] = []
    while number:
        number, digit = divmod(number, _NUMERIC_BASE)
        digits.insert(0, digit)
    weight = len(digits) - 1
    while digits and not digits[-1]:
        digits.pop()  # zeros at the end are not stored
    body = b"".join(digit.to_bytes(2, "little") for digit in digits)
    if len(digits) >= 3:
        return {body}
    # So few digits need the header beside them: scale and weight.
    return {(_SHORT_HEADER | scale << 7 | weight).to_bytes(2, "little") + body for scale in _SCALES}
