"""The hosted form: what it shows, what it takes in, what it proves, and what it gives away: nothing."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from consent.models import Challenge, CollectionPoint, Consent, ConsentEvent, Evidence, Method, Notice, OutgoingMessage
from consent.withdrawal import withdraw
from crm.models import Contact, ContactPoint, PhoneNumber
from tests import factories
from tests.consent.views.filling import Page, first, get, name_of, send
from tests.factories import TESTER

pytestmark = pytest.mark.django_db

FORM = "/c/garden/"


def stored() -> dict[str, int]:
    models = (Contact, PhoneNumber, ContactPoint, ConsentEvent, Consent, Evidence, Challenge, OutgoingMessage)
    return {model.__name__: model.objects.count() for model in models}


@pytest.fixture
def box(news) -> str:
    return name_of(factories.notice(news))


@pytest.fixture
def confirmed_box(survey) -> str:
    return name_of(factories.notice(survey))


class TestShowing:
    def test_there_is_a_box_for_each_purpose_and_channel_and_none_is_ticked(self, client, place, news, survey) -> None:
        boxes = get(client, FORM).boxes()
        asked = {name_of(factories.notice(news), c) for c in ("sms", "call")} | {name_of(factories.notice(survey))}
        assert boxes == dict.fromkeys(asked, False)

    def test_each_stands_under_its_published_wording(self, client, place, news) -> None:
        page = get(client, FORM)
        notice = factories.notice(news)
        assert f'<p id="wording-{notice.pk}">{notice.text}</p>' in page.text
        assert f'aria-describedby="wording-{notice.pk}"' in page.text

    def test_what_is_necessary_is_told_and_has_no_box(self, client, place, orders) -> None:
        page = get(client, FORM)
        notice = factories.notice(orders)
        assert f"<li>{notice.text}</li>" in page.text
        assert not [name for name in page.boxes() if str(notice.pk) in name]

    def test_the_newest_published_wording_counts(self, client, place, news) -> None:
        newer = factories.notice(news, version=2)
        Notice.objects.create(purpose=news, language="en", version=3, text="a draft")
        assert name_of(newer) in get(client, FORM).boxes()

    def test_a_wording_is_shown_as_text(self, client, place, news) -> None:
        published = {"version": 2, "published_at": timezone.now(), "language": "en"}
        Notice.objects.create(purpose=news, text="<b>Offers</b> & more?", **published)
        assert "&lt;b&gt;Offers&lt;/b&gt; &amp; more?" in get(client, FORM).text

    @pytest.mark.parametrize("asks_age", [True, False])
    def test_the_age_is_asked_for_where_the_place_does(self, client, place, asks_age) -> None:
        CollectionPoint.objects.filter(pk=place.pk).update(asks_age=asks_age)
        assert ("age" in get(client, FORM).boxes()) == asks_age

    def test_it_links_to_the_privacy_policy_and_names_who_asks(self, client, place, settings) -> None:
        settings.ORGANISATION = "Fernhill & Sons"
        CollectionPoint.objects.filter(pk=place.pk).update(policy_url="https://fernhill.example/privacy")
        page = get(client, FORM)
        assert 'href="https://fernhill.example/privacy"' in page.text
        assert "Fernhill &amp; Sons" in page.text

    @pytest.mark.parametrize("method", ["get", "head"])
    def test_looking_changes_nothing(self, client, place, method, django_assert_max_num_queries) -> None:
        before = stored()
        with django_assert_max_num_queries(10) as queries:
            assert getattr(client, method)(FORM).status_code == 200
        assert not [query for query in queries if not query["sql"].startswith("SELECT")]
        assert stored() == before

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_other_methods_are_refused(self, client, place, method) -> None:
        assert getattr(client, method)(FORM).status_code == 405


class TestLanguage:
    @pytest.mark.parametrize(
        ("address", "accepted", "spoken"),
        [
            (FORM, "", "en"),
            (FORM, "de-AT,de;q=0.9", "de"),
            (FORM, "fr,de;q=0.5,en;q=0.4", "de"),
            (FORM, "fr", "en"),
            (f"{FORM}?lang=de", "en", "de"),
            (f"{FORM}?lang=fr", "de", "de"),
            (f"{FORM}?lang=%00", "*;q=x,,", "en"),
        ],
    )
    def test_it_is_the_visitors_among_those_of_the_place(self, client, place, address, accepted, spoken) -> None:
        page = get(client, address, **{"Accept-Language": accepted} if accepted else {})
        assert f'<html lang="{spoken}" dir="ltr">' in page.text
        assert page.response["Content-Language"] == spoken
        assert ("Wie dürfen wir Sie erreichen?" in page.text) == (spoken == "de")

    def test_it_can_be_switched(self, client, place) -> None:
        page = get(client, FORM)
        assert re.findall(r'<a href="\?lang=(..)"', page.text) == ["en", "de"]

    def test_one_in_which_nothing_is_published_is_not_offered(self, client, place) -> None:
        CollectionPoint.objects.filter(pk=place.pk).update(languages=["fr", "de", "en"])
        page = get(client, f"{FORM}?lang=fr")
        assert re.findall(r'<a href="\?lang=(..)"', page.text) == ["de", "en"]

    def test_an_error_is_said_in_it(self, client, place) -> None:
        page = Page(send(client, f"{FORM}?lang=de", "", region="DE"))
        assert page.problems()["phone"] == "Hier steht keine Telefonnummer."


class TestCountry:
    @pytest.mark.parametrize(
        ("of_source", "accepted", "chosen"),
        [("GB", "de-AT", "GB"), ("", "de-AT", "AT"), ("", "zh-Hans-SG", "SG"), ("", "de", "DE"), ("", "xx-YY", "US")],
    )
    def test_the_likely_one_is_chosen(self, client, place, of_source, accepted, chosen) -> None:
        type(place.source).objects.filter(pk=place.source_id).update(default_region=of_source)
        assert get(client, FORM, **{"Accept-Language": accepted}).country() == chosen

    def test_each_is_named_in_the_language_with_its_code(self, client, place) -> None:
        text = get(client, f"{FORM}?lang=de").text
        assert '<option value="GB">Vereinigtes Königreich (+44)</option>' in text
        # Sorted as a reader looks for it, not by the code of its first letter.
        assert text.index("Österreich (+43)") < text.index("Portugal (+351)")

    def test_a_number_is_read_as_of_the_country(self, client, place, box) -> None:
        send(client, FORM, "020 7946 0123", box, region="GB")
        assert str(PhoneNumber.objects.get().number) == "+442079460123"

    def test_its_own_code_wins(self, client, place, box) -> None:
        send(client, FORM, "+44 20 7946 0123", box, region="DE")
        assert PhoneNumber.objects.get().region == "GB"

    def test_one_that_is_none_is_not_taken(self, client, place, box) -> None:
        send(client, FORM, "202-555-0171", box, region="<x>")
        assert PhoneNumber.objects.get().region == "US"


class TestSending:
    def test_what_is_ticked_is_given_and_nothing_else(self, client, place, news, box, sent) -> None:
        response = send(client, FORM, "+1 202 555 0171", box)
        assert (response.status_code, response["Location"]) == (303, "/c/garden/done/?lang=en")
        assert [(c.purpose, c.channel, c.status) for c in Consent.objects.all()] == [(news, "sms", "given")]
        entry = ConsentEvent.objects.get()
        assert (entry.actor_name, entry.method, entry.notice) == ("person", "web_form", factories.notice(news))
        assert sent == []

    def test_what_is_to_be_confirmed_is_asked_about_through_the_number(
        self, client, place, confirmed_box, sent
    ) -> None:
        response = send(client, FORM, "+1 202 555 0171", confirmed_box)
        assert re.fullmatch(r"/c/garden/code/[\w-]{43}/\?lang=en", response["Location"])
        assert Consent.objects.get().status == "requested"
        assert sent == [OutgoingMessage.objects.get().pk]

    def test_no_number_stands_in_an_address(self, client, place, box, confirmed_box) -> None:
        for name in (box, confirmed_box):
            assert "2025550171" not in re.sub(r"\D", "", send(client, FORM, "+1 202 555 0171", name)["Location"])

    def test_what_the_place_does_not_ask_for_counts_for_nothing(self, client, place, box, orders) -> None:
        other = factories.notice(factories.purpose("else"))
        send(client, FORM, "+1 202 555 0171", box, name_of(other), name_of(factories.notice(orders)))
        assert [consent.purpose.slug for consent in Consent.objects.all()] == ["news"]

    def test_the_words_that_were_shown_count_also_when_there_are_newer_ones(self, client, place, news, box) -> None:
        shown = get(client, FORM).shown
        factories.notice(news, version=2)
        send(client, FORM, "+1 202 555 0171", box, shown=shown)
        assert Consent.objects.get().notice == factories.notice(news, version=1)

    def test_the_age_is_needed_where_it_is_asked_for(self, client, place, box) -> None:
        CollectionPoint.objects.filter(pk=place.pk).update(asks_age=True)
        page = Page(send(client, FORM, "+1 202 555 0171", box))
        assert (page.response.status_code, list(page.problems())) == (422, ["age"])
        assert not ConsentEvent.objects.exists()
        assert send(client, FORM, "+1 202 555 0171", box, "age").status_code == 303
        assert ConsentEvent.objects.exists()


class TestAge:
    """From which age on people agree by themselves depends on where they are (GDPR 8(1))."""

    @pytest.fixture(autouse=True)
    def _asked_for(self, place) -> None:
        CollectionPoint.objects.filter(pk=place.pk).update(asks_age=True)

    @pytest.mark.parametrize(("region", "age"), [("GB", 13), ("FR", 15), ("DE", 16), ("US", 16)])
    def test_it_is_that_of_the_country(self, client, place, region, age) -> None:
        type(place.source).objects.filter(pk=place.source_id).update(default_region=region)
        assert f"I am at least {age} years old." in get(client, FORM).text

    def test_a_number_of_a_stricter_country_is_asked_for_its_own(self, client, place, box) -> None:
        type(place.source).objects.filter(pk=place.source_id).update(default_region="GB")
        page = Page(send(client, FORM, "+49 30 23125 001", box, "age"))
        assert list(page.problems()) == ["age"]
        assert "I am at least 16 years old." in page.text
        # What was said of thirteen years says nothing of sixteen.
        assert (page.boxes()["age"], page.boxes()[box]) == (False, True)
        assert not ConsentEvent.objects.exists()
        assert send(client, FORM, "+49 30 23125 001", box, "age", shown=page.shown).status_code == 303
        assert "at least 16" in Evidence.objects.get().shown

    def test_one_of_a_milder_country_is_not(self, client, place, box) -> None:
        type(place.source).objects.filter(pk=place.source_id).update(default_region="DE")
        assert send(client, FORM, "+44 20 7946 0123", box, "age").status_code == 303


class TestWhatIsWrong:
    def test_a_number_that_is_none(self, client, place, box) -> None:
        before = stored()
        page = Page(send(client, FORM, "call me", box))
        assert page.response.status_code == 422
        assert page.problems() == {"phone": "There are letters or other characters where digits belong."}
        assert stored() == before

    def test_the_field_says_so_too(self, client, place, box) -> None:
        text = Page(send(client, FORM, "call me", box)).text
        field = first(r'<input id="phone"[^>]*>', text)
        assert 'aria-invalid="true"' in field
        assert 'aria-describedby="phone-error phone-hint"' in field
        assert 'id="phone-error"' in text

    def test_the_list_of_errors_comes_first_and_takes_the_focus(self, client, place, box) -> None:
        text = Page(send(client, FORM, "call me", box)).text
        assert 'tabindex="-1" autofocus' in first(r'<div class="errors"[^>]*>', text)
        assert text.index('<div class="errors"') < text.index("<h1>")
        assert "<title>Please look at this again:" in text

    def test_what_was_typed_is_kept(self, client, place, box) -> None:
        page = Page(send(client, FORM, '"><script>1</script>', box, region="DE"))
        assert page.value("phone") == '"><script>1</script>'
        assert "<script>1" not in page.text
        assert (page.country(), page.boxes()[box]) == ("DE", True)

    def test_nothing_ticked_is_nothing_agreed_to(self, client, place) -> None:
        before = stored()
        page = Page(send(client, FORM, "+1 202 555 0171"))
        assert page.response.status_code == 422
        assert list(page.problems()) == ["agree"]
        assert "nothing was stored" in page.problems()["agree"]
        assert stored() == before

    def test_all_of_it_is_said_at_once(self, client, place) -> None:
        CollectionPoint.objects.filter(pk=place.pk).update(asks_age=True)
        assert list(Page(send(client, FORM, "")).problems()) == ["phone", "agree", "age"]

    @pytest.mark.parametrize("number", ["\x00", "9" * 200, "+1 202 555 0171\x00", "😀", "=1+1"])
    def test_odd_numbers_are_answered(self, client, place, box, number) -> None:
        assert list(Page(send(client, FORM, number, box)).problems()) == ["phone"]

    @pytest.mark.parametrize("case", ["forged", "missing", "of_another_place", "too_old"])
    def test_a_form_that_was_not_shown_so_is_shown_anew(self, client, place, news, box, case) -> None:
        factories.place("other", asks=[news])
        shown = {
            "forged": get(client, FORM).shown[:-2] + "xx",
            "missing": "",
            "of_another_place": get(client, "/c/other/").shown,
            "too_old": self.yesterday(client),
        }[case]
        before = stored()
        page = Page(send(client, FORM, "+1 202 555 0171", box, shown=shown, region="GB"))
        assert page.response.status_code == 422
        assert "open for too long" in page.problems()["agree"]
        assert (page.value("phone"), page.country()) == ("+1 202 555 0171", "GB")
        # Nothing is ticked for anybody, not even by a page that sends visitors here.
        assert set(page.boxes().values()) == {False}
        assert stored() == before
        assert send(client, FORM, "+1 202 555 0171", box, shown=page.shown).status_code == 303

    def yesterday(self, client: Client) -> str:
        with time_machine.travel(timezone.now() - timedelta(hours=24, seconds=5), tick=False):
            return get(client, FORM).shown

    def test_a_day_is_not_too_long(self, client, place, box) -> None:
        with time_machine.travel(timezone.now() - timedelta(hours=23, minutes=59), tick=False):
            shown = get(client, FORM).shown
        assert send(client, FORM, "+1 202 555 0171", box, shown=shown).status_code == 303

    def test_a_purpose_that_is_no_longer_asked_for(self, client, place, news, box, confirmed_box) -> None:
        shown = get(client, FORM).shown
        place.purposes.remove(news)
        page = Page(send(client, FORM, "+1 202 555 0171", box, shown=shown))
        assert "has changed" in page.problems()["agree"]
        assert page.boxes() == {confirmed_box: False}
        assert not ConsentEvent.objects.exists()


class TestEvidence:
    @pytest.fixture
    def evidence(self, client, place, box) -> dict[str, Any]:
        CollectionPoint.objects.filter(pk=place.pk).update(asks_age=True, policy_url="https://fernhill.example/privacy")
        with time_machine.travel(datetime(2026, 3, 2, 11, 58, tzinfo=UTC), tick=False):
            shown = get(client, f"{FORM}?lang=de").shown
        german = name_of(factories.notice(factories.purpose("news"), language="de"))
        with time_machine.travel(datetime(2026, 3, 2, 12, 0, tzinfo=UTC), tick=False):
            values = {"shown": shown, "headers": {"User-Agent": "Firefox/1 " + "x" * 900}}
            send(client, f"{FORM}?lang=de", "+1 202 555 0171", german, "age", **values)
        found = Evidence.objects.get()
        return {"ip": found.ip, "user_agent": found.user_agent, "text": found.shown, "shown": json.loads(found.shown)}

    def test_it_is_what_was_shown(self, evidence, news, survey, orders) -> None:
        wording = {}
        for purpose in (news, survey, orders):
            notice = factories.notice(purpose, language="de")
            said = {"notice": notice.pk, "version": 1, "text": notice.text}
            wording[purpose.slug] = {"purpose": purpose.slug, **said}
        assert evidence["shown"] == {
            "page": "form",
            "place": "garden",
            "language": "de",
            "asked": [
                {**wording["news"], "channel": "sms", "box": "Ja, per SMS", "ticked": True},
                {**wording["news"], "channel": "call", "box": "Ja, per Anruf", "ticked": False},
                {**wording["survey"], "channel": "sms", "box": "Ja, per SMS", "ticked": False},
            ],
            "told": [wording["orders"]],
            "age": {"box": "Ich bin mindestens 16 Jahre alt.", "ticked": True},
            "policy": "https://fernhill.example/privacy",
            "shown_at": "2026-03-02T11:58:00+00:00",
            "sent_at": "2026-03-02T12:00:00+00:00",
        }

    def test_it_is_canonical_and_holds_no_number(self, evidence) -> None:
        content = json.dumps(evidence["shown"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert evidence["text"] == content
        assert "5550171" not in evidence["text"]

    def test_it_says_where_from(self, evidence) -> None:
        assert evidence["ip"] == "127.0.0.1"
        assert evidence["user_agent"] == "Firefox/1 " + "x" * 490

    @pytest.mark.parametrize(
        ("behind_proxy", "remote", "forwarded", "ip"),
        [
            (False, "192.0.2.7", "203.0.113.9", "192.0.2.7"),
            (True, "10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            (True, "10.0.0.1", "2001:db8::7", "2001:db8::7"),
            (True, "10.0.0.1", "203.0.113.9, unknown", None),
            (True, "10.0.0.1", "", None),
            (False, "fe80::1%eth0", "", "fe80::1"),
            (False, "", "", None),
        ],
    )
    def test_behind_a_proxy_its_last_hop_counts(
        self, place, box, settings, behind_proxy, remote, forwarded, ip
    ) -> None:
        settings.BEHIND_PROXY = behind_proxy
        client = Client(REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
        send(client, FORM, "+1 202 555 0171", box)
        assert Evidence.objects.get().ip == ip

    def test_what_goes_along_with_the_form_holds_nothing_of_the_visitor(self, client, place) -> None:
        said = signing.loads(get(client, FORM).shown, salt="consent.forms.shown")
        assert set(said) == {"place", "language", "asked", "told", "age", "at"}


class TestConstantAnswers:
    """Byte for byte, but for the random part of the address of the code's page."""

    def known(self, number: str) -> None:
        factories.point(number)

    def stopped(self, number: str) -> None:
        factories.point(number)
        self.stopped_and_never_held(number)

    def stopped_and_never_held(self, number: str) -> None:
        withdraw(number, at=timezone.now(), reason="stop", method=Method.SMS, actor=TESTER)

    def agreed_already(self, number: str) -> None:
        factories.entry(factories.point(number))

    def answer(self, response: Any) -> tuple[int, dict[str, str], bytes]:
        headers = {name: re.sub(r"code/[\w-]{43}/", "code/*/", value) for name, value in response.headers.items()}
        return response.status_code, headers, response.content

    @pytest.mark.parametrize("case", ["known", "stopped", "stopped_and_never_held", "agreed_already"])
    @pytest.mark.parametrize("purpose", ["news", "survey"])
    def test_of_known_unknown_and_suppressed_numbers(self, client, place, case, purpose) -> None:
        name = name_of(factories.notice(factories.purpose(purpose)))
        number = factories.number()
        getattr(self, case)(number)
        of_unknown, of_this = (send(client, FORM, text, name) for text in (factories.number(), number))
        assert self.answer(of_this) == self.answer(of_unknown)
        pages = [client.get(each["Location"]) for each in (of_this, of_unknown)]
        assert self.answer(pages[0]) == self.answer(pages[1])
        if purpose == "survey":
            tried = [client.post(each["Location"], {"code": "12345x"}) for each in (of_this, of_unknown)]
            assert self.answer(tried[0]) == self.answer(tried[1])
            again = [client.post(each["Location"], {"again": "yes"}) for each in (of_this, of_unknown)]
            assert self.answer(again[0]) == self.answer(again[1])

    @pytest.mark.parametrize("purpose", ["news", "survey"])
    def test_of_programs_that_fill_in_everything(self, client, place, purpose, sent) -> None:
        name = name_of(factories.notice(factories.purpose(purpose)))
        of_person = send(client, FORM, factories.number(), name)
        before, handed = stored(), list(sent)
        of_program = send(client, FORM, factories.number(), name, homepage="https://spam.example")
        assert self.answer(of_program) == self.answer(of_person)
        assert (stored(), sent) == (before, handed)

    def test_the_trap_is_hidden_from_people(self, client, place) -> None:
        text = get(client, FORM).text
        trap = first(r'<div class="trap">.*?</div>', text)
        assert 'name="homepage"' in trap
        assert 'tabindex="-1"' in trap
        assert 'autocomplete="off"' in trap


