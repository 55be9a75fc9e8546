"""Errors: one form for all of them, naming the field, telling nothing else."""

from io import StringIO
from typing import Any

import pytest
from django.test import Client

from consent import places
from consent.api.app import MAX_BYTES
from tests import factories
from tests.consent.api.program import ROOT, Program, faults
from tests.factories import number, purpose

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    return Program(factories.place(asks=[purpose()]))


def told(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert (problem["type"], problem["status"], problem["code"]) == ("about:blank", status, code)
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    "body",
    [b"{", b"nothing", b'{"number": NaN}', b"\xff\xfe{", b'{"number": "\\ud800"}', b'{"\\udc00": 1}', b"[" * 50_000],
)
def test_what_is_no_json_in_utf_8_is_malformed(program: Program, body: bytes) -> None:
    told(program.post("/withdrawals", body), 400, "malformed")


def test_each_field_at_fault_is_named_by_its_pointer(program: Program) -> None:
    body = {"number": 12, "channel": "fax", "region": "us", "evidence": {"ip": "home", "a/b~c": 1}}
    assert sorted(faults(program.post("/withdrawals", body))) == [
        ("/channel", "enum"),
        ("/evidence/a~1b~0c", "extra_forbidden"),
        ("/evidence/ip", "not_an_ip"),
        ("/number", "string_type"),
        ("/region", "string_pattern_mismatch"),
    ]


def test_a_country_that_there_is_not_and_an_address_with_a_zone_are_named(program: Program) -> None:
    body = {"number": number(), "region": "ZZ", "evidence": {"ip": "fe80::1%eth0"}}
    assert sorted(faults(program.post("/withdrawals", body))) == [
        ("/evidence/ip", "not_an_ip"),
        ("/region", "unknown_country"),
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"1"])
def test_a_body_that_is_no_object_is_at_fault_as_a_whole(program: Program, body: bytes) -> None:
    assert [where for where, _code in faults(program.post("/withdrawals", body))] == [""]


def test_a_character_that_no_database_stores_is_refused(program: Program) -> None:
    body = {"number": number(), "evidence": {"user_agent": "a\x00b"}}
    assert faults(program.post("/withdrawals", body)) == [("/evidence/user_agent", "string_pattern_mismatch")]


def test_of_very_many_faults_the_first_are_told(program: Program) -> None:
    assert len(faults(program.post("/withdrawals", {str(index): 1 for index in range(5000)}))) == 20


def test_bodies_of_other_types_sizes_and_of_no_length_are_refused(program: Program) -> None:
    told(
        program.post("/withdrawals", b"number=1", type="application/x-www-form-urlencoded"),
        415,
        "unsupported_media_type",
    )
    told(program.post("/withdrawals", b" " * (MAX_BYTES + 1)), 413, "too_large")
    assert program.post("/withdrawals", b" " * MAX_BYTES).status_code == 400
    told(program.post("/withdrawals", b"{}", Transfer_Encoding="chunked"), 411, "length_required")


def test_an_unknown_address_is_a_problem_too() -> None:
    client = Client()
    told(client.get(f"{ROOT}/nothing"), 404, "not_found")
    told(client.post(f"{ROOT}/captures/"), 404, "not_found")
    told(client.get(f"{ROOT}/"), 404, "not_found")


def test_a_fault_of_ours_tells_nothing_of_itself_anywhere(
    program: Program, monkeypatch: pytest.MonkeyPatch, logged: StringIO
) -> None:
    text = number()

    def broken(*_args: Any, **_values: Any) -> None:
        raise RuntimeError(f"secret {text}")

    monkeypatch.setattr(places, "count_request", broken)
    problem = told(program.post("/withdrawals", {"number": text}), 500, "failed")
    assert "secret" not in str(problem)
    assert "secret [number]" in logged.getvalue()
    assert text not in logged.getvalue()


def test_the_details_are_told_in_the_language_that_is_asked_for(program: Program) -> None:
    answer = program.post("/withdrawals", {"number": "stop"}, Accept_Language="de")
    assert answer["Content-Language"] == "de"


class TestLimits:
    def test_a_key_that_is_used_too_often_is_told_when_to_come_back(self) -> None:
        program = Program(factories.place(asks=[purpose()]), "lookup", per_minute=2)
        body = {"number": number()}
        answers = [program.post("/consents/lookup", body) for _each in range(3)]
        if answers[0]["RateLimit-Reset"] < answers[2]["RateLimit-Reset"]:  # a minute ended just now
            answers = [program.post("/consents/lookup", body) for _each in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        told(answers[2], 429, "too_many_requests")
        assert 1 <= int(answers[2]["Retry-After"]) <= 60
        # What the key may not do at all is counted as well.
        assert program.post("/captures", body).status_code == 429
