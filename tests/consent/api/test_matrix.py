"""Who may call what. The table below is the rule; a path of the document that it does not name fails the test."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consent import places
from consent.models import ApiKey
from tests import factories
from tests.consent.api.program import NDJSON, ROOT, Program
from tests.factories import notice, number, purpose

pytestmark = pytest.mark.django_db

# The scope that opens each path by its one method; every other method is 405.
TABLE = """
path                    method  scope
/captures               POST    capture
/confirmations          POST    capture
/confirmations/resend   POST    capture
/notices                GET     capture
/withdrawals            POST    withdraw
/consents/lookup        POST    lookup
/permissions            POST    permission
/permissions/bulk       POST    permission
"""
ROWS = [tuple(line.split()) for line in TABLE.strip().splitlines()[1:]]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]

TEXT = number(0)
_ONE = {"number": TEXT}
BODIES: dict[str, Any] = {
    "/captures": _ONE | {"language": "en", "choices": [], "evidence": {}},
    "/confirmations": {"token": "none", "code": "123456"},
    "/confirmations/resend": {"token": "none"},
    "/withdrawals": _ONE,
    "/consents/lookup": _ONE,
    "/permissions": _ONE | {"purpose": "news", "channel": "sms"},
}
# What the right key is answered; a confirmation of nothing is refused for what it says, not for who says it.
DONE = {"/confirmations": 422, "/confirmations/resend": 202}


def call(path: str, method: str, key: str | None) -> Any:
    """Call a path as it wants to be called."""
    headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
    client = Client(headers=headers)
    query = {"/notices": "?language=en", "/permissions/bulk": "?purpose=news&channel=sms"}.get(path, "")
    body = json.dumps(TEXT) if path == "/permissions/bulk" else json.dumps(BODIES.get(path))
    kind = NDJSON if path == "/permissions/bulk" else "application/json"
    answer = client.generic(method, ROOT + path + query, body if method != "GET" else "", content_type=kind)
    if answer.streaming:
        answer.getvalue()
    return answer


@pytest.fixture
def keys() -> dict[str, str]:
    place = factories.place(asks=[purpose()])
    now = timezone.now()
    made = {scope: Program(place, scope).text for scope in ApiKey.Scope.values}
    revoked, expired = Program(place), Program(place)
    places.revoke_key(revoked.key, at=now)
    ApiKey.objects.filter(pk=expired.key.pk).update(created_at=now - timedelta(days=2), expires_at=now)
    closed = Program(factories.place("closed", active=False))
    return made | {
        "wrong": made["capture"][:-1] + ("A" if made["capture"][-1] != "A" else "B"),
        "none of ours": "abc",
        "empty": "",
        "revoked": revoked.text,
        "expired": expired.text,
        "of a closed place": closed.text,
    }


def test_the_table_names_every_path_of_the_document() -> None:
    paths = Client().get(f"{ROOT}/openapi.json").json()["paths"]
    written = {(path.removeprefix(ROOT), method.upper()) for path, methods in paths.items() for method in methods}
    assert written == {(path, method) for path, method, _scope in ROWS}
    for path, method, scope in ROWS:
        assert paths[ROOT + path][method.lower()]["security"] == [{"ApiKey": [scope]}]


@pytest.mark.parametrize(("path", "method", "scope"), ROWS, ids=[row[0] for row in ROWS])
class TestEveryPath:
    def test_only_its_scope_opens_it(self, path: str, method: str, scope: str, keys: dict[str, str]) -> None:
        for each in ApiKey.Scope.values:
            answer = call(path, method, keys[each])
            assert answer["RateLimit-Limit"] == "300"
            assert answer["RateLimit-Remaining"] == "299"
            assert 0 <= int(answer["RateLimit-Reset"]) <= 60
            if each == scope:
                assert answer.status_code == DONE.get(path, 200), answer.content
            else:
                assert answer.status_code == 403
                assert answer.json()["code"] == "missing_scope"
                assert scope in answer.json()["detail"]
                assert answer["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}"'

    def test_no_key_and_no_good_key_opens_nothing(
        self, path: str, method: str, scope: str, keys: dict[str, str]
    ) -> None:
        answer = call(path, method, None)
        assert (answer.status_code, answer.json()["code"]) == (401, "no_key")
        assert answer["WWW-Authenticate"] == 'Bearer realm="Ringfence"'
        told = set()
        for each in sorted(set(keys) - set(ApiKey.Scope.values)):
            answer = call(path, method, keys[each])
            assert answer.status_code == 401
            assert 'error="invalid_token"' in answer["WWW-Authenticate"]
            assert "RateLimit-Limit" not in answer
            told.add(answer.content)
        assert len(told) == 1

    def test_other_methods_are_none(self, path: str, method: str, scope: str, keys: dict[str, str]) -> None:
        for each in METHODS:
            if each != method:
                answer = call(path, each, keys[scope])
                assert (answer.status_code, answer["Allow"]) == (405, method)
                assert answer["Content-Type"] == "application/problem+json"

    def test_no_answer_is_kept_or_readable_from_another_origin(
        self, path: str, method: str, scope: str, keys: dict[str, str]
    ) -> None:
        client = Client(headers={"Authorization": f"Bearer {keys[scope]}", "Origin": "https://shop.example"})
        answer = client.generic(method, ROOT + path)
        assert answer["Cache-Control"] == "no-store"
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]

    def test_no_number_stands_in_an_answer_or_a_log_line(
        self, path: str, method: str, scope: str, keys: dict[str, str], logged: StringIO
    ) -> None:
        bodies = [
            BODIES.get(path),
            {"number": f"{TEXT}x"},
            {TEXT: TEXT},
            [TEXT],
            TEXT,
            {"number": [TEXT], "token": TEXT},
        ]
        for body in bodies:
            for key in (keys[scope], TEXT):
                client = Client(headers={"Authorization": f"Bearer {key}", "Idempotency-Key": f"a {TEXT}"})
                query = f"?language={TEXT[1:]}&purpose={TEXT[1:]}&channel={TEXT[1:]}&at={TEXT[1:]}"
                query = "" if method == "POST" and "bulk" not in path else query
                answer = client.generic(method, ROOT + path + query, json.dumps(body), content_type="application/json")
                assert TEXT[1:] not in answer.content.decode()
                assert TEXT[1:] not in str(answer.headers)
        assert path in logged.getvalue()
        assert TEXT[1:] not in logged.getvalue()


def test_a_key_speaks_for_its_own_place_alone() -> None:
    factories.place("other", asks=[purpose("other")])
    notice(purpose("other"))
    program = Program(factories.place(asks=[purpose()]))
    assert [each["purpose"] for each in program.get("/notices", language="en").json()] == ["news"]
    asked = {"number": TEXT, "purpose": "other", "channel": "sms"}
    assert program.post("/permissions", asked).status_code == 422
