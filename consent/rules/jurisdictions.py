"""What differs from country to country, as tables by region (ISO 3166 alpha-2, as of a line's range).

A country that a table does not name has no such rule here: add its row, with its source.
"""

from dataclasses import dataclass

from consent.rules.lines import Channel


@dataclass(frozen=True, slots=True)
class ImpliedConsent:
    """For how many months consent is implied, after a business relationship and after anything less than one."""

    customer_months: int
    inquiry_months: int
    citation: str


IMPLIED_CONSENT = {
    # A purchase or a contract within two years, an inquiry within six months, before the message is sent.
    "CA": ImpliedConsent(customer_months=24, inquiry_months=6, citation="CASL s. 10(9)(a), 10(10)"),
}

# 47 U.S.C. 153: the United States are the states, the territories and the possessions. That CTIA's principles
# reach the carriers of all of them is not checked (?): the safe default is that they do.
_UNITED_STATES = ("US", "AS", "GU", "MP", "PR", "VI")
_CTIA = "CTIA Messaging Principles and Best Practices, 5.1: opt-in is not transferable"

# On which channels what somebody else was told permits us nothing.
NOT_TRANSFERABLE = {(region, Channel.SMS): _CTIA for region in _UNITED_STATES}

# Where a text that asks for a yes needs one already, unless the person has just asked for it.
ASKING_NEEDS_CONSENT = {
    "CA": "CASL s. 1(3): a message that asks for consent is itself a commercial message",
    **dict.fromkeys(_UNITED_STATES, _CTIA),
}

# The age from which a child's own consent counts (?): from summaries of the national laws, not their texts.
_CONSENT_AGES = {
    "AT": 14,  # DSG, section 4(4)
    "BE": 13,  # Act of 30 July 2018, article 7
    "BG": 14,
    "CY": 14,
    "CZ": 15,  # Act 110/2019, section 7
    "DK": 15,  # 13 until the end of 2023
    "EE": 13,
    "ES": 14,  # LO 3/2018, article 7
    "FI": 13,  # Act 1050/2018, section 5
    "FR": 15,  # Loi 78-17, article 45
    "GB": 13,  # Data Protection Act 2018, section 9
    "GR": 15,
    "IS": 13,
    "IT": 14,  # Codice, article 2-quinquies
    "LT": 14,
    "LV": 13,
    "MT": 13,
    "NO": 13,
    "PT": 13,
    "SE": 13,  # Act 2018:218, chapter 2, section 4
    "SI": 15,
}
_CONSENT_AGE = 16  # GDPR Article 8(1): of all who set no other; also outside the EEA, as nobody is harmed by it


def consent_age(region: str) -> int:
    """Return the age in years from which a person consents for themselves to an online service in a country.

    GDPR Article 8(1): 16, or as low as 13 where a member state says so. The lower ages are not checked against
    the national laws' own texts (?). region: any case; of an unknown one it is 16.
    """
    return _CONSENT_AGES.get(region.upper(), _CONSENT_AGE)
