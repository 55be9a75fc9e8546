"""The page of reason codes."""

import re

import pytest

from consent.reference import reasons

ADDRESS = "/reference/reasons/"


def test_every_reason_stands_on_it_with_its_verdict_its_sentence_and_its_rule(client) -> None:
    text = client.get(ADDRESS).content.decode()
    rows = re.findall(
        r"<code>(\w+)</code></th><td>(\w+)</td><td>([^<]+)</td><td>([^<]+)</td>", text.replace("&#x27;", "'")
    )
    assert rows == [(row.code, row.verdict, row.sentence, row.citation) for row in reasons()]
    assert len(rows) > 20


@pytest.mark.parametrize("accepted", ["de", "en"])
def test_it_is_in_english_whoever_asks(client, accepted) -> None:
    response = client.get(ADDRESS, headers={"Accept-Language": accepted})
    assert response["Content-Language"] == "en"
    assert "Consent was given." in response.content.decode()


def test_it_is_only_looked_at(client) -> None:
    assert client.post(ADDRESS).status_code == 405
