"""What attempts are counted by, as it is kept: nobody who reads the cache learns what was typed, or searched for."""

from django.utils.crypto import salted_hmac


def cache_key(key: str, key_prefix: str, version: int) -> str:
    """Return the key as the cache keeps it: a keyed digest, as an unkeyed one of a number is soon guessed."""
    return salted_hmac("crm.signing_in.counting", f"{key_prefix}:{version}:{key}", algorithm="sha256").hexdigest()
