"""The Idempotency-Key header: read, and handed to `consent.idempotency`."""

import re
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja.responses import Status
from pydantic import BaseModel

from consent import idempotency
from consent.api.keys import key_of
from consent.api.problems import Fault, Problem
from consent.idempotency import Answer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
PATTERN = r"^[!-~]{1,255}$"


def answer_once(
    request: HttpRequest, response: HttpResponse, body: BaseModel, act: Callable[[], Answer]
) -> Status[dict[str, Any]]:
    """Carry out `act` in a transaction, once for each idempotency key, and return its answer.

    Raises Problem: 400 for a key that is none, 409 while the first request is running, 422 for another request.
    """
    text = request.headers.get(HEADER)
    if text is None:
        with transaction.atomic():
            done = act()
        return Status(done.status, done.body)
    if not re.fullmatch(PATTERN, text):
        detail = f"{HEADER} has 1 to 255 printable characters without spaces."
        raise Problem(400, "bad_idempotency_key", detail, errors=[Fault(HEADER, "invalid")])
    asked = f"{request.path}\n{body.model_dump_json()}"
    try:
        done = idempotency.once(api_key=key_of(request), text=text, request=asked, at=timezone.now(), act=act)
    except idempotency.OtherRequest:
        detail = f"This {HEADER} was used for another request."
        raise Problem(422, "idempotency_key_reused", detail, errors=[Fault(HEADER, "invalid", detail)]) from None
    except idempotency.StillRunning:
        detail = f"The first request with this {HEADER} is still being answered; ask again."
        raise Problem(409, "still_running", detail, headers={"Retry-After": "1"}) from None
    if done.replayed:
        response[REPLAYED] = "true"
    return Status(done.status, done.body)