class TestHeaders:
    ADDRESSES = (FORM, "/c/garden/done/", "/c/garden/code/" + "x" * 43 + "/")

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_nobody_may_frame_it_unless_the_place_says_so(self, client, place, address) -> None:
        response = client.get(address)
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_those_that_the_place_names_may(self, client, place, address) -> None:
        origins = ["https://www.fernhill.example", "https://shop.fernhill.example:8443"]
        CollectionPoint.objects.filter(pk=place.pk).update(allowed_origins=origins)
        response = client.get(address)
        policy = response["Content-Security-Policy"].split("; ")
        assert f"frame-ancestors {' '.join(origins)}" in policy
        assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'"} <= set(policy)
        assert "X-Frame-Options" not in response

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_nobody_keeps_a_copy_or_learns_the_address(self, client, place, address) -> None:
        response = client.get(address)
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"

    def test_no_cookie_is_set_or_read(self, place, box, confirmed_box) -> None:
        client = Client(enforce_csrf_checks=True)
        responses = [client.get(address) for address in self.ADDRESSES]
        responses += [send(client, FORM, factories.number(), name) for name in (box, confirmed_box, "nothing")]
        code = responses[-2]["Location"]
        responses += [client.post(code, {"code": "000000"}), client.post(code, {"again": "yes"})]
        assert [response.status_code for response in responses] == [200, 200, 200, 303, 303, 422, 422, 303]
        assert not client.cookies
        assert not [response for response in responses if "Cookie" in response.get("Vary", "")]

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_nothing_stands_inline(self, client, place, address) -> None:
        text = client.get(address).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", text)
        assert not [link for link in re.findall(r'(?:src|href)="([^"]+)"', text) if not re.match(r"/|\?|#", link)]


