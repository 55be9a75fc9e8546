"""The reference of reason codes is made of the code: a code without its row or its sentence fails here."""

from consent import reference, words
from consent.rules.reasons import REASONS, Reason


def test_every_reason_has_its_grounds_and_its_sentence() -> None:
    assert list(REASONS) == list(Reason)
    assert list(words.REASONS) == list(Reason)


def test_the_reference_says_of_each_code_what_it_means_and_by_which_rule() -> None:
    rows = reference.reasons()
    assert [row.code for row in rows] == [reason.value for reason in Reason]
    assert all(row.sentence and row.citation and row.verdict in ("allow", "deny", "review") for row in rows)
    assert rows[0] == reference.Row("consent_given", "allow", "Consent was given.", "GDPR Art. 6(1)(a), 7")
