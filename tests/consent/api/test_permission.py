"""May we, of one number and of lists, over the API."""

import csv
import json
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.utils import timezone

from consent import screening
from consent.api import bulk
from consent.rules import RULE_SET
from consent.rules.states import Act
from crm.imports import staging
from tests import factories
from tests.consent.api.program import NDJSON, Program, faults
from tests.factories import entry, notice, number, point, purpose

pytestmark = pytest.mark.django_db
# Open in New York as in Los Angeles.
DAYTIME = "2026-03-02T18:00:00Z"


@pytest.fixture
def program() -> Program:
    return Program(factories.place(asks=[purpose()]), "permission")


def asked(text: str, **more: str) -> dict[str, str]:
    return {"number": text, "purpose": "news", "channel": "sms", "at": DAYTIME} | more


class TestOne:
    def test_the_decision_is_told_with_the_records_that_it_rests_on(self, program: Program) -> None:
        text = number()
        given = entry(point(text))
        told = program.post("/permissions", asked(text)).json()
        assert (told["verdict"], told["reason"], told["basis"]) == ("allow", "consent_given", "consent")
        assert told["evidence"] == [str(given.uid)]
        assert told["until"]
        assert told["rule_set"]

    def test_what_is_not_known_is_denied(self, program: Program) -> None:
        told = program.post("/permissions", asked(number())).json()
        assert (told["verdict"], told["reason"], told["evidence"]) == ("deny", "unknown_number", [])

    def test_only_purposes_of_the_place_may_be_asked_about(self, program: Program) -> None:
        notice(purpose("other"))
        assert faults(program.post("/permissions", asked(number(), purpose="other"))) == [("/purpose", "not_asked")]
        assert faults(program.post("/permissions", asked("nobody"))) == [("/number", "letters")]
        assert faults(program.post("/permissions", asked(number(), at="2026-03-02"))) == [("/at", "naive_timestamp")]


def rows(answer: Any) -> list[dict[str, Any]]:
    """Return the rows of an answer in NDJSON."""
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/x-ndjson; charset=utf-8"
    return [json.loads(line) for line in answer.getvalue().decode().splitlines()]


def reasons(answer: Any) -> list[tuple[int, str]]:
    return [(row["line"], row["reason"]) for row in rows(answer)]