class TestClosedPlaces:
    @pytest.mark.parametrize("address", ["", "done/", f"code/{'x' * 43}/"])
    @pytest.mark.parametrize("case", ["unknown", "closed", "nothing_published", "till", "third_party"])
    def test_they_all_look_like_none(self, client, place, till_place, news, address, case) -> None:
        draft = factories.purpose("draft")
        factories.place("empty").purposes.set([draft])
        factories.place("list", kind="third_party", asks=[news])
        factories.place("closed", asks=[news], active=False)
        slug = {"nothing_published": "empty", "till": "shop", "third_party": "list"}.get(case, case)
        response = client.get(f"/c/{slug}/{address}")
        assert response.status_code == 404
        assert "There is nothing here" in response.content.decode()
        assert "public.css" in response.content.decode()

    def test_nothing_is_taken_in(self, client, place, box) -> None:
        shown = get(client, FORM).shown
        CollectionPoint.objects.filter(pk=place.pk).update(active=False)
        response = client.post(FORM, {"shown": shown, "phone": "+1 202 555 0171", box: "yes"})
        assert response.status_code == 404
        assert not PhoneNumber.objects.exists()

    def test_the_page_is_in_the_visitors_language(self, client) -> None:
        response = client.get("/c/none/", headers={"Accept-Language": "es"})
        assert "Aquí no hay nada" in response.content.decode()
