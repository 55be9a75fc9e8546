"""The document and its page: OpenAPI 3.1, from our own server alone, and as strict as every other page."""

import json
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests import factories
from tests.consent.api.program import ROOT, Program
from tests.factories import purpose


@pytest.fixture
def document() -> dict[str, Any]:
    answer = Client().get(f"{ROOT}/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_it_is_openapi_3_1_and_says_what_there_is_no_cors_for(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert "CORS" in document["info"]["description"]


def test_no_name_stands_twice_in_it() -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _value in pairs}) == len(pairs), [name for name, _value in pairs]
        return dict(pairs)

    json.loads(Client().get(f"{ROOT}/openapi.json").content, object_pairs_hook=once)


def test_every_operation_tells_what_else_may_be_answered(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert set(operation["responses"]) >= {"401", "403", "422", "429", "500"}, path
            assert operation["description"]
            once = {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"]
            assert once == ("409" in operation["responses"]) == path.endswith(("/captures", "/withdrawals"))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))
    assert references
    for reference in references:
        found: Any = document
        for part in reference.split("/"):
            found = found[part]


@pytest.mark.django_db
def test_its_examples_are_taken(document: dict[str, Any]) -> None:
    program = Program(factories.place(asks=[purpose()]))
    tried = 0
    for path, methods in document["paths"].items():
        for operation in methods.values():
            body = operation.get("requestBody", {"content": {}})["content"].get("application/json")
            if not body:
                continue
            schema = document["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
            for example in schema.get("examples", []):
                tried += 1
                answer = program.post(path.removeprefix(ROOT), example)
                assert answer.status_code in (200, 201), answer.content
    assert tried >= 4


def test_the_page_needs_nothing_from_elsewhere_and_nothing_in_line() -> None:
    answer = Client().get(f"{ROOT}/docs")
    page = answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "style-src 'self';" in f"{policy};"
    assert "://" not in page
    assert not re.search(r"<style|\bstyle=|\bon\w+=", page)
    # A block of data is not run.
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == [
        '<script type="application/json" id="swagger-settings">'
    ]
    assert '"validatorUrl": null' in page
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
    assert len(files) >= 3
    assert all(finders.find(file) for file in files)


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_they_are_for_reading_only(path: str) -> None:
    answer = Client().post(ROOT + path)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert answer["Content-Type"] == "application/problem+json"
