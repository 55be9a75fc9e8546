"""The six lawful bases and where each one stands."""

import pytest

from consent.rules.bases import LawfulBasis


# GDPR Article 6(1), points (a) to (f), in the order of the text.
@pytest.mark.parametrize(
    ("basis", "citation"),
    [
        (LawfulBasis.CONSENT, "GDPR Art. 6(1)(a)"),
        (LawfulBasis.CONTRACT, "GDPR Art. 6(1)(b)"),
        (LawfulBasis.LEGAL_OBLIGATION, "GDPR Art. 6(1)(c)"),
        (LawfulBasis.VITAL_INTERESTS, "GDPR Art. 6(1)(d)"),
        (LawfulBasis.PUBLIC_TASK, "GDPR Art. 6(1)(e)"),
        (LawfulBasis.LEGITIMATE_INTERESTS, "GDPR Art. 6(1)(f)"),
    ],
)
def test_a_basis_cites_its_point_of_the_article(basis: LawfulBasis, citation: str) -> None:
    assert basis.citation == citation


def test_there_are_six_bases_and_their_stored_values_are_stable() -> None:
    assert [basis.value for basis in LawfulBasis] == [
        "consent",
        "contract",
        "legal_obligation",
        "vital_interests",
        "public_task",
        "legitimate_interests",
    ]
