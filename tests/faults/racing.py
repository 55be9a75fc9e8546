"""Two at work at the same time, each with connections of its own: a run, and somebody who acts on whom it erases."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone

from consent import retention
from crm.models import NIGHTLY
from tests.racing import in_threads

# How many act beside the run: with one alone, SQLite's single writer would nearly always be the run.
_RIVALS = 3


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an act: when it began and when it had taken effect, and what it answered or raised."""

    began: datetime
    ended: datetime
    answer: Any


def nightly() -> None:
    """Run the purge as of now."""
    retention.run(as_of=timezone.now(), actor=NIGHTLY)


def race(
    acts: Mapping[int, Callable[[], Any]], *, seconds: float, dice: random.Random, expected: type[Exception]
) -> dict[int, Done]:
    """Purge, and meanwhile act once on each point; return what came of each act, by the point's id.

    acts: by point. seconds: how long a run takes; points go in order of id, so an act is begun about when its point
    goes, sooner or later by chance: sooner rather, for who has to wait for the lock comes later. expected: the error
    by which an act is told that it comes too late.
    """
    done: dict[int, Done] = {}
    plan = sorted(
        (max(0.0, seconds * ((n + 0.5) / len(acts) + dice.gauss(-0.1, 0.2))), pk) for n, pk in enumerate(sorted(acts))
    )

    def act(rival: int) -> None:
        since = time.monotonic()
        for moment, pk in plan[rival::_RIVALS]:
            time.sleep(max(0.0, since + moment - time.monotonic()))
            began = timezone.now()
            try:
                answer = acts[pk]()
            except expected as error:
                answer = error
            done[pk] = Done(began, timezone.now(), answer)

    in_threads(nightly, *(partial(act, rival) for rival in range(_RIVALS)))
    return done


def close(done: Mapping[int, Done], erased_at: Mapping[int, datetime | None], *, within: float = 0.02) -> int:
    """Return how many of the acts were done so many seconds before or after their point was erased, or at it."""
    return sum(
        1
        for pk, each in done.items()
        if (at := erased_at[pk])
        and (each.began - at).total_seconds() < within
        and (at - each.ended).total_seconds() < within
    )


def parts(total: int, size: int) -> Sequence[int]:
    """Return `total` in parts of at most `size`."""
    return [min(size, total - done) for done in range(0, total, size)]
