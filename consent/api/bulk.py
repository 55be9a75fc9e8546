"""May we, for a whole list: numbers come in line by line, and the answers go out as they are found.

What comes in is taken in whole before the first answer goes out: most clients read nothing while they still send, and
would wait for us while we wait for them. It waits in a file without a name in the staging directory.
"""

import csv
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from io import StringIO
from operator import itemgetter
from typing import IO, Any, NamedTuple

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from ninja import Query, Router

from consent import screening
from consent.api.document import described
from consent.api.fields import Channel, Moment, Slug, purpose_of
from consent.api.keys import place_of
from consent.api.problems import Problem
from consent.models import ApiKey, Purpose
from consent.rules import RULE_SET
from consent.rules.permission import Decision, Verdict
from crm import phones
from crm.imports import staging

router = Router(tags=["permission"])

PATH = "/permissions/bulk"
MAX_BYTES = 64 * 1024 * 1024
NOT_A_NUMBER = "not_a_number"
_NDJSON, _CSV = "application/x-ndjson", "text/csv"
# No number is as long, whatever is written around it; a line without an end does not fill the memory.
_LINE = 4096
_COLUMNS = ("line", "verdict", "reason", "basis", "until", "rule_set")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class _Row(NamedTuple):
    """An answer: never the number, but the line of the body that it stood on, from 1."""

    line: int
    verdict: str
    reason: str
    basis: str | None
    until: str | None
    rule_set: str


_EXAMPLE = _Row(1, "allow", "consent_given", "consent", None, RULE_SET)


class _Stream:
    """The text of an answer, and the file that it is made from: Django closes it also where nobody reads on."""

    def __init__(self, body: IO[bytes], text: Iterator[str]) -> None:
        self._body, self._text = body, text

    def __iter__(self) -> Iterator[str]:
        return self._text

    def close(self) -> None:
        """Let go of the file."""
        self._body.close()


# Text, of which JSON Schema has nothing more to say.
_TEXT: dict[str, Any] = {"contentMediaType": "text/plain"}
_IN = {
    _NDJSON: {
        "schema": _TEXT,
        "examples": {"list": {"value": '{"number": "+12025550100"}\n"+12025550101"\n'}},
    },
    _CSV: {"schema": _TEXT, "examples": {"list": {"value": "number\n+12025550100\n+12025550101\n"}}},
}
_OUT = {
    # A number, as ninja has it: as a text it would stand there twice.
    200: {
        "description": "A row for each number, in order.",
        "content": {
            _NDJSON: {"schema": _TEXT, "example": json.dumps(_EXAMPLE._asdict()) + "\n"},
            _CSV: {
                "schema": _TEXT,
                "example": f"{','.join(_COLUMNS)}\r\n1,allow,consent_given,consent,,{RULE_SET}\r\n",
            },
        },
    }
}
_TERMS = described(ApiKey.Scope.PERMISSION)
_TERMS["openapi_extra"]["responses"] |= _OUT
_TERMS["openapi_extra"]["requestBody"] = {"required": True, "content": _IN}


@router.post(PATH, operation_id="ask_permissions", **_TERMS)
def ask_all(
    request: HttpRequest, purpose: Query[Slug], channel: Query[Channel], at: Query[Moment | None] = None
) -> StreamingHttpResponse:
    """Ask the same for a list of numbers, in E.164.

    The body is NDJSON (on each line a number, or an object with a `number`), or CSV (the column `number`, or else the
    first of a file without a header). The answer comes in the format that `Accept` asks for: a row for each line with a
    number, with the number of that line, and never the phone number. What is no phone number is denied as
    `not_a_number`. It counts as one request.
    """
    place = place_of(request)
    asked = purpose_of(place, purpose, where="purpose")
    read = {_NDJSON: _read_ndjson, _CSV: _read_csv}.get(request.content_type or "")
    if read is None:
        raise Problem(415, "unsupported_media_type", f"Send {_NDJSON} or {_CSV}.")
    wanted = request.get_preferred_type([_NDJSON, _CSV]) or _NDJSON
    write = _write_csv if wanted == _CSV else _write_ndjson
    body = _taken_in(request)
    rows = _answers(
        body,
        read,
        region=place.source.default_region or None,
        purpose=asked,
        channel=channel,
        at=at or timezone.now(),
    )
    return StreamingHttpResponse(_Stream(body, write(rows)), content_type=f"{wanted}; charset=utf-8")


def _taken_in(request: HttpRequest) -> IO[bytes]:
    """Return the body in a file. Raises Problem where it ends before it should."""
    # The answer closes it.
    file = tempfile.TemporaryFile(dir=staging.directory())  # noqa: SIM115
    try:
        while chunk := request.read(64 * 1024):
            file.write(chunk)
        if file.tell() != int(request.META.get("CONTENT_LENGTH") or 0):
            raise Problem(400, "malformed", "The body ended before it was complete.")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _answers(
    body: IO[bytes],
    read: Callable[[Iterable[str]], Iterator[tuple[int, str]]],
    *,
    region: str | None,
    purpose: Purpose,
    channel: Channel,
    at: datetime,
) -> Iterator[_Row]:
    told = ((line, _e164(text, region) or "") for line, text in read(_lines(body)))
    answered = screening.screen_rows(told, itemgetter(1), purpose=purpose, channel=channel, at=at)
    for (line, _number), decision in answered:
        yield _row(line, decision)


def _row(line: int, decision: Decision | None) -> _Row:
    if decision is None:
        return _Row(line, Verdict.DENY.value, NOT_A_NUMBER, None, None, RULE_SET)
    until = decision.until.isoformat() if decision.until else None
    return _Row(line, decision.verdict.value, decision.reason.value, decision.basis, until, decision.rule_set)


def _e164(text: str, region: str | None) -> str | None:
    # Most lists are in E.164 already, and reading a number takes longer than deciding on it.
    if _E164.fullmatch(text):
        return text
    try:
        return phones.read_e164(text, region=region)
    except phones.NotANumber:
        return None


def _lines(body: IO[bytes]) -> Iterator[str]:
    """Return the lines of the body; one that is far too long, or not UTF-8, as one that holds no number."""
    while line := body.readline(_LINE):
        whole = line.endswith(b"\n") or len(line) < _LINE
        while not whole:
            rest = body.readline(_LINE)
            whole = rest.endswith(b"\n") or len(rest) < _LINE
            line = b"?\n"
        yield line.decode(errors="replace").removeprefix("\ufeff")


def _read_ndjson(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Return the number of each line that is not empty, and what stands there for a phone number."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            said: Any = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        text = said.get("number") if isinstance(said, dict) else said
        yield number, text if isinstance(text, str) else ""


def _read_csv(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Return the same of CSV (RFC 4180); a quoted cell may hold several lines, and its record counts by the last."""
    reader = csv.reader(lines, strict=True)
    column: int | None = None
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield reader.line_num, ""
            continue
        if not cells:
            continue
        if column is None:
            names = [cell.strip().casefold() for cell in cells]
            column = names.index("number") if "number" in names else 0
            if "number" in names:
                continue
        yield reader.line_num, cells[column] if column < len(cells) else ""


def _write_ndjson(rows: Iterable[_Row]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row._asdict()) + "\n"


def _write_csv(rows: Iterable[_Row]) -> Iterator[str]:
    line = StringIO()
    writer = csv.writer(line)
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow(row)
        if line.tell() > 16 * 1024:
            yield line.getvalue()
            line.seek(0)
            line.truncate()
    yield line.getvalue()
