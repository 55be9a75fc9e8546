"""The registry of places: each has an owner that exists, and a search that tells of that place alone."""

import base64
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore

from crm.traces import PLACES, Place
from crm.traces.needle import Needle
from crm.traces.searching import Search
from tests import factories
from tests.crm.traces.planted import everywhere

NAMES = [place.name for place in PLACES]


def imported(path: str) -> Any:
    """Return what a dotted path names: as much of it as is a module, and the rest of it in there."""
    parts = path.split(".")
    for size in range(len(parts), 0, -1):
        try:
            found: Any = import_module(".".join(parts[:size]))
        except ModuleNotFoundError:
            continue
        for part in parts[size:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(path)


@pytest.mark.parametrize("place", PLACES, ids=NAMES)
def test_the_owner_of_every_place_exists(place: Place) -> None:
    imported(place.owner)
    assert place.keeps
    assert place.how
    assert place.when


def test_an_owner_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(AttributeError):
        imported("crm.erasure.nobody")
    with pytest.raises(ModuleNotFoundError):
        imported("nowhere.at.all")


def test_every_place_has_one_name() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.fixture
def planted(folders: Path, settings: Any) -> str:
    """A number that stands wherever one can be put without a server of its own."""
    number = factories.number()
    everywhere(number)
    store = SessionStore()
    store["search"] = number
    store.save()
    settings.MEDIA_ROOT = str(folders / "media")
    settings.EMAIL_FILE_PATH = str(folders / "mail")
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(folders / "cache")}}
    for name in ("media/a", "mail/a", "cache/a", "staging/a", "proof/erasures.jsonl", "proof/seals.jsonl", "other/a"):
        (folders / name).parent.mkdir(exist_ok=True)
        (folders / name).write_text(number)
    (folders / "broker" / "a.msg").write_text(f'{{"body": "{base64.b64encode(number.encode()).decode()}"}}')
    (folders / "ringfence.log").write_text(number)
    (folders / "beat-schedule").write_text(number)
    return number


@pytest.mark.django_db
@pytest.mark.parametrize("place", PLACES, ids=NAMES)
def test_a_search_tells_of_its_own_place_alone_and_finds_what_stands_there(place: Place, planted: str) -> None:
    search = Search(Needle.of(planted))
    found = list(place.search(search))
    assert {trace.place for trace in found} <= {place.name}
    assert search.unread == []
    # These need a server, or a transaction that has ended.
    if not place.beneath and place.name not in ("statistics", "result"):
        assert found