class TestMany:
    PATH = f"/permissions/bulk?purpose=news&channel=sms&at={DAYTIME}"

    def test_there_is_a_row_for_each_number_in_order_and_never_the_number(self, program: Program) -> None:
        allowed, withdrawn, unknown = number(), number(), number()
        entry(point(allowed))
        entry(point(withdrawn), Act.WITHDRAWN)
        body = f'{{"number": "{allowed}"}}\n"{withdrawn}"\n\n"nobody"\nno json\n{{}}\n[1]\n"{unknown}"'
        answer = program.post(self.PATH, body.encode(), type=NDJSON)
        told = rows(answer)
        assert [(row["line"], row["verdict"], row["reason"]) for row in told] == [
            (1, "allow", "consent_given"),
            (2, "deny", "withdrawn"),
            (4, "deny", "not_a_number"),
            (5, "deny", "not_a_number"),
            (6, "deny", "not_a_number"),
            (7, "deny", "not_a_number"),
            (8, "deny", "unknown_number"),
        ]
        assert told[0]["until"]
        assert {(row["basis"], row["rule_set"]) for row in told} == {("consent", RULE_SET), (None, RULE_SET)}
        assert not any(text in json.dumps(told) for text in (allowed, withdrawn, unknown))

    @pytest.mark.parametrize(
        "lines", ["name,number\nAda,{0}\n\nBob,nobody\n", "{0},Ada\n\nnobody,Bob\n", "\ufeff{0}\r\n\r\nnobody\r\n"]
    )
    def test_csv_is_read_by_its_column_or_the_first(self, program: Program, lines: str) -> None:
        text = number()
        entry(point(text))
        answer = program.post(self.PATH, lines.format(text).encode(), type="text/csv")
        first = 2 if lines.startswith("name") else 1
        assert reasons(answer) == [(first, "consent_given"), (first + 2, "not_a_number")]

    def test_a_broken_record_is_one_row_and_the_next_are_read(self, program: Program) -> None:
        text = number()
        body = f'number\n"a"b\n{text}\n"open {text}\n'
        answer = program.post(self.PATH, body.encode(), type="text/csv")
        assert reasons(answer) == [(2, "not_a_number"), (3, "unknown_number"), (4, "not_a_number")]

    def test_the_answer_comes_as_csv_where_that_is_asked_for(self, program: Program) -> None:
        answer = program.post(self.PATH, f'"{number()}"\n"x"\n'.encode(), type=NDJSON, Accept="text/csv")
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        read = list(csv.reader(StringIO(answer.getvalue().decode())))
        assert read == [
            ["line", "verdict", "reason", "basis", "until", "rule_set"],
            ["1", "deny", "unknown_number", "", "", RULE_SET],
            ["2", "deny", "not_a_number", "", "", RULE_SET],
        ]

    def test_national_numbers_are_read_by_the_region_of_the_place(self, program: Program) -> None:
        entry(point("+12025550177"))
        assert reasons(program.post(self.PATH, b'"202 555 0177"', type=NDJSON)) == [(1, "consent_given")]

    def test_the_same_is_decided_as_of_one(self, program: Program) -> None:
        texts = [number() for _each in range(4)]
        entry(point(texts[0]))
        entry(point(texts[1]), Act.REQUESTED)
        point(texts[2])
        ones = [program.post("/permissions", asked(text)).json() for text in texts]
        many = rows(program.post(self.PATH, "\n".join(json.dumps(text) for text in texts).encode(), type=NDJSON))
        for one, row in zip(ones, many, strict=True):
            assert (one["verdict"], one["reason"]) == (row["verdict"], row["reason"])

    def test_lines_without_end_and_bytes_that_are_no_text_are_no_numbers(self, program: Program) -> None:
        text = number()
        body = b"1" * 20_000 + b'\n"\xff\xfe"\n"' + text.encode() + b'"\n' + b"[" * 4000 + b"\n" + b"2" * 4096
        assert reasons(program.post(self.PATH, body, type=NDJSON)) == [
            (1, "not_a_number"),
            (2, "not_a_number"),
            (3, "unknown_number"),
            (4, "not_a_number"),
            (5, "not_a_number"),
        ]

    def test_it_answers_before_it_has_read_all_and_keeps_no_file(
        self, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(screening, "CHUNK", 2)
        decided: list[int] = []
        decide = screening._Screening.decide

        def counting(self: Any, chunk: Any, rows: Any) -> Any:
            decided.append(len(chunk))
            return decide(self, chunk, rows)

        monkeypatch.setattr(screening._Screening, "decide", counting)
        before = set(staging.directory().iterdir())
        body = "".join(f'"{number()}"\n' for _each in range(5)).encode()
        answer = program.post(self.PATH, body, type=NDJSON)
        stream = iter(answer.streaming_content)
        assert json.loads(next(stream))["line"] == 1
        assert decided == [2]
        assert len(list(stream)) == 4
        assert decided == [2, 2, 1]
        assert set(staging.directory().iterdir()) == before

    def test_what_cannot_be_asked_is_refused_before_anything_is_read(self, program: Program) -> None:
        line = b'"+12025550100"\n'
        path = "/permissions/bulk"
        assert faults(program.post(f"{path}?channel=sms", line, type=NDJSON)) == [("purpose", "missing")]
        assert faults(program.post(f"{path}?purpose=other&channel=sms", line, type=NDJSON)) == [
            ("purpose", "not_asked")
        ]
        assert faults(program.post(f"{path}?purpose=news&channel=fax", line, type=NDJSON)) == [("channel", "enum")]
        assert faults(program.post(f"{path}?purpose=news&channel=sms&at=noon", line, type=NDJSON)) == [
            ("at", "not_a_time")
        ]
        assert program.post(self.PATH, line, type="text/plain").status_code == 415

    def test_a_body_that_ends_too_soon_or_is_too_long_is_refused(self, program: Program) -> None:
        cut_off: dict[str, Any] = {"CONTENT_LENGTH": "20", "wsgi.input": BytesIO(b"x")}
        short = program.client.post("/api/v1" + self.PATH, b"x", content_type=NDJSON, **cut_off)
        assert (short.status_code, short.json()["code"]) == (400, "malformed")
        long = program.client.post(
            "/api/v1" + self.PATH, b"x", content_type=NDJSON, CONTENT_LENGTH=str(bulk.MAX_BYTES + 1)
        )
        assert long.status_code == 413
        assert len(rows(program.post(self.PATH, b'"x"\n' * 20_000, type=NDJSON))) == 20_000

    def test_now_is_meant_where_no_time_is_named(self, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        times: list[Any] = []

        def when(_rows: Any, _number_of: Any, **how: Any) -> Any:
            times.append(how["at"])
            return iter(())

        monkeypatch.setattr(screening, "screen_rows", when)
        before = timezone.now()
        program.post("/permissions/bulk?purpose=news&channel=sms", b'"x"\n', type=NDJSON).getvalue()
        assert before <= times[0] <= timezone.now()
