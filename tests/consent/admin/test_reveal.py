"""Showing a full number: on record before, on that answer alone, to those who may, and not to many at once."""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from consent import access, alerts
from consent.models import AccessRecord, Alert
from crm.models import ContactPoint
from tests import factories
from tests.racing import in_threads

NUMBER = "+442079460123"


@pytest.fixture
def editor(client: Client, db: None) -> Client:
    client.force_login(factories.user("ed", role="Editor"))
    return client


def of_contact(point: Any) -> str:
    return f"/admin/crm/contact/{point.contact_id}/reveal/"


def reveal(client: Client, point: ContactPoint, reason: str = "calls back") -> Any:
    return client.post(of_contact(point), {"point": point.pk, "reason": reason})


def test_the_number_is_shown_once_and_who_looked_is_on_record(editor: Client, caplog: pytest.LogCaptureFixture) -> None:
    point = factories.point(NUMBER)
    with caplog.at_level(logging.DEBUG):
        answer = reveal(editor, point)
    assert NUMBER in answer.content.decode()
    assert "We keep nothing" not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    record = AccessRecord.objects.get()
    assert (record.kind, record.actor_user.username, record.reason) == ("reveal", "ed", "calls back")
    assert record.scope == {"lines": [point.line_id], "contacts": [point.contact_id]}
    assert (record.masked, record.contacts, record.points) == (False, 1, 1)
    places = [caplog.text, *(str(each.get_decoded()) for each in Session.objects.all())]
    places += [str(message) for message in get_messages(answer.wsgi_request)]
    places += [f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all()]
    assert not any("79460123" in place for place in places)
    assert NUMBER not in editor.get(of_contact(point)).content.decode()
    assert NUMBER not in editor.get(f"/admin/crm/contact/{point.contact_id}/change/").content.decode()


def test_the_contact_page_offers_it_at_each_number_to_those_who_may(editor: Client) -> None:
    point = factories.point(NUMBER)
    page = f"/admin/crm/contact/{point.contact_id}/change/"
    link = f"{of_contact(point)}?point={point.pk}"
    assert link in editor.get(page).content.decode()
    editor.force_login(factories.user("ray", role="Read-only"))
    assert link not in editor.get(page).content.decode()
    assert reveal(editor, point).status_code == 403
    assert not AccessRecord.objects.exists()


def test_of_a_line_everybody_is_named_who_is_reachable_there(editor: Client) -> None:
    one, two = factories.point(NUMBER), factories.point(NUMBER, given_name="Bo")
    answer = editor.post(f"/admin/crm/phonenumber/{one.line_id}/reveal/", {"reason": "calls back"})
    assert NUMBER in answer.content.decode()
    assert AccessRecord.objects.get().scope["contacts"] == [one.contact_id, two.contact_id]


@pytest.mark.parametrize("reason", ["", "  ", "he gave +44 20 7946 0123"])
def test_without_a_reason_free_of_numbers_nothing_is_shown(editor: Client, reason: str) -> None:
    answer = reveal(editor, factories.point(NUMBER), reason)
    assert NUMBER not in answer.content.decode()
    assert not AccessRecord.objects.exists()


def test_a_number_of_somebody_else_is_not_shown_on_this_contact(editor: Client) -> None:
    point, other = factories.point(), factories.point(NUMBER)
    answer = editor.post(of_contact(point), {"point": other.pk, "reason": "curious"})
    assert NUMBER not in answer.content.decode()
    assert not AccessRecord.objects.exists()


def test_more_than_so_many_in_an_hour_are_refused(editor: Client, settings: Any) -> None:
    settings.REVEALS_PER_HOUR = 2
    point = factories.point(NUMBER)
    assert NUMBER in reveal(editor, point).content.decode()
    assert NUMBER in reveal(editor, point).content.decode()
    refused = reveal(editor, point).content.decode()
    assert NUMBER not in refused
    assert "as one may" in refused
    assert AccessRecord.objects.count() == 2
    editor.force_login(factories.user("ann", role="Editor"))
    assert NUMBER in reveal(editor, point).content.decode()


@pytest.mark.django_db
def test_an_hour_later_one_may_look_again(settings: Any) -> None:
    settings.REVEALS_PER_HOUR = 1
    line: Any = factories.point(NUMBER).line
    asked: dict[str, Any] = {"contact_ids": [1], "user": factories.user(), "reason": "calls back"}
    first = access.reveal(line.pk, at=factories.NOON, **asked)
    assert (first.number, first.of_late) == (NUMBER, 1)
    assert NUMBER not in repr(first)
    with pytest.raises(access.TooManyReveals):
        access.reveal(line.pk, at=factories.NOON + timedelta(minutes=59), **asked)
    assert access.reveal(line.pk, at=factories.NOON + timedelta(hours=1), **asked).of_late == 1


def test_whoever_looks_at_many_is_told_of_once(editor: Client, settings: Any) -> None:
    settings.REVEALS_ALERT = 2
    factories.user("olga", role="Compliance officer", email="olga@example.com")
    point = factories.point(NUMBER)
    for many in range(4):
        reveal(editor, point)
        assert Alert.objects.count() == (many >= 1)
    alert = Alert.objects.get()
    assert (alert.kind, alert.closed_at) == (Alert.Kind.REVEALS, None)
    assert "4" in alert.detail
    assert len(mail.outbox) == 1
    assert "79460123" not in mail.outbox[0].body
    assert "reveals" in alerts.kinds_of_trouble(at=timezone.now())
    alerts.watch(at=timezone.now() + timedelta(hours=2))
    alert.refresh_from_db()
    assert alert.closed_at is not None


@pytest.mark.django_db(transaction=True)
def test_many_requests_at_once_are_counted_one_after_another(settings: Any) -> None:
    settings.REVEALS_PER_HOUR = 3
    line: Any = factories.point(NUMBER).line
    user = factories.user()

    def look() -> None:
        with suppress(access.TooManyReveals):
            access.reveal(line.pk, contact_ids=[1], user=user, at=timezone.now(), reason="calls back")

    in_threads(*[look] * 6)
    assert AccessRecord.objects.count() == 3
