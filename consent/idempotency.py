"""The same request gets the same answer, and does its work once: for programs whose network fails them.

As in draft-ietf-httpapi-idempotency-key-header. The record of a key and what the request does are one transaction, and
the record is inserted first: a second request that comes meanwhile waits on the unique index and then reads the
answer, so that no two of them ever do the work.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.crypto import salted_hmac

from consent.models import ApiKey, IdempotencyRecord
from consent.rules.times import require_aware

KEPT = timedelta(hours=24)
# How long a second request waits for the answer to the first, before it is told to come back.
WAIT_SECONDS = 5
_LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program is told: the HTTP status and the JSON body; `replayed` says that it was told so before."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


class OtherRequest(ValueError):
    """The idempotency key was used before, for another request."""


class StillRunning(ValueError):
    """The first request with this idempotency key has not been answered yet."""


def once(*, api_key: ApiKey, text: str, request: str, at: datetime, act: Callable[[], Answer]) -> Answer:
    """Carry out `act` at `at` (aware) in a transaction, or say again what the same request was answered before.

    text: the idempotency key, as the program chose it. request: what is asked for, in one spelling. Only keyed digests
    of both are kept. Raises OtherRequest, StillRunning, and what `act` raises: then nothing was done, and nothing kept.
    """
    at = require_aware(at, name="at")
    key_digest, request_digest = _digest("key", text), _digest("request", request)
    try:
        with transaction.atomic():
            record = _begin(api_key, key_digest, request_digest, at=at)
            answer = act()
            record.status, record.body = answer.status, answer.body
            record.save(update_fields=["status", "body"])
            return answer
    except _AnsweredBefore:
        record = IdempotencyRecord.objects.get(api_key=api_key, key_digest=key_digest)
    if record.request_digest != request_digest:
        raise OtherRequest("the key was used for another request")
    return Answer(record.status, record.body, replayed=True)


def forget_answers(*, at: datetime) -> int:
    """Remove the answers that were given more than a day before `at` (aware), and return how many there were."""
    old = IdempotencyRecord.objects.filter(created_at__lt=require_aware(at, name="at") - KEPT)
    return old.delete()[0]


class _AnsweredBefore(Exception):
    """There is a record of this key."""


def _begin(api_key: ApiKey, key_digest: str, request_digest: str, *, at: datetime) -> IdempotencyRecord:
    """Insert the record of a request, after waiting for another one with the same key to end."""
    try:
        with transaction.atomic():
            _wait_at_most(f"{WAIT_SECONDS}s")
            record = IdempotencyRecord.objects.create(
                api_key=api_key, key_digest=key_digest, request_digest=request_digest, status=0, body={}, created_at=at
            )
            _wait_at_most("DEFAULT")
    except IntegrityError:
        raise _AnsweredBefore from None
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise StillRunning("the first request has not been answered") from None
        raise
    return record


def _wait_at_most(period: str) -> None:
    """Bound how long this transaction waits for a lock; SQLite, which lets writers in one by one, has a bound."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Not a parameter: SET takes none. The period is one of ours.
            cursor.execute("SET LOCAL lock_timeout TO " + (period if period == "DEFAULT" else f"'{period}'"))


def _digest(salt: str, text: str) -> str:
    return salted_hmac(f"consent.idempotency.{salt}", text, algorithm="sha256").hexdigest()
