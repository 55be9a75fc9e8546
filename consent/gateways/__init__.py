"""Gateways: who carries a text message. One small interface; a provider is one file with one class.

A gateway is made anew for each message, so it reads its settings when it is used. It never puts a number or a text
into an error: both would end in logs.
"""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class NotSent(Exception):
    """The message was certainly not sent. `code` is the provider's stable code; `again` says that it may be tried."""

    def __init__(self, code: str, *, again: bool = False) -> None:
        super().__init__(code)
        self.code, self.again = code, again


class OptedOut(NotSent):
    """The provider refuses: the owner of the number has said stop to it."""


class Unsure(Exception):
    """Nobody knows whether the message was sent: it must not be sent again. `code` says what went wrong."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Gateway(Protocol):
    """What a provider's class has.

    name: as kept beside each message. delivers: whether a message leaves this machine; only then are numbers that are
    reserved for demonstrations refused.
    """

    name: str
    delivers: bool

    def send(self, *, to: str, body: str) -> str:
        """Send `body` to `to` (E.164) and return the provider's id. Raises NotSent, OptedOut, Unsure."""


def current() -> Gateway:
    """Return the gateway that the settings name. Raises ImportError when there is none of that name."""
    made: Gateway = import_string(settings.GATEWAY)()
    return made
