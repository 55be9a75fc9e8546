"""The codes of challenges: made of the row's random id and the service's secret, so that none is ever stored."""

import hmac

from django.utils.crypto import salted_hmac

from consent.models import Challenge

DIGITS = 6


def code_of(challenge: Challenge) -> str:
    """Return the six digits of a challenge; who has the database without the secret cannot tell them."""
    digest = salted_hmac("consent.challenge.code", challenge.uid.hex, algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}}"


def digest_of(challenge: Challenge, code: str) -> str:
    """Return the keyed digest of a code, good for this challenge alone: 64 hex digits."""
    return salted_hmac("consent.challenge.answer", f"{challenge.uid.hex}:{code}", algorithm="sha256").hexdigest()


def is_right(challenge: Challenge, code: str) -> bool:
    """Whether the code is that of the challenge, in constant time."""
    return hmac.compare_digest(digest_of(challenge, code), challenge.code_digest)
