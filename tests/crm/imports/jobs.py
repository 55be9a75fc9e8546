"""Jobs for a child process that do what hostile files make a reader do."""

import os
import re
import resource
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from crm.imports.reading import UnreadableFile

NUMBER = "+12025550100"


def counting(*, to: int, seconds: float = 0.0) -> Iterator[int]:
    for number in range(to):
        time.sleep(seconds)
        yield number


def surroundings() -> Iterator[dict[str, Any]]:
    yield {
        "environment": list(os.environ),
        "arguments": sys.orig_argv,
        "files": sorted(int(name) for name in os.listdir("/dev/fd")),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "columns": settings.IMPORT_MAX_COLUMNS,
        "apps": settings.INSTALLED_APPS,
    }


def forever() -> Iterator[int]:
    yield os.getpid()
    while True:
        time.sleep(60)


def caught_in_a_library() -> Iterator[bool]:
    """Never come back to Python: a signal's handler would not be called either."""
    yield re.match(r"(a+)+$", "a" * 60 + "b") is None


def hungry() -> Iterator[int]:
    held = []
    while True:
        held.append(bytes(1 << 20))
        if len(held) % 50 == 0:
            yield len(held)


def printing() -> Iterator[int]:
    print(NUMBER, flush=True)  # noqa: T201
    os.write(1, NUMBER.encode())
    yield 1


def refusing() -> Iterator[int]:
    yield 1
    # A sentence that Django has in every language.
    raise UnreadableFile("Ensure this value is less than or equal to %(limit_value)s.", limit_value=7)


def failing() -> Iterator[int]:
    yield 1
    raise LookupError(f"{NUMBER} is not there")


def killed() -> Iterator[int]:
    yield 1
    os.kill(os.getpid(), signal.SIGSEGV)
