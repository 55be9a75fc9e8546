"""What the entries of a ledger add up to. Names: W3C Data Privacy Vocabulary; rule numbers: GDPR."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules.states import Act, Entry, State, Status, fold
from consent.rules.times import NaiveTimestamp

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENDING = [Act.REFUSED, Act.WITHDRAWN, Act.REVOKED, Act.INVALIDATED]
PERMITTING = {Status.GIVEN, Status.RENEWED}


def story(text: str) -> list[Entry]:
    """Entries of the acts named, a day apart, numbered from 1, with notice 100 + id and source 200 + id."""
    return [
        Entry(n, Act(name), START + timedelta(days=n), notice_id=100 + n, source_id=200 + n)
        for n, name in enumerate(text.split(), start=1)
    ]


def day(n: int) -> datetime:
    return START + timedelta(days=n)


@pytest.mark.parametrize(
    ("status", "term"),
    [
        (Status.UNKNOWN, "ConsentUnknown"),
        (Status.REQUESTED, "ConsentRequested"),
        (Status.DEFERRED, "ConsentRequestDeferred"),
        (Status.REFUSED, "ConsentRefused"),
        (Status.GIVEN, "ConsentGiven"),
        (Status.EXPIRED, "ConsentExpired"),
        (Status.INVALIDATED, "ConsentInvalidated"),
        (Status.REVOKED, "ConsentRevoked"),
        (Status.WITHDRAWN, "ConsentWithdrawn"),
        (Status.RENEWED, "RenewedConsentGiven"),
    ],
)
def test_a_status_has_its_term_in_the_vocabulary_and_only_two_permit(status: Status, term: str) -> None:
    assert status.dpv == term
    assert status.permits is (status in PERMITTING)


@pytest.mark.parametrize(
    ("acts", "single", "double"),
    [
        pytest.param("", "unknown", "unknown", id="nothing is unknown"),
        pytest.param("requested", "requested", "requested", id="asking is not consent"),
        pytest.param("deferred", "deferred", "deferred", id="putting off is not consent"),
        pytest.param("requested deferred", "deferred", "deferred", id="a request put off"),
        pytest.param("refused", "refused", "refused", id="a refusal"),
        pytest.param("given", "given", "requested", id="double opt-in: a grant waits for its confirmation"),
        pytest.param("given confirmed", "given", "given", id="confirmed"),
        pytest.param("requested given", "given", "requested", id="a request answered"),
        pytest.param("given requested confirmed", "given", "given", id="the code was sent, and came back"),
        pytest.param("requested confirmed", "given", "given", id="a request answered by a yes"),
        pytest.param("confirmed", "unknown", "unknown", id="a confirmation of nothing"),
        pytest.param("requested deferred confirmed", "deferred", "deferred", id="yes to what was put off"),
        pytest.param("given withdrawn", "withdrawn", "withdrawn", id="7(3): withdrawn at any time"),
        pytest.param("withdrawn", "withdrawn", "withdrawn", id="a withdrawal with nothing before it"),
        pytest.param("given withdrawn confirmed", "withdrawn", "withdrawn", id="a late confirmation"),
        pytest.param("given refused confirmed", "refused", "refused", id="a confirmation after a refusal"),
        pytest.param("given withdrawn given", "given", "requested", id="a fresh grant counts"),
        pytest.param("given withdrawn given confirmed", "given", "given", id="a fresh grant, confirmed"),
        pytest.param("withdrawn requested", "requested", "requested", id="asked anew after a withdrawal"),
        pytest.param("given revoked", "revoked", "revoked", id="ended by somebody else"),
        pytest.param("given invalidated", "invalidated", "invalidated", id="found to be invalid"),
        pytest.param("given confirmed expired", "expired", "expired", id="lapsed"),
        pytest.param("requested expired", "expired", "expired", id="a request nobody answered"),
        pytest.param("given expired confirmed", "expired", "expired", id="a confirmation that came too late"),
        pytest.param("expired", "unknown", "unknown", id="nothing to expire"),
        pytest.param("withdrawn expired", "withdrawn", "withdrawn", id="a withdrawal does not expire"),
        pytest.param("refused expired", "refused", "refused", id="a refusal does not expire"),
        pytest.param("deferred expired", "deferred", "deferred", id="what was put off does not expire"),
        pytest.param("given confirmed renewed", "renewed", "renewed", id="renewed"),
        pytest.param("given confirmed renewed renewed", "renewed", "renewed", id="renewed twice"),
        pytest.param("given confirmed expired renewed", "renewed", "renewed", id="renewed after it lapsed"),
        pytest.param("renewed", "unknown", "unknown", id="nothing to renew"),
        pytest.param("requested renewed", "requested", "requested", id="a request is not renewed"),
        pytest.param("given withdrawn renewed", "withdrawn", "withdrawn", id="a withdrawal is not renewed"),
        pytest.param("given revoked renewed", "revoked", "revoked", id="a revocation is not renewed"),
        pytest.param("refused renewed", "refused", "refused", id="a refusal is not renewed"),
        pytest.param("given invalidated renewed", "invalidated", "invalidated", id="nor is the invalid"),
        pytest.param("requested expired renewed", "expired", "expired", id="an unanswered request renews to nothing"),
        pytest.param("given confirmed expired requested renewed", "requested", "requested", id="lapsed and asked anew"),
        pytest.param(
            "given confirmed withdrawn requested expired renewed",
            "expired",
            "expired",
            id="a withdrawn permission does not come back by way of an unanswered request",
        ),
        pytest.param("given confirmed expired withdrawn renewed", "withdrawn", "withdrawn", id="lapsed, then ended"),
        pytest.param("given confirmed requested", "given", "given", id="asking again takes nothing away"),
        pytest.param("given confirmed deferred", "given", "given", id="putting off takes nothing away"),
        pytest.param("given confirmed given", "given", "given", id="an unconfirmed second grant takes nothing away"),
        pytest.param("given confirmed renewed requested", "renewed", "renewed", id="nor from a renewed one"),
    ],
)
def test_a_story_ends_in_its_status(acts: str, single: str, double: str) -> None:
    assert fold(story(acts), needs_confirmation=False).status == single
    assert fold(story(acts), needs_confirmation=True).status == double


def test_nothing_at_all_is_the_empty_state() -> None:
    assert fold([], needs_confirmation=True) == State(Status.UNKNOWN, None, None, None, None, ())


@pytest.mark.parametrize(
    ("acts", "confirmation", "expected"),
    [
        pytest.param(
            "given",
            False,
            State(Status.GIVEN, day(1), day(1), 101, 201, (1,)),
            id="a grant has its own notice",
        ),
        pytest.param(
            "given confirmed",
            True,
            State(Status.GIVEN, day(2), day(2), 102, 202, (1, 2)),
            id="a lapse is counted from the confirmation",
        ),
        pytest.param("given", True, State(Status.REQUESTED, day(1), None, 101, 201, (1,)), id="nothing is given yet"),
        pytest.param(
            "given given",
            False,
            State(Status.GIVEN, day(1), day(2), 102, 202, (2,)),
            id="given twice: it stands since the first, and lapses from the second",
        ),
        pytest.param(
            "given renewed expired",
            False,
            State(Status.EXPIRED, day(3), day(2), 103, 203, (1, 2, 3)),
            id="what lapsed is still told",
        ),
        pytest.param(
            "given withdrawn withdrawn",
            False,
            State(Status.WITHDRAWN, day(2), day(1), 102, 202, (1, 2)),
            id="withdrawn twice ended the first time",
        ),
        pytest.param(
            "given withdrawn requested",
            False,
            State(Status.REQUESTED, day(3), day(1), 103, 203, (3,)),
            id="a new request stands alone, the last permission's date stays",
        ),
        pytest.param(
            "given confirmed given confirmed",
            True,
            State(Status.GIVEN, day(2), day(4), 104, 204, (3, 4)),
            id="given again and confirmed again: lapses anew, under the new notice",
        ),
        pytest.param(
            "given confirmed requested confirmed",
            True,
            State(Status.GIVEN, day(2), day(2), 102, 202, (1, 2)),
            id="a confirmation of a mere request does not prolong",
        ),
        pytest.param(
            "given confirmed given deferred confirmed",
            True,
            State(Status.GIVEN, day(2), day(2), 102, 202, (1, 2)),
            id="a second grant that was put off does not prolong",
        ),
    ],
)
def test_the_state_tells_since_when_and_on_which_entries(acts: str, confirmation: bool, expected: State) -> None:
    assert fold(story(acts), needs_confirmation=confirmation) == expected


@pytest.mark.parametrize("last", [Act.CONFIRMED, Act.RENEWED, Act.EXPIRED, Act.WITHDRAWN, Act.REVOKED])
def test_an_entry_without_a_notice_keeps_that_of_the_permission(last: Act) -> None:
    entries = [
        Entry(1, Act.GIVEN, day(1), notice_id=7, source_id=8),
        Entry(2, Act.REQUESTED, day(2)),
        Entry(3, Act.CONFIRMED, day(3)),
        Entry(4, last, day(4)),
    ]
    state = fold(entries, needs_confirmation=True)
    assert (state.notice_id, state.source_id) == (7, 8)
    assert state.entry_ids[:3] == (1, 2, 3)


def test_a_fresh_grant_does_not_borrow_the_words_of_an_older_one() -> None:
    entries = [Entry(1, Act.GIVEN, day(1), notice_id=7, source_id=8), Entry(2, Act.GIVEN, day(2))]
    state = fold(entries, needs_confirmation=False)
    assert (state.notice_id, state.source_id) == (None, None)


@pytest.mark.parametrize("ending", [*ENDING, Act.EXPIRED])
@pytest.mark.parametrize("permitting", [Act.GIVEN, Act.RENEWED, Act.CONFIRMED])
def test_a_stop_wins_a_tie_whatever_the_order_of_the_ids(ending: Act, permitting: Act) -> None:
    entries = [
        Entry(1, Act.GIVEN, day(1)),
        Entry(2, ending, day(2)),
        Entry(3, permitting, day(2)),
    ]
    assert fold(entries, needs_confirmation=False).status == ending.value


def test_entries_of_one_instant_count_in_the_order_of_their_ids() -> None:
    entries = [Entry(2, Act.CONFIRMED, day(1)), Entry(1, Act.GIVEN, day(1))]
    assert fold(entries, needs_confirmation=True).status is Status.GIVEN


def test_instants_are_compared_across_time_zones_and_told_in_utc() -> None:
    evening_in_tokyo = datetime(2026, 3, 2, 20, tzinfo=timezone(timedelta(hours=9)))
    noon_in_utc = datetime(2026, 3, 2, 12, tzinfo=UTC)
    entries = [Entry(1, Act.WITHDRAWN, evening_in_tokyo), Entry(2, Act.GIVEN, noon_in_utc)]
    assert fold(entries, needs_confirmation=False).status is Status.GIVEN
    since = fold(entries[:1], needs_confirmation=False).since
    assert since is not None
    assert (since, since.tzinfo) == (datetime(2026, 3, 2, 11, tzinfo=UTC), UTC)


def test_a_naive_timestamp_is_refused() -> None:
    with pytest.raises(NaiveTimestamp, match="occurred_at"):
        fold([Entry(1, Act.GIVEN, datetime(2026, 3, 1))], needs_confirmation=False)


# Few instants, so that ties are common.
LEDGERS = st.lists(st.tuples(st.sampled_from(Act), st.integers(0, 4)), max_size=9).map(
    lambda pairs: [Entry(n, act, day(when), notice_id=100 + n) for n, (act, when) in enumerate(pairs, start=1)]
)


@given(LEDGERS, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_in_which_entries_arrive_does_not_matter(
    entries: list[Entry],
    confirmation: bool,
    random: Random,
) -> None:
    shuffled = entries.copy()
    random.shuffle(shuffled)
    assert fold(shuffled, needs_confirmation=confirmation) == fold(entries, needs_confirmation=confirmation)


@given(LEDGERS, st.sampled_from(ENDING), st.booleans())
def test_nothing_is_permitted_when_the_last_act_ends_it(entries: list[Entry], ending: Act, confirmation: bool) -> None:
    last = Entry(0, ending, day(4))
    state = fold([*entries, last], needs_confirmation=confirmation)
    assert not state.status.permits
    assert state.status in {act.value for act in (*ENDING, Act.EXPIRED)}


@given(LEDGERS, st.booleans())
def test_no_permission_stands_without_a_grant_or_a_confirmed_request(entries: list[Entry], confirmation: bool) -> None:
    state = fold(entries, needs_confirmation=confirmation)
    deciding = {entry.act for entry in entries if entry.id in state.entry_ids}
    if state.status.permits:
        assert state.given_at is not None
        assert Act.CONFIRMED in deciding if confirmation else deciding & {Act.GIVEN, Act.CONFIRMED}


@given(LEDGERS, st.sampled_from([Act.CONFIRMED, Act.RENEWED]), st.booleans())
def test_neither_a_confirmation_nor_a_renewal_reinstates_what_was_ended(
    entries: list[Entry], late: Act, confirmation: bool
) -> None:
    before = fold(entries, needs_confirmation=confirmation)
    after = fold([*entries, Entry(99, late, day(5))], needs_confirmation=confirmation)
    if before.status in {
        Status.WITHDRAWN,
        Status.REVOKED,
        Status.REFUSED,
        Status.INVALIDATED,
        Status.UNKNOWN,
    }:
        assert after == before


@given(LEDGERS, st.booleans())
def test_the_deciding_entries_are_told_oldest_first_and_each_once(entries: list[Entry], confirmation: bool) -> None:
    state = fold(entries, needs_confirmation=confirmation)
    when = {entry.id: entry.occurred_at for entry in entries}
    assert len(set(state.entry_ids)) == len(state.entry_ids)
    assert [when[n] for n in state.entry_ids] == sorted(when[n] for n in state.entry_ids)


def test_a_claim_without_proof_leaves_the_status_unknown_and_says_since_when() -> None:
    state = fold(story("claimed"), needs_confirmation=False)
    assert (state.status, state.since, state.given_at, state.entry_ids) == (Status.UNKNOWN, day(1), None, (1,))


@pytest.mark.parametrize(("act", "status"), [("given", Status.GIVEN), ("withdrawn", Status.WITHDRAWN)])
def test_a_claim_changes_nothing_that_is_known(act: str, status: Status) -> None:
    assert fold(story(f"{act} claimed"), needs_confirmation=False).status is status
    assert fold(story(f"claimed {act}"), needs_confirmation=False).status is status
