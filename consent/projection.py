"""The present status of consents: what the entries of the ledger amount to, written where everyone reads it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from consent.models import Consent, ConsentEvent, Method, Purpose
from consent.rules.states import Act, Entry, State, fold
from crm import bulk
from crm.models import Origin


class Key(NamedTuple):
    """What a consent is of."""

    point_id: int
    purpose_id: int
    channel: str


_COLUMNS = ("status", "since", "given_at", "notice_id", "source_id", "last_entry_id")
_FIELDS = ("status", "since", "given_at", "notice", "source", "last_entry")


def state_of(entries: Iterable[ConsentEvent], purpose: Purpose) -> State:
    """Return the state that the entries of one consent amount to."""
    return fold(
        (
            Entry(
                id=entry.pk,
                act=Act(entry.act),
                occurred_at=entry.occurred_at,
                notice_id=entry.notice_id,
                source_id=entry.source_id,
            )
            for entry in entries
        ),
        needs_confirmation=purpose.needs_confirmation,
    )


def columns_of(state: State) -> dict[str, object]:
    """Return what a consent says of a state."""
    last = state.entry_ids[-1] if state.entry_ids else None
    values = (state.status.value, state.since, state.given_at, state.notice_id, state.source_id, last)
    return dict(zip(_COLUMNS, values, strict=True))


def project(
    entries: Mapping[Key, Collection[Entry]],
    purposes: Mapping[int, Purpose],
    *,
    because: Mapping[Key, tuple[Act, Method]],
    fresh: Collection[int],
    origin: Origin,
) -> None:
    """Bring the consents up to date with entries that were just written, by consent, each with its history row.

    purposes: by id. because: the act and the method that the history is to name. fresh: ids of points on which
    there is nothing in the ledger but these entries.
    """
    known = {key.point_id for key in entries} - set(fresh)
    all_entries = entries_at(known) | {key: given for key, given in entries.items() if key.point_id not in known}
    held = {
        Key(consent.point_id, consent.purpose_id, consent.channel): consent
        for consent in (Consent.objects.filter(bulk.one_of("point", known, text=False)) if known else ())
    }
    new: dict[Key, State] = {}
    changed: dict[Key, Consent] = {}
    for key in entries:
        state = fold(all_entries[key], needs_confirmation=purposes[key.purpose_id].needs_confirmation)
        if not state.entry_ids:
            continue  # such as a confirmation of nothing: it stands in the ledger, and amounts to nothing
        if key in held:
            for name, value in columns_of(state).items():
                setattr(held[key], name, value)
            changed[key] = held[key]
        else:
            new[key] = state
    written = _insert(new)
    if changed:
        Consent.objects.bulk_update(changed.values(), _FIELDS, batch_size=500)
    _remember(written, "+", because, origin)
    _remember({key: consent.pk for key, consent in changed.items()}, "~", because, origin)


def entries_at(points: Collection[int]) -> dict[Key, list[Entry]]:
    """Return all that the ledger says of these points, by consent."""
    found: dict[Key, list[Entry]] = defaultdict(list)
    rows = ConsentEvent.objects.filter(bulk.one_of("point", points, text=False)).values_list(
        "point", "purpose", "channel", "pk", "act", "occurred_at", "notice", "source"
    )
    for point_id, purpose_id, channel, pk, act, occurred_at, notice_id, source_id in rows if points else ():
        entry = Entry(pk, Act(act), occurred_at, notice_id, source_id)
        found[Key(point_id, purpose_id, channel)].append(entry)
    return dict(found)


def _insert(states: Mapping[Key, State]) -> dict[Key, int]:
    ids = dict(zip(states, bulk.new_ids(Consent, len(states)), strict=True)) if states else {}
    rows = [(ids[key], *key, *columns_of(state).values()) for key, state in states.items()]
    if rows:
        bulk.insert(Consent, ("id", "point_id", "purpose_id", "channel", *_COLUMNS), rows)
    return ids


def _remember(ids: Mapping[Key, int], kind: str, because: Mapping[Key, tuple[Act, Method]], origin: Origin) -> None:
    groups: dict[tuple[Act, Method], list[int]] = defaultdict(list)
    for key, pk in ids.items():
        groups[because[key]].append(pk)
    for (act, method), group in groups.items():
        said: dict[str, Any] = {"history_change_reason": act.value, "history_channel": method.value}
        bulk.copy_to_history(Consent, group, history_type=kind, **{**origin.columns(), **said})
