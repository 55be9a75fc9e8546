"""Webhooks of providers of text messages: verify, then parse, then store; fail closed.

What could not be stored ends in a 5xx, and the provider delivers it again. Nothing is answered that was not stored.
"""

import hashlib
import hmac
import json
import logging
import re
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import escape
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from consent import inbound, tasks
from consent.rules.keywords import Meaning

log = logging.getLogger(__name__)

# A signature that was heard on the way is worth nothing after this long.
TOLERANCE = timedelta(minutes=5)
MAX_BYTES = 64 * 1024
# As providers write a sender: with or without plus and spaces, and perhaps with the app that it wrote in before it.
_SENDER = re.compile(r"(?:[a-z]+:)?\+?([1-9][0-9]{6,14})")
# Twilio's Advanced Opt-Out has answered by itself when it says so: then we stay silent.
_TWILIO_TYPES = {"STOP": Meaning.OPT_OUT, "START": Meaning.OPT_IN, "HELP": Meaning.HELP}


@csrf_exempt
@require_POST
def twilio(request: HttpRequest) -> HttpResponse:
    """Take in a message from Twilio: a form, signed over the public address (X-Twilio-Signature)."""
    if not settings.TWILIO_AUTH_TOKEN:
        return HttpResponse("not configured", status=503, content_type="text/plain")
    # The SDK is an extra: who does not use Twilio does not have it.
    from twilio.request_validator import RequestValidator

    said = request.POST
    address = settings.PUBLIC_URL + request.get_full_path()
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    if not validator.validate(address, said, request.headers.get("X-Twilio-Signature", "")):
        return HttpResponse("bad signature", status=403, content_type="text/plain")
    message_id = said.get("MessageSid", "")
    if not message_id:
        return HttpResponse("MessageSid is missing", status=400, content_type="text/plain")
    reply = ""
    if number := _number(said.get("From", ""), message_id):
        kind = said.get("OptOutType", "")
        got = inbound.receive(
            provider="twilio",
            message_id=message_id,
            number=number,
            body=said.get("Body", ""),
            at=timezone.now(),
            taken_for=_TWILIO_TYPES.get(kind),
            answered=bool(kind),
        )
        tasks.send_soon(got.message_ids)
        reply = got.reply
    content = f"<Message>{escape(reply)}</Message>" if reply else ""
    twiml = f'<?xml version="1.0" encoding="UTF-8"?><Response>{content}</Response>'
    return HttpResponse(twiml, content_type="text/xml")


@csrf_exempt
@require_POST
def generic(request: HttpRequest, provider: str) -> HttpResponse:
    """Take in a message from any other provider: JSON, signed with the provider's secret over time and body.

    X-Ringfence-Timestamp holds Unix seconds, X-Ringfence-Signature the hex HMAC-SHA256 of "<timestamp>.<body>". The
    body has message_id, from (a number with its country code), text, and perhaps sent_at (ISO 8601 with zone),
    opt_out_type (STOP, START, HELP) and answered. The answer may hold a reply that the provider is to send.
    """
    secret = dict(entry.partition(":")[::2] for entry in settings.WEBHOOK_SECRETS).get(provider, "")
    if not _is_signed(request, secret):
        return _problem(403, "the signature or its time is not right")
    try:
        said = json.loads(request.body)
        message_id, sender, text = str(said["message_id"]), str(said["from"]), str(said["text"])
        sent_at = _moment(said.get("sent_at"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return _problem(400, "the body is a JSON object with message_id, from and text; sent_at has a time zone")
    if not 0 < len(message_id) <= 200 or not message_id.isascii() or not message_id.isprintable():
        return _problem(400, "message_id has 1 to 200 printable characters of ASCII")
    reply = ""
    if number := _number(sender, message_id):
        kind = str(said.get("opt_out_type") or "").upper()
        got = inbound.receive(
            provider=provider,
            message_id=message_id,
            number=number,
            body=text,
            at=timezone.now(),
            occurred_at=sent_at,
            taken_for=_TWILIO_TYPES.get(kind),
            answered=said.get("answered") is True,
        )
        tasks.send_soon(got.message_ids)
        reply = got.reply
    return JsonResponse({"received": True, "reply": reply or None})


def _is_signed(request: HttpRequest, secret: str) -> bool:
    sent = request.headers.get("X-Ringfence-Timestamp", "")
    if not secret or not re.fullmatch(r"[0-9]{1,11}", sent) or len(request.body) > MAX_BYTES:
        return False
    if abs(timezone.now().timestamp() - int(sent)) > TOLERANCE.total_seconds():
        return False
    right = hmac.new(secret.encode(), sent.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(right.encode(), request.headers.get("X-Ringfence-Signature", "").encode())


def _number(sender: str, message_id: str) -> str | None:
    """Return the number (E.164) of who sent it; None for short codes and names, which no person stands behind."""
    found = _SENDER.fullmatch(re.sub(r"[ ().-]", "", sender))
    if found:
        return f"+{found.group(1)}"
    log.warning("inbound message %s is from no phone number and was left alone", message_id)
    return None


def _moment(text: object) -> datetime | None:
    """Return an aware time from ISO 8601, or None for none. Raises ValueError for one without a zone."""
    if text is None:
        return None
    moment = parse_datetime(str(text))
    if moment is None or moment.tzinfo is None:
        raise ValueError("no time with a zone")
    return moment


def _problem(status: int, detail: str) -> JsonResponse:
    return JsonResponse({"status": status, "detail": detail}, status=status, content_type="application/problem+json")
