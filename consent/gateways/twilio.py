"""Twilio: sending by its API, with its SDK (the extra `ringfence[twilio]`). https://www.twilio.com/docs/messaging/api"""

from typing import Any

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from consent.gateways import NotSent, OptedOut, Unsure

TIMEOUT = 10.0
# "Attempt to send to unsubscribed recipient".
_OPTED_OUT = 21610
_TOO_MANY = 429


class Twilio:
    """Sends by the account and sender in the settings: TWILIO_FROM is a number or the id of a messaging service."""

    name = "twilio"
    delivers = True

    def __init__(self, http_client: TwilioHttpClient | None = None) -> None:
        # The SDK never retries by itself: what was perhaps sent must not be sent again.
        self._client = Client(
            settings.TWILIO_ACCOUNT_SID,
            settings.TWILIO_AUTH_TOKEN,
            http_client=http_client or TwilioHttpClient(timeout=TIMEOUT),
        )

    def send(self, *, to: str, body: str) -> str:
        """Send a message and return its sid. The errors that are raised hold Twilio's code and nothing of its text."""
        sender = settings.TWILIO_FROM
        by: dict[str, Any] = {"messaging_service_sid": sender} if sender.startswith("MG") else {"from_": sender}
        try:
            message = self._client.messages.create(to=to, body=body, **by)
        except TwilioRestException as error:
            if error.code == _OPTED_OUT:
                raise OptedOut(str(error.code)) from None
            if error.status >= 500:
                raise Unsure(str(error.code or error.status)) from None
            raise NotSent(str(error.code or error.status), again=error.status == _TOO_MANY) from None
        except requests.exceptions.ConnectTimeout:
            raise NotSent("connect_timeout", again=True) from None
        except requests.exceptions.RequestException as error:
            # A connection may also break after the message was taken.
            raise Unsure(type(error).__name__) from None
        return str(message.sid)
