"""How staff sign in: a password, and a second factor where somebody has set one up. Built on allauth.

What is sensitive asks for a fresh second factor, and a session alone, left open or stolen, does not do. Nothing here
knows a person's number: staff have user names, and codes come from an app or a key, never by text message.
"""

from crm.signing_in.second_factor import (
    ask,
    fresh_until,
    has_one,
    is_fresh,
    remind,
    remind_beforehand,
    reset,
    secret_of_app,
    where,
)

__all__ = [
    "ask",
    "fresh_until",
    "has_one",
    "is_fresh",
    "remind",
    "remind_beforehand",
    "reset",
    "secret_of_app",
    "where",
]
