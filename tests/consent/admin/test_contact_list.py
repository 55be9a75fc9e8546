"""The list of contacts: what it shows of each, whom each filter leaves, and that it costs the same at any size."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent.admin import contact_due
from consent.admin.contact_rows import Reading
from consent.models import LegalHold
from consent.retention.selection import facts_of
from consent.rules.lines import Channel
from consent.rules.states import Act
from crm.admin import uncounted
from crm.erasure import read
from crm.models import Contact, ContactPoint, attributed_to
from crm.theme import ModelAdmin
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/crm/contact/"
LONG_AGO = timedelta(days=400)


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("olga", role="Compliance officer"))
    return client


def shown(client: Client, **filters: str) -> list[str]:
    answer = client.get(LIST, filters)
    assert answer.status_code == 200
    return [str(contact) for contact in answer.context["cl"].result_list]


def row(client: Client, contact: Contact) -> dict[str, str]:
    """Return what the row of a contact says, as text, by column."""
    content = client.get(LIST).content.decode()
    (found,) = re.findall(rf'<tr class="data-row.*?/contact/{contact.pk}/change/.*?</tr>', content, re.DOTALL)[-1:]
    found = found[found.rindex('<tr class="data-row') :]
    cells = re.findall(r'<(?:td|th)[^>]*class="[^"]*field-(\w+)[^"]*"[^>]*>(.*?)</(?:td|th)>', found, re.DOTALL)
    return {name: " ".join(re.sub(r"<[^>]+>", " ", text).split()) for name, text in cells}


def hold(**on: Any) -> None:
    with attributed_to(factories.origin()):
        LegalHold.objects.create(reason="claim", placed_at=timezone.now(), **on)


class TestRows:
    def test_a_row_says_the_numbers_the_consents_the_sources_and_when_it_goes(self, officer: Client) -> None:
        now = timezone.now()
        factories.policy("consent_withdrawn", after_days=3)
        news, survey = factories.purpose(), factories.purpose("survey")
        point = factories.point("+12025550187", of=factories.source("fair"), given_name="Ann", at=now - LONG_AGO)
        factories.entry(point, Act.WITHDRAWN, of=news, at=now - timedelta(days=1))
        factories.entry(point, Act.GIVEN, of=survey, at=now - LONG_AGO)
        factories.entry(point, Act.WITHDRAWN, of=survey, channel=Channel.CALL, at=now - timedelta(days=1))
        said = row(officer, point.contact)
        assert said["name"] == "Ann"
        assert said["numbers"] == "+1 •••• ••0187"
        assert "News: withdrawn" in said["consents"]
        assert "Survey: given (Text message)" in said["consents"]
        assert "Survey: withdrawn (Phone call)" in said["consents"]
        assert (said["sources"], said["goes"]) == ("Fair", "kept: consent")

    def test_it_says_the_night_on_which_the_first_number_goes(self, officer: Client) -> None:
        factories.policy("consent_withdrawn", after_days=30)
        point = factories.point()
        factories.entry(point, Act.WITHDRAWN, at=timezone.now() - timedelta(days=40))
        later = factories.point()
        factories.entry(later, Act.WITHDRAWN, at=timezone.now() - timedelta(days=1))
        assert row(officer, point.contact)["goes"] == "tonight"
        assert re.search(r"\d{4}$", row(officer, later.contact)["goes"])

    def test_a_consent_that_has_lapsed_since_is_said_to_have(self, officer: Client) -> None:
        point = factories.point(at=timezone.now() - LONG_AGO)
        factories.entry(point, of=factories.purpose(lapses_after_months=6), at=timezone.now() - LONG_AGO)
        assert row(officer, point.contact)["consents"] == "News: expired"

    def test_what_a_group_may_not_see_is_not_in_the_list(self, officer: Client) -> None:
        point = factories.point()
        factories.policy("last_interaction", after_days=1)
        hold(contact=point.contact)
        assert row(officer, point.contact)["goes"] == "kept: legal hold"
        officer.force_login(factories.user("ed", role="Editor"))
        assert row(officer, point.contact)["goes"] == "kept"
        filters = {spec.parameter_name for spec in officer.get(LIST).context["cl"].filter_specs}
        assert "held" not in filters
        assert {"due", "status"} <= filters

    def test_many_numbers_and_sources_are_counted(self, officer: Client) -> None:
        contact = factories.contact([factories.number() for _each in range(4)])
        assert row(officer, contact)["numbers"].endswith("and 2 more")

    def test_the_facts_are_those_of_the_nightly_job(self) -> None:
        """The page reads them by fewer queries; what is read must be the same."""
        now = timezone.now()
        kept, lists = (
            factories.source("kept"),
            factories.source("lists", kind="third_party", licence_ends_on=now.date()),
        )
        purpose = factories.purpose("service", basis="contract")
        purpose.permitted_sources.add(kept)
        news = factories.purpose(lapses_after_months=24)
        factories.policy("consent_withdrawn", tag=factories.tag())
        for index in range(6):
            point = factories.point(of=kept if index % 2 else lists, at=now - LONG_AGO)
            factories.entry(point, [Act.GIVEN, Act.REFUSED, Act.WITHDRAWN][index % 3], of=news, at=now - LONG_AGO)
            if index % 2:
                factories.tagged(point.contact)
        hold(point=point)
        hold(source=lists)
        Contact.objects.filter(pk=point.contact_id).update(status="restricted")
        ContactPoint.objects.filter(pk=point.pk).update(until=now)
        reading = Reading(now)
        reading.read(Contact.objects.all())
        mine = sorted((each.facts for of in reading.points.values() for each in of), key=lambda facts: facts.point_id)
        theirs = facts_of(read(ContactPoint.objects.filter(erased_at=None)), as_of=reading.nights[0])
        for one, other in zip(mine, theirs, strict=True):
            assert sorted(map(repr, one.consents)) == sorted(map(repr, other.consents))
            assert sorted(map(repr, one.sources)) == sorted(map(repr, other.sources))
            assert set(one.tag_ids) == set(other.tag_ids)
            for name in ("point_id", "last_interaction_at", "ended_at", "restricted", "held_until", "region"):
                assert getattr(one, name) == getattr(other, name), name


class TestFilters:
    def test_by_how_somebody_stands_about_a_purpose(self, officer: Client) -> None:
        news, survey = factories.purpose(), factories.purpose("survey")
        given, renewed, revoked, other = (factories.point(given_name=name) for name in ("Ann", "Bo", "Cy", "Di"))
        factories.entry(given)
        factories.entry(renewed)
        factories.entry(renewed, Act.RENEWED, at=factories.NOON)
        factories.entry(revoked)
        factories.entry(revoked, Act.REVOKED, at=factories.NOON)
        factories.entry(other, of=survey)
        parameter = f"purpose_{news.pk}"
        assert shown(officer, **{parameter: "given"}) == ["Bo", "Ann"]
        assert shown(officer, **{parameter: "withdrawn"}) == ["Cy"]
        assert shown(officer, **{parameter: "none"}) == ["Di"]
        assert shown(officer, **{parameter: "given", f"purpose_{survey.pk}": "given"}) == []
        assert len(shown(officer, **{parameter: "made up"})) == 4

    def test_a_number_that_has_ended_is_not_how_somebody_stands(self, officer: Client) -> None:
        point = factories.point()
        factories.entry(point)
        ContactPoint.objects.filter(pk=point.pk).update(until=timezone.now())
        assert shown(officer, **{f"purpose_{factories.purpose().pk}": "given"}) == []

    def test_by_source_country_tag_line_type_and_status(self, officer: Client) -> None:
        fair = factories.source("fair")
        ann = factories.point("+447911123456", of=fair, given_name="Ann", country="GB").contact
        bo = factories.point("+442079460123", given_name="Bo", country="DE").contact
        factories.tagged(bo)
        Contact.objects.filter(pk=bo.pk).update(status="restricted")
        assert shown(officer, source=str(fair.pk)) == [str(ann)]
        assert shown(officer, country="DE") == ["Bo"]
        assert shown(officer, tag=str(factories.tag().pk)) == ["Bo"]
        assert shown(officer, line_type="mobile") == ["Ann"]
        assert shown(officer, status="restricted") == ["Bo"]
        assert shown(officer, source=str(fair.pk), status="restricted") == []
        assert len(shown(officer, source="x", tag="999999")) == 2

    def test_by_a_hold_on_the_contact_on_a_number_or_on_a_source(self, officer: Client) -> None:
        lists = factories.source("lists")
        one, two, three, four = (factories.point(given_name=name) for name in ("Ann", "Bo", "Cy", "Di"))
        with attributed_to(factories.origin()):
            three.provenances.update(source=lists)
        hold(contact=one.contact)
        hold(point=two)
        hold(source=lists)
        hold(contact=four.contact, released_at=timezone.now())
        assert shown(officer, held="1") == ["Cy", "Bo", "Ann"]

    def test_by_when_the_first_number_goes(self, officer: Client) -> None:
        now = timezone.now()
        factories.policy("consent_withdrawn", after_days=10)
        factories.policy("consent_lapsed")
        news = factories.purpose(lapses_after_months=12)
        for name, days in (("Ann", 9), ("Bo", 1), ("Cy", 200)):
            point = factories.point(given_name=name, at=now - LONG_AGO)
            factories.entry(point, Act.WITHDRAWN, at=now - timedelta(days=days))
        carried = factories.point(given_name="Di", at=now - LONG_AGO)
        factories.entry(carried, Act.WITHDRAWN, at=now - timedelta(days=9))
        factories.entry(carried, channel=Channel.CALL, at=now - timedelta(days=30))
        lapsing = factories.point(given_name="Ed", at=now - LONG_AGO)
        factories.entry(lapsing, of=news, at=now - timedelta(days=340))
        assert shown(officer, due="7") == ["Cy", "Ann"]
        assert shown(officer, due="30") == ["Ed", "Cy", "Bo", "Ann"]
        assert shown(officer, due="30", status="restricted") == []
        assert len(shown(officer, due="8")) == 5

    def test_where_more_may_go_than_are_looked_at_it_is_said(
        self, officer: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(contact_due, "MOST", 1)
        factories.policy("consent_withdrawn")
        for name in ("Ann", "Bo"):
            factories.entry(factories.point(given_name=name), Act.WITHDRAWN)
        answer = officer.get(LIST, {"due": "7"})
        assert [str(contact) for contact in answer.context["cl"].result_list] == ["Bo"]
        assert "the newest of them were looked at" in answer.content.decode()

    def test_only_as_many_are_decided_about_as_a_page_needs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contact_due, "FIRST", 1)
        factories.policy("consent_withdrawn")
        ann, bo = (factories.point(given_name=name) for name in ("Ann", "Bo"))
        for point in (ann, bo):
            factories.entry(point, Act.WITHDRAWN)
        for wanted, expected in ((1, [bo]), (2, [bo, ann]), (3, [bo, ann])):
            reading = Reading(timezone.now())
            found = contact_due.going_soon(Contact.objects.all(), reading, days=7, wanted=wanted)
            assert found == ([point.contact_id for point in expected], False)
            assert set(reading.points) == set(found[0])

    def test_where_the_newest_are_too_few_all_are_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uncounted, "NEWEST", 2)
        factories.policy("consent_withdrawn")
        gone = [factories.point(given_name=name) for name in ("Ann", "Bo")]
        for point in gone:
            factories.entry(point, Act.WITHDRAWN)
        factories.point(given_name="Cy")
        for wanted, expected in ((1, gone[1:]), (2, gone[::-1])):
            reading = Reading(timezone.now())
            found, _cut = contact_due.going_soon(Contact.objects.all(), reading, days=7, wanted=wanted)
            assert found == [point.contact_id for point in expected]

    def test_in_another_order_the_oldest_come_first(self, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contact_due, "FIRST", 1)
        monkeypatch.setattr(ModelAdmin, "list_per_page", 1)
        factories.policy("consent_withdrawn")
        for name in ("Ann", "Bo", "Cy"):
            factories.entry(factories.point(given_name=name), Act.WITHDRAWN)
        assert shown(officer, due="7", o="7")[0] == "Ann"

    def test_without_a_policy_nobody_goes(self, officer: Client) -> None:
        factories.point()
        assert shown(officer, due="90") == []


class TestCost:
    def ask(self, client: Client, **filters: str) -> int:
        client.get(LIST, filters)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST, filters).status_code == 200
        assert not any(re.search(r"COUNT\(", query["sql"]) for query in queries)
        return len(queries)

    def test_no_filter_costs_more_at_any_size(self, officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        now, news = timezone.now(), factories.purpose()
        factories.policy("consent_withdrawn", after_days=2)
        factories.policy("last_interaction", after_months=36)
        officer.post("/admin/crm/contact/views/?held=1", {"name": "held", "do": "save"})
        kinds: list[dict[str, str]] = [{}, {"q": "pe"}, {"held": "1"}, {"due": "90"}, {"country": "US"}]
        kinds += [{f"purpose_{news.pk}": "given"}, {"source": str(factories.source().pk)}, {"line_type": "mobile"}]
        kinds += [{"tag": str(factories.tag().pk), "status": "live", f"purpose_{news.pk}": "withdrawn"}]
        counts = []
        for size in (3, 60):
            for index in range(size):
                point = factories.point(country="US", given_name=f"Person {index}")
                factories.entry(point)
                factories.entry(point, Act.WITHDRAWN, channel=Channel.CALL, at=now - timedelta(days=index % 5))
                factories.tagged(point.contact)
                if index < 2:
                    hold(contact=point.contact)
            counts.append([self.ask(officer, **filters) for filters in kinds])
        # A page that is full is found among the newest; one that is not takes another look.
        assert all(more <= few for few, more in zip(*counts, strict=True))
        assert max(counts[0]) <= 12
        # Where there are many more than the newest, and neither these nor a wider look fill the page.
        monkeypatch.setattr(uncounted, "NEWEST", 8)
        monkeypatch.setattr(contact_due, "FIRST", 2)
        assert max(self.ask(officer, **filters) for filters in kinds) <= 12

    def test_nobody_is_counted_beside_the_choices_of_a_filter(self, officer: Client) -> None:
        factories.point()
        with CaptureQueriesContext(connection) as queries:
            officer.get(LIST, {"_facets": "True"})
        assert not any("COUNT(" in query["sql"] for query in queries)

    def test_pages_are_turned_without_counting(self, officer: Client) -> None:
        for index in range(51):
            factories.point(given_name=f"Person {index}")
        first, second = officer.get(LIST), officer.get(LIST, {"p": "2"})
        assert len(first.context["cl"].result_list) == 50
        assert "1 to 50 of more than 50" in first.content.decode()
        assert [str(contact) for contact in second.context["cl"].result_list] == ["Person 0"]
        assert "51 to 51 of 51" in second.content.decode()
        for number in ("0", "201", "-1"):
            assert officer.get(LIST, {"p": number})["Location"] == f"{LIST}?e=1"


def test_everybody_is_offered_by_name_and_none_is_counted(officer: Client) -> None:
    for name in ("Ann", "Anton", "Bo"):
        factories.point(given_name=name)
    query = {"app_label": "consent", "model_name": "legalhold", "term": "an"}
    for field, many in (("contact", 2), ("point", 2)):
        with CaptureQueriesContext(connection) as queries:
            answer = officer.get("/admin/autocomplete/", query | {"field_name": field}).json()
        assert len(answer["results"]) == many
        assert not any("COUNT(" in each["sql"] for each in queries)
