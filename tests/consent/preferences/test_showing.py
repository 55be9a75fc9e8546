"""What a person's own page shows: their purposes in plain words, sources and recipients, and never the number."""

from datetime import date, timedelta
from typing import Any

import pytest

from consent import preferences, requests, retention, suppression
from consent.models import Notice, Purpose
from consent.preferences import Page, Switch
from consent.rules.lines import Channel
from consent.rules.states import Act
from crm.models import PERSON, ContactPoint, Provenance, Source
from tests import factories
from tests.factories import NOON, TESTER, entry, notice, purpose

pytestmark = pytest.mark.django_db
NUMBER = "+12025550187"
ASKED_ON = "Dec. 2, 2025"


def shown(point: ContactPoint, *, language: str = "en", days_ago: int = 1) -> Page:
    token = preferences.issue(point=point, at=NOON - timedelta(days=days_ago))
    return preferences.page(preferences.find(token, at=NOON), at=NOON, language=language)


def switch(page: Page, slug: str = "news", channel: Channel = Channel.SMS) -> Switch:
    (found,) = [
        each
        for section in page.sections
        for each in section.switches
        if (each.purpose_id, each.channel) == (purpose(slug).pk, channel)
    ]
    return found


def stop(point: ContactPoint, **values: Any) -> None:
    said: dict[str, Any] = {"since": NOON, "reason": "stop", "actor": PERSON}
    assert point.line
    suppression.suppress(point.line, **said | values)


@pytest.mark.parametrize(
    ("acts", "on", "stands"),
    [
        pytest.param([], False, "You have not agreed to this.", id="nothing"),
        pytest.param([Act.GIVEN], True, f"You agreed on {ASKED_ON}.", id="given"),
        pytest.param([Act.REFUSED], False, "You have said no.", id="refused"),
        pytest.param([Act.GIVEN, Act.WITHDRAWN], False, "You took it back on Dec. 3, 2025.", id="withdrawn"),
        pytest.param([Act.GIVEN, Act.REVOKED], False, "We have ended this.", id="revoked"),
        pytest.param([Act.GIVEN, Act.RENEWED], True, "You agreed again on Dec. 3, 2025.", id="renewed"),
        pytest.param([Act.CLAIMED], False, "You have not agreed to this.", id="claimed"),
    ],
)
def test_where_it_stands_is_said_in_plain_words(acts: list[Act], on: bool, stands: str) -> None:
    point = factories.point()
    notice(purpose())
    for days, act in enumerate(acts):
        entry(point, act, at=NOON - timedelta(days=90 - days))
    found = switch(shown(point))
    assert (found.on, found.stands, found.may_change, found.obstacle) == (on, stands, True, "")


def test_what_waits_for_a_code_says_so_and_can_be_taken_back() -> None:
    point = factories.point()
    entry(point, of=purpose(needs_confirmation=True))
    found = switch(shown(point))
    assert (found.on, found.may_change) == (True, True)
    assert "once you confirm it" in found.stands


def test_what_has_lapsed_is_off_before_the_night_that_says_so() -> None:
    point = factories.point()
    entry(point, of=purpose(lapses_after_months=2))
    found = switch(shown(point))
    assert (found.on, found.stands, found.may_change) == (False, "What you had agreed to has run out.", True)


def test_what_is_stopped_is_off_whatever_the_consent_says() -> None:
    point = factories.point()
    entry(point)
    stop(point)
    page = shown(point)
    found = switch(page)
    assert page.stopped
    assert (found.on, found.stands, found.may_change) == (False, "Stopped since March 2, 2026.", True)


def test_what_others_have_stopped_stays_so_and_says_who_can_help() -> None:
    point = factories.point()
    notice(purpose())
    stop(point, purpose=purpose(), channel=Channel.SMS, actor=TESTER)
    found = switch(shown(point))
    assert (found.on, found.may_change) == (False, False)
    assert "only our staff can undo it" in found.obstacle
    assert switch(shown(point), channel=Channel.CALL).may_change
    assert not shown(point).stopped


def test_an_old_link_takes_back_and_gives_nothing() -> None:
    point = factories.point()
    entry(point)
    notice(purpose("offers"))
    page = shown(point, days_ago=1000)
    assert page.expired
    assert switch(page).may_change
    off = switch(page, "offers")
    assert not off.may_change
    assert "too old" in off.obstacle


def test_what_does_not_rest_on_consent_is_told_and_can_be_objected_to() -> None:
    point = factories.point()
    surveys = purpose("surveys", basis="legitimate_interests")
    notice(surveys)
    assert (switch(shown(point), "surveys").on, switch(shown(point), "surveys").may_change) == (False, False)
    surveys.permitted_sources.add(factories.source())
    found = switch(shown(point), "surveys")
    assert (found.on, found.may_change) == (True, True)
    assert "may object" in found.stands
    stop(point, purpose=surveys, channel=Channel.SMS, reason=suppression.OBJECTION)
    found = switch(shown(point), "surveys")
    assert (found.on, found.may_change, found.obstacle) == (False, False, "")


