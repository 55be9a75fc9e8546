"""Searching the caches of settings: nothing of ours puts a number there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import caches
from redis.exceptions import RedisError

from crm.logs import mask_text
from crm.traces import files
from crm.traces.needle import Trace
from crm.traces.queues import redis_values
from crm.traces.searching import Search
from crm.traces.unpacking import TooMuch, holds


def entries(search: Search) -> Iterator[Trace]:
    """Yield the entries of the caches in files and in Redis that hold the number; a cache in a table is a table."""
    for alias, values in settings.CACHES.items():
        match values["BACKEND"].rpartition(".")[2]:
            case "FileBasedCache":
                yield from files.folder("cache", Path(values["LOCATION"]), search)
            case "RedisCache":
                yield from _redis(alias, search)
            case "DatabaseCache" | "DummyCache":
                pass
            case "LocMemCache":
                search.not_seen.append(f"the cache {alias}: each process has its own, in its memory")
            case kind:
                search.not_seen.append(f"the cache {alias}: {kind} does not list what it holds")


def _redis(alias: str, search: Search) -> Iterator[Trace]:
    cache: Any = caches[alias]
    try:
        for key, place, value in redis_values(cache._cache.get_client()):
            if holds(value, search.needle):
                yield Trace("cache", mask_text(key), alias, place)
    except (OSError, RedisError, TooMuch):
        search.unread.append(f"cache {alias}")
