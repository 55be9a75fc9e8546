"""Random ids that open something: who has one is let in, so that only a digest of it is ever kept.

They have 256 random bits; nothing is gained by hashing them slowly.
"""

import hashlib
import secrets


def new() -> str:
    """Return a new random id: 43 characters that may stand in an address."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """Return the digest by which a random id is kept and found, as 64 hex digits.

    Whatever is typed has one; what is no text at all gets one that no id has.
    """
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
