"""Brokers and caches that are servers: what is in Redis is found; what cannot be looked at is said."""

import base64
import json
import os
import pickle
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.core.cache import caches
from kombu import Connection

from crm.traces import Trace, queues
from crm.traces import caches as searched_caches
from crm.traces.needle import Needle
from crm.traces.searching import Search
from tests.crm.traces.planted import unheard_of

# A database of Redis that no other test uses.
DATABASE = 13


@pytest.fixture
def server(settings: Any) -> Iterator[Any]:
    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0").rpartition("/")[0] + f"/{DATABASE}"
    client = redis.Redis.from_url(url, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.RedisError:
        pytest.skip("no Redis answers")
    settings.CELERY_BROKER_URL = url
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 1}
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


def found(search: Any, number: str) -> tuple[list[Trace], Search]:
    asked = Search(Needle.of(number))
    return list(search(asked)), asked


def test_a_message_that_waits_in_redis_is_found(server: Any, settings: Any) -> None:
    number = unheard_of()
    with Connection(settings.CELERY_BROKER_URL) as broker:
        queue = broker.SimpleQueue("celery")
        queue.put([[1], {}])
        queue.put([[number], {}], compression="zlib")
        queue.close()
    traces, search = found(queues.messages, number)
    assert traces == [Trace("broker", "celery", "message", 0)]
    assert (search.unread, search.not_seen) == ([], [])


def test_a_message_that_a_worker_has_taken_is_found(server: Any, settings: Any) -> None:
    number = unheard_of()
    body = base64.b64encode(json.dumps([[number]]).encode()).decode()
    server.hset("unacked", "tag", json.dumps([{"body": body}, "", "celery"]))
    assert found(queues.messages, number)[0] == [Trace("broker", "unacked", "message", 0)]


@pytest.mark.parametrize("kind", ["string", "set", "zset", "stream", "name of a key"])
def test_every_kind_of_value_is_searched(kind: str, server: Any) -> None:
    number = unheard_of()
    match kind:
        case "string":
            server.set("k", number)
        case "set":
            server.sadd("k", number)
        case "zset":
            server.zadd("k", {number: 1})
        case "stream":
            server.xadd("k", {"field": number})
        case _:
            server.set(f"k{number}", "v")
    traces, _search = found(queues.messages, number)
    assert len(traces) == 1
    assert number[1:] not in str(traces)


def test_a_redis_that_does_not_answer_is_told(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 1}
    assert found(queues.messages, unheard_of())[1].unread == ["the broker's database of Redis"]


def test_queues_of_rabbitmq_are_said_not_to_be_seen(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1//"
    traces, search = found(queues.messages, unheard_of())
    assert (traces, search.unread) == ([], [])
    assert search.not_seen[0].startswith("the queues of the broker (amqp)")


def test_a_backend_that_keeps_results_is_told(settings: Any) -> None:
    assert found(queues.results, unheard_of())[1].not_seen == []
    settings.CELERY_RESULT_BACKEND = "redis://127.0.0.1/1"
    assert len(found(queues.results, unheard_of())[1].not_seen) == 1


def test_a_cache_in_redis_is_searched(server: Any, settings: Any) -> None:
    number = unheard_of()
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": settings.CELERY_BROKER_URL}}
    caches["default"].set("people", {"phone": [number]})
    assert found(searched_caches.entries, number)[0] == [Trace("cache", ":1:people", "default", "")]


def test_a_cache_in_files_is_searched_unpacked(settings: Any, tmp_path: Any) -> None:
    number = unheard_of()
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(tmp_path / "cache")}}
    caches["default"].set("people", {"phone": int(number[1:])})
    [trace] = found(searched_caches.entries, number)[0]
    assert (trace.place, trace.column) == ("cache", "line")
    assert zlib.compress(pickle.dumps(1))[:1] == b"x"  # how Django packs an entry


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("locmem.LocMemCache", "the cache default: each process has its own, in its memory"),
        ("memcached.PyMemcacheCache", "the cache default: PyMemcacheCache does not list what it holds"),
        ("dummy.DummyCache", ""),
    ],
)
def test_a_cache_that_cannot_be_seen_is_told(backend: str, said: str, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    assert found(searched_caches.entries, unheard_of())[1].not_seen == ([said] if said else [])
