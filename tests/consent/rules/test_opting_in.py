"""May a text ask for a yes: it is the one message that is sent before there is consent."""

from dataclasses import replace

import pytest

from consent.rules.facts import LineFacts, SuppressionFacts
from consent.rules.opting_in import refusal_to_ask

LINE = LineFacts(known=True, line_type="mobile", region="GB")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param(LINE, None, id="a mobile telephone"),
        pytest.param(replace(LINE, known=False, erased=True), "erased", id="17: erased"),
        pytest.param(replace(LINE, known=False), "unknown_number", id="only a fingerprint"),
        pytest.param(replace(LINE, line_type="fixed_line"), "wrong_line_type", id="a fixed line"),
        pytest.param(replace(LINE, suppressions=[SuppressionFacts()]), "suppressed", id="64.1200(a)(12): all stopped"),
        pytest.param(replace(LINE, suppressions=[SuppressionFacts(None, "sms")]), "suppressed", id="texts stopped"),
        pytest.param(replace(LINE, suppressions=[SuppressionFacts(None, "call")]), None, id="calls stopped"),
        pytest.param(replace(LINE, suppressions=[SuppressionFacts(1)]), None, id="4(11): one purpose stopped"),
        pytest.param(replace(LINE, suppressions=[SuppressionFacts(objection=True)]), "objected", id="21(3)"),
        pytest.param(replace(LINE, suppressions=[SuppressionFacts(unclear=True)]), "under_review", id="unclear"),
    ],
)
@pytest.mark.parametrize("asked_by_person", [True, False])
def test_whoever_gave_the_number_some_lines_are_not_asked(
    line: LineFacts, why: str | None, asked_by_person: bool
) -> None:
    assert refusal_to_ask(line, asked_by_person=asked_by_person) == why


@pytest.mark.parametrize("region", ["CA", "US", "PR"])
def test_where_the_question_is_itself_marketing_only_who_asked_for_it_is_asked(region: str) -> None:
    there = replace(LINE, region=region)
    assert refusal_to_ask(there, asked_by_person=False) == "asking_forbidden"
    assert refusal_to_ask(there, asked_by_person=True) is None
