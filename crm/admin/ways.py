"""The ways in which what was held is done: each act of Approval.Kind is one, and so is a page that is no act.

Each says beforehand what it will do, and does it in the name of whoever asked, as they would have done it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http.response import HttpResponseBase

from crm.admin import second_person
from crm.admin.act import Act, ActForm, name_of, tried
from crm.models import Approval


@dataclass(frozen=True, slots=True)
class Way:
    """A way to do what was held.

    permission: who may approve it. asks: the right of whoever asks for it. title: what it is called. form: the form,
    filled with what was said, for an approval. effects: what will happen, a sentence each. do: does it in the name of
    whoever asked, and returns what was done. file: for what yields a file, which whoever asked takes.
    """

    permission: str
    asks: str
    title: Any
    form: Callable[[Approval], forms.BaseForm]
    effects: Callable[[Approval], Sequence[str]]
    do: Callable[[Approval], str] | None = None
    file: Callable[[Approval], HttpResponseBase] | None = None


# Of pages that are no acts, by the name that approvals keep of them.
_pages: dict[str, Way] = {}


def of_page(name: str, way: Way) -> None:
    """Make known how what was held on a page that is no act is done."""
    _pages[name] = way


def ways() -> dict[str, Way]:
    """Return all ways, by name."""
    return _pages | {name_of(kind): _of_act(kind) for kind in acts(Act) if kind.sensitive in Approval.Kind.values}


def find(approval: Approval) -> Way | None:
    """Return the way in which an approval is done; None where nobody knows it any more."""
    return ways().get(approval.act)


def names_for(user: User) -> list[str]:
    """Return the names of what somebody may approve."""
    return [name for name, way in ways().items() if user.has_perm(way.permission)]


def acts(kind: type[Act]) -> Iterator[type[Act]]:
    """Yield every act of a kind that has a page."""
    for each in kind.__subclasses__():
        if hasattr(each, "title") and hasattr(each, "permission"):
            yield each
        yield from acts(each)


def _of_act(kind: type[Act]) -> Way:
    """Return how an act of this kind is done once a second person approves: as whoever asked for it would do it."""

    def act_of(approval: Approval) -> Act:
        who: Any = SimpleNamespace(user=approval.asked_by)
        return kind(who, second_person.object_of(approval))

    def form_of(approval: Approval) -> ActForm:
        return kind.form_class(second_person.data_of(approval), obj=second_person.object_of(approval))

    def effects_of(approval: Approval) -> Sequence[str]:
        act = act_of(approval)
        return [act.obstacle()] if act.obstacle() else act.effects()

    def do(approval: Approval) -> str:
        act, form = act_of(approval), form_of(approval)
        if obstacle := act.obstacle():
            raise second_person.CannotBeDone(obstacle)
        done = tried(act, form) if form.is_valid() else ""
        if not done:
            raise second_person.CannotBeDone(second_person.faults_of(form))
        if act.obj is not None:
            act.obj.refresh_from_db()
        second_person.write_down(approval, act.obj, done)
        return done

    return Way(kind.permission, kind.permission, kind.title, form_of, effects_of, do)
