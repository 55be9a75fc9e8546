"""Searching the messages that wait in the broker, and what would be kept of their results."""

import base64
import bz2
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from kombu import Connection
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from crm.logs import mask_text
from crm.traces.needle import Trace
from crm.traces.searching import Search
from crm.traces.unpacking import TooMuch, holds


def messages(search: Search) -> Iterator[Trace]:
    """Yield the messages of the broker that hold the number, those too that a worker has taken and not yet done."""
    scheme = settings.CELERY_BROKER_URL.partition(":")[0].partition("+")[0]
    if scheme == "filesystem":
        yield from _folder(search)
    elif scheme in ("redis", "rediss", "sentinel"):
        yield from _redis(search)
    else:
        # Taken and given back, a message counts as delivered once more: after some of that a quorum queue drops it.
        search.not_seen.append(f"the queues of the broker ({scheme}): who looks at a message takes it from its worker")


def results(search: Search) -> Iterator[Trace]:
    """Say that results are not searched, where somebody keeps them; as the project stands, nothing does."""
    if getattr(settings, "CELERY_RESULT_BACKEND", None) not in (None, "", "disabled://"):
        search.not_seen.append("the results of tasks: a backend is set that keeps them")
    return iter(())


def redis_values(client: Any) -> Iterator[tuple[str, str | int, bytes]]:
    """Yield (key, place in it, value) of everything in a database of Redis. Raises RedisError."""
    for key in client.scan_iter(count=1000):
        name = bytes(key).decode(errors="replace")
        yield name, "name", bytes(key)
        match client.type(key):
            case b"string":
                yield name, "", client.get(key) or b""
            case b"list":
                yield from ((name, index, value) for index, value in enumerate(client.lrange(key, 0, -1)))
            case b"hash":
                for index, (field, value) in enumerate(client.hscan_iter(key)):
                    yield name, index, field + b" " + value
            case b"set":
                yield from ((name, index, value) for index, value in enumerate(client.sscan_iter(key)))
            case b"zset":
                yield from ((name, index, value) for index, (value, _score) in enumerate(client.zscan_iter(key)))
            case b"stream":
                for index, (_id, fields) in enumerate(client.xrange(key)):
                    yield name, index, b" ".join(part for pair in fields.items() for part in pair)


def _redis(search: Search) -> Iterator[Trace]:
    """Queues are lists, messages that were taken a hash; both hold JSON, with the body in base64."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
            channel: Any = broker.default_channel
            for key, place, value in redis_values(channel.client):
                if holds(value, search.needle):
                    yield Trace("broker", mask_text(key), "message", place)
    except (OSError, KombuError, RedisError, TooMuch):
        search.unread.append("the broker's database of Redis")


def _folder(search: Search) -> Iterator[Trace]:
    top = Path(settings.BROKER_DIR)
    try:
        paths = [path for path in sorted(top.rglob("*")) if path.is_file()] if top.exists() else []
    except OSError:
        search.unread.append("broker folder")
        return
    for path in paths:
        name = mask_text(str(path.relative_to(top)))
        if holds(path.name, search.needle):
            yield Trace("broker", name, "name", "")
        try:
            yield from _message(path, name, search)
        except FileNotFoundError:
            continue
        except (OSError, EOFError, ValueError, zlib.error):
            search.unread.append(f"broker {name}")


def _message(path: Path, name: str, search: Search) -> Iterator[Trace]:
    """A message of the embedded broker: JSON, whose body is JSON again, in base64."""
    raw = path.read_bytes()
    if path.suffix != ".msg" or not raw:
        if holds(raw, search.needle):
            yield Trace("broker", name, "message", "")
        return
    message = json.loads(raw)
    if not isinstance(message, dict):
        raise ValueError("not a message")
    body = message.pop("body", None) or ""
    if holds(json.dumps(message), search.needle):
        yield Trace("broker", name, "message", "")
    if message.get("properties", {}).get("body_encoding") == "base64":
        body = base64.b64decode(body)
        match message.get("headers", {}).get("compression"):
            case "application/x-gzip":
                body = zlib.decompress(body)
            case "application/x-bz2":
                body = bz2.decompress(body)
            case None:
                pass
            case _:
                raise ValueError("a compression that cannot be read here")
    if holds(body, search.needle):
        yield Trace("broker", name, "body", "")
