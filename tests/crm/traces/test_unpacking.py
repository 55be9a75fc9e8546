"""What is packed is looked into, one packing in another; nothing is executed, and no bomb goes off."""

import base64
import bz2
import gzip
import io
import json
import lzma
import pickle
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from crm.traces import Trace, find, unpacking
from crm.traces.needle import Needle
from crm.traces.unpacking import TooMuch, holds
from tests import factories
from tests.crm.traces.planted import plant, spelled
from tests.raw import execute

NUMBER = "+12025550100"
SPACED = b"before (202) 555-0100 behind"


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", data)
    return out.getvalue()


def session(data: bytes) -> bytes:
    return b"." + base64.urlsafe_b64encode(zlib.compress(data)).rstrip(b"=") + b":1abcd:signature"


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64 for addresses, unpadded": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    "base64 in lines": lambda data: base64.encodebytes(b"x" * 100 + data),
    "base64 behind other letters": lambda data: b"key/" + b"ab" + base64.b64encode(data),
    "zlib": zlib.compress,
    "zlib amid other bytes": lambda data: b"\x00\xffhead" + zlib.compress(data) + b"tail",
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": zipped,
    "a zip file that was cut off": lambda data: zipped(data)[: -len(data)],
    "pickle of bytes": pickle.dumps,
    "pickle of text": lambda data: pickle.dumps({"a": [data.decode()]}, protocol=2),
    "old pickle": lambda data: pickle.dumps(data.decode(), protocol=0),
    "UTF-16 LE": lambda data: data.decode().encode("utf-16-le"),
    "UTF-16 BE": lambda data: data.decode().encode("utf-16-be"),
    "JSON with every digit escaped": lambda data: "".join(
        f"\\u{char:04x}" if char in b"0123456789" else chr(char) for char in data
    ).encode(),
    "a session": session,
    "base64 of zlib of JSON": lambda data: base64.b64encode(zlib.compress(json.dumps({"a": data.decode()}).encode())),
    "zip of gzip of base64 of a pickle": lambda data: zipped(gzip.compress(base64.b64encode(pickle.dumps(data)))),
    "JSON of base64 of JSON": lambda data: json.dumps({"body": base64.b64encode(data).decode()}).encode(),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_is_packed_is_found(packing: str) -> None:
    assert holds(PACKINGS[packing](SPACED), Needle.of(NUMBER))


@pytest.mark.parametrize("packing", PACKINGS)
def test_another_number_that_is_packed_is_not_found(packing: str) -> None:
    assert not holds(PACKINGS[packing](SPACED), Needle.of("+12025550101"))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_integer_and_a_float_in_a_pickle_are_found(protocol: int) -> None:
    needle = Needle.of(NUMBER)
    assert holds(pickle.dumps([1, 12025550100], protocol=protocol), needle)
    assert not holds(pickle.dumps([1, 12025550101], protocol=protocol), needle)


def test_nothing_of_a_pickle_is_executed(tmp_path: Path) -> None:
    touched = tmp_path / "touched"

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (exec, (f"open({str(touched)!r}, 'w').write({NUMBER!r})",))

    assert holds(pickle.dumps(Evil()), Needle.of(NUMBER))
    assert not touched.exists()


def test_a_bomb_is_told_and_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "BUDGET", 1 << 20)
    with pytest.raises(TooMuch):
        holds(zlib.compress(bytes(2 << 20)), Needle.of(NUMBER))


def test_packings_within_packings_end_somewhere() -> None:
    data = SPACED
    for _layer in range(unpacking.DEPTH):
        data = base64.b64encode(data)
    assert holds(data, Needle.of(NUMBER))
    assert not holds(base64.b64encode(data), Needle.of(NUMBER))


@pytest.mark.parametrize(
    "data", [b"\x80\x05", b"x\x9c", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh91AY&SY", b"\xfd7zXZ\x00", b"A" * 15]
)
def test_what_only_begins_like_something_packed_is_nothing(data: bytes) -> None:
    needle = Needle.of(NUMBER)
    assert not holds(data, needle)
    assert not holds(data + bytes(range(256)), needle)


@pytest.mark.django_db
@pytest.mark.parametrize("packing", PACKINGS)
def test_what_is_packed_in_a_column_is_found(packing: str, foreign_table: str) -> None:
    number = factories.number()
    packed = PACKINGS[packing](spelled(number, "international, with dashes").encode())
    plant(foreign_table, "bytes", packed)
    assert list(find(number)) == [Trace("database", "legacy_leads", "bytes", 7)]
    if packed.isascii() and b"\0" not in packed:
        execute(f"INSERT INTO {foreign_table} (id, words) VALUES (8, %s)", packed.decode())
        assert Trace("database", "legacy_leads", "words", 8) in list(find(number))
