"""Looking consents up: those of the collection point's purposes, in the vocabulary's terms."""

import pytest

from consent.rules.states import Act
from tests import factories
from tests.consent.api.program import Program, faults
from tests.factories import NOON, entry, number, point, purpose

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    return Program(factories.place(asks=[purpose()]), "lookup")


def test_each_consent_is_told_with_its_dates_and_its_wording(program: Program) -> None:
    text = number()
    entry(point(text), at=NOON)
    answer = program.post("/consents/lookup", {"number": text})
    assert answer.json() == [
        {
            "purpose": "news",
            "channel": "sms",
            "status": "ConsentGiven",
            "since": "2026-03-02T12:00:00Z",
            "given_at": "2026-03-02T12:00:00Z",
            "notice_version": 1,
            "language": "en",
        }
    ]


def test_what_was_never_given_has_no_date_of_it(program: Program) -> None:
    text = number()
    entry(point(text), Act.REFUSED)
    (told,) = program.post("/consents/lookup", {"number": text}).json()
    assert (told["status"], told["given_at"], told["notice_version"]) == ("ConsentRefused", None, None)


def test_purposes_of_other_places_are_not_told(program: Program) -> None:
    text = number()
    entry(point(text), of=purpose("other"))
    assert program.post("/consents/lookup", {"number": text}).json() == []


def test_an_unknown_number_has_none(program: Program) -> None:
    answer = program.post("/consents/lookup", {"number": number()})
    assert (answer.status_code, answer.json()) == (200, [])
    assert faults(program.post("/consents/lookup", {"number": "nobody"})) == [("/number", "letters")]