def test_what_is_necessary_stands_apart_and_has_no_switch() -> None:
    point = factories.point()
    codes = purpose("codes", basis="contract", necessary=True)
    codes.permitted_sources.add(factories.source())
    notice(codes), notice(purpose())
    page = shown(point)
    assert [section.name for section in page.necessary] == ["Codes"]
    assert [section.name for section in page.optional] == ["News"]
    found = switch(page, "codes")
    assert (found.on, found.stands, found.may_change) == (True, "In use.", False)


def test_only_what_is_in_use_and_has_published_words_is_shown_in_the_newest_of_them() -> None:
    notice(purpose("retired", active=False))
    notice(purpose()), notice(purpose(), version=2)
    for slug, version in (("news", 3), ("drafts", 1)):
        Notice.objects.create(purpose=purpose(slug), version=version, language="en", text="draft")
    (section,) = shown(factories.point()).sections
    assert (section.name, section.notice.version) == ("News", 2)


@pytest.mark.parametrize(
    ("languages", "wanted", "found"),
    [
        (["de", "en", "fr"], "fr", "fr"),
        (["de", "en"], "fr", "en"),
        (["es", "de"], "fr", "de"),
    ],
    ids=["in the language", "else in English", "else in any"],
)
def test_the_words_are_in_the_persons_language_where_there_are_such(languages, wanted, found) -> None:
    for language in languages:
        notice(purpose(), language=language)
    (section,) = shown(factories.point(), language=wanted).sections
    assert section.notice.language == found


def test_what_is_open_over_a_channel_that_is_no_more_can_be_taken_back() -> None:
    point = factories.point()
    entry(point)
    Purpose.objects.update(channels=["call"])
    assert switch(shown(point)).may_change
    entry(point, Act.WITHDRAWN, at=NOON)
    assert [each.channel for each in shown(point).sections[0].switches] == ["call"]


def test_where_the_number_comes_from_is_told_with_dates_and_the_supplier() -> None:
    point = factories.point(of=factories.source("shop", kind=Source.Kind.POINT_OF_SALE), at=NOON - timedelta(days=3))
    Provenance.objects.create(
        point=point,
        source=factories.source("list", kind=Source.Kind.THIRD_PARTY),
        collected_at=NOON - timedelta(days=30),
        obtained_at=NOON - timedelta(days=2),
    )
    own, bought = shown(point).origins
    assert (own.name, own.how, own.collected_on, own.obtained_on) == (
        "Shop",
        "You gave it to us in a shop.",
        None,
        date(2026, 2, 27),
    )
    assert (bought.how, bought.collected_on, bought.obtained_on) == (
        "Lists Ltd gave it to us.",
        date(2026, 1, 31),
        date(2026, 2, 28),
    )


@pytest.mark.parametrize("kind", [kind for kind in Source.Kind if kind is not Source.Kind.THIRD_PARTY])
def test_every_kind_of_source_has_its_words(kind: Source.Kind) -> None:
    (origin,) = shown(factories.point(of=factories.source(f"a-{kind}", kind=kind))).origins
    assert "gave it to us." not in origin.how.removeprefix("You ")
    assert origin.how


def test_who_received_it_is_told() -> None:
    point = factories.point()
    requests.disclosed(
        contact=point.contact, recipient="Mailing Ltd", purpose=purpose(), at=NOON, note="internal", actor=TESTER
    )
    (received,) = shown(point).recipients
    assert (received.recipient, received.on, received.purpose) == ("Mailing Ltd", date(2026, 3, 2), "News")


def test_the_page_holds_no_number_and_names_no_person() -> None:
    point = factories.point(NUMBER, given_name="Ann", family_name="Lee")
    entry(point)
    page = shown(point)
    assert page.masked.endswith("0187")
    said = repr(page) + page.as_evidence("save")
    for part in (NUMBER, "2025550187", "Ann", "Lee"):
        assert part not in said


def test_of_who_was_erased_nothing_is_left_to_show() -> None:
    point = factories.point(NUMBER)
    entry(point)
    token = preferences.issue(point=point, at=NOON)
    retention.erase(point.contact, reason="request", actor=TESTER, at=NOON)
    page = preferences.page(preferences.find(token, at=NOON), at=NOON, language="en")
    assert (page.erased, page.masked, page.origins) == (True, "", [])


def test_the_proof_names_wording_version_language_and_every_switch() -> None:
    point = factories.point()
    entry(point)
    evidence = shown(point).as_evidence("save", ["1 sms: off"])
    assert evidence == (
        "preference centre: save\n1 sms: off\n"
        "News, version 1 (en): May we contact you about News?\n  sms: on\n  call: off"
    )


def test_the_queries_do_not_grow_with_the_purposes(django_assert_max_num_queries: Any) -> None:
    point = factories.point()
    for index in range(6):
        entry(point, of=purpose(f"purpose-{index}"))
    token = preferences.issue(point=point, at=NOON)
    with django_assert_max_num_queries(10):
        preferences.page(preferences.find(token, at=NOON), at=NOON, language="en")
