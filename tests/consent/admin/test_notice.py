"""Notices and purposes in the admin."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from consent import suppression
from consent.models import Notice, Purpose
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


def add(officer: Client, **data: Any) -> Any:
    wording = {"purpose": factories.purpose().pk, "language": "en", "text": "May we?", "sender_named": ""}
    return officer.post("/admin/consent/notice/add/", wording | data)


def test_versions_count_themselves_for_each_language(officer: Client) -> None:
    factories.notice(factories.purpose(), version=4)
    add(officer, version="77")
    add(officer, language="de")
    assert set(Notice.objects.values_list("language", "version")) == {("en", 4), ("en", 5), ("de", 1)}


def test_a_draft_is_edited_and_stays_of_its_purpose(officer: Client) -> None:
    add(officer)
    draft = Notice.objects.get()
    data = {"text": "Might we?", "purpose": factories.purpose("offers").pk, "language": "fr"}
    officer.post(f"/admin/consent/notice/{draft.pk}/change/", data)
    draft.refresh_from_db()
    assert (draft.text, draft.purpose.slug, draft.language) == ("Might we?", "news", "en")


def test_a_published_wording_is_read_only_and_published_once(officer: Client) -> None:
    add(officer)
    draft = Notice.objects.get()
    officer.post(f"/admin/consent/notice/{draft.pk}/publish/")
    draft.refresh_from_db()
    published = draft.published_at
    assert published is not None
    assert officer.post(f"/admin/consent/notice/{draft.pk}/change/", {"text": "No!"}).status_code == 403
    answer = officer.post(f"/admin/consent/notice/{draft.pk}/publish/")
    assert "already" in str([str(message) for message in get_messages(answer.wsgi_request)])
    draft.refresh_from_db()
    assert draft.published_at == published


def test_a_purpose_has_at_least_one_channel_and_consent_is_never_necessary(officer: Client) -> None:
    data = {"name": "News", "slug": "news", "basis": "consent"}
    answer = officer.post("/admin/consent/purpose/add/", data)
    assert "channels" in answer.context["adminform"].form.errors
    answer = officer.post("/admin/consent/purpose/add/", data | {"channels": ["sms"], "necessary": "on"})
    assert "freely given" in str(answer.context["adminform"].form.non_field_errors())
    assert officer.post("/admin/consent/purpose/add/", data | {"channels": ["sms"]}).status_code == 302
    assert Purpose.objects.get().channels == ["sms"]


def test_a_new_purpose_is_stopped_where_everything_but_other_purposes_is(officer: Client) -> None:
    line = factories.point().line
    assert line is not None
    no = suppression.suppress(line, since=factories.NOON, reason="text opt-out", actor=factories.TESTER)
    suppression.lift(no, reason=suppression.NARROWED, authority=suppression.Authority.PERSON, at=factories.NOON)
    data = {"name": "News", "slug": "news", "basis": "consent", "channels": ["sms"]}
    officer.post("/admin/consent/purpose/add/", data)
    assert line.suppressions.get(lifted_at=None).purpose == Purpose.objects.get()
