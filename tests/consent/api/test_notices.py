"""What a collection point asks for, for apps that show it."""

import pytest

from tests import factories
from tests.consent.api.program import Program, faults
from tests.factories import notice, purpose

pytestmark = pytest.mark.django_db


def test_the_newest_wording_of_each_purpose_is_told_what_is_necessary_last() -> None:
    news = purpose(needs_confirmation=True)
    service = purpose("a-service", basis="contract", channels=["call"], necessary=True)
    program = Program(factories.place(asks=[news, service]), "capture")
    notice(news, version=2)
    told = program.get("/notices", language="en").json()
    assert told == [
        {
            "purpose": "news",
            "name": "News",
            "channels": ["sms", "call"],
            "optional": True,
            "needs_confirmation": True,
            "notice_version": 2,
            "language": "en",
            "text": "May we contact you about News?",
        },
        {
            "purpose": "a-service",
            "name": "A-Service",
            "channels": ["call"],
            "optional": False,
            "needs_confirmation": False,
            "notice_version": 1,
            "language": "en",
            "text": "May we contact you about A-Service?",
        },
    ]


def test_in_a_language_in_which_nothing_is_published_there_is_nothing() -> None:
    program = Program(factories.place(asks=[purpose()]))
    assert program.get("/notices", language="fr").json() == []
    assert faults(program.get("/notices")) == [("language", "missing")]
    assert faults(program.get("/notices", language="\x00")) == [("language", "string_pattern_mismatch")]
