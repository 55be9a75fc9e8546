"""Telling people where we have their number from, in the admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from consent import permission
from consent.rules.lines import Channel
from consent.rules.permission import Reason
from crm.models import Provenance
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


def test_people_of_a_supplier_may_be_contacted_once_their_notices_are_recorded(officer: Client) -> None:
    supplier = factories.source("list", kind="third_party", names_us=True)
    point: Any = factories.point(of=supplier)
    factories.entry(point, source=supplier, channel=Channel.CALL)
    news = factories.purpose("news")

    def reason() -> Reason:
        asked_at = factories.NOON + timedelta(days=400, hours=6)
        return permission.may_contact(point.line.e164, purpose=news, channel=Channel.CALL, at=asked_at).reason

    assert reason() is Reason.NOTICE_NOT_SENT
    page = f"/admin/crm/source/{supplier.pk}/record-notices/"
    assert "1 number of this source waits" in officer.get(page).content.decode()
    assert officer.post(page, {}).status_code == 302
    assert reason() is Reason.CONSENT_GIVEN
    assert "1 notice was recorded" in LogEntry.objects.get().change_message


def test_who_came_after_the_notices_went_out_still_waits(officer: Client) -> None:
    supplier = factories.source("list", kind="third_party")
    early = factories.point(of=supplier, at=factories.NOON - timedelta(days=20))
    late = factories.point(of=supplier, at=factories.NOON - timedelta(days=1))
    sent = (factories.NOON - timedelta(days=10)).strftime("%Y-%m-%dT%H:%M")
    officer.post(f"/admin/crm/source/{supplier.pk}/record-notices/", {"when": sent})
    assert early.provenances.get().notice_sent_at == factories.NOON - timedelta(days=10)
    assert late.provenances.get().notice_sent_at is None


def test_notices_are_not_sent_in_the_future(officer: Client) -> None:
    supplier = factories.source("list", kind="third_party")
    factories.point(of=supplier)
    answer = officer.post(f"/admin/crm/source/{supplier.pk}/record-notices/", {"when": "2999-01-01T00:00"})
    assert "future" in str(answer.context["form"].errors)
    assert Provenance.objects.get().notice_sent_at is None


def test_who_came_to_us_directly_waits_for_no_notice(officer: Client) -> None:
    shop = factories.source("shop")
    factories.point(of=shop)
    answer = officer.get(f"/admin/crm/source/{shop.pk}/record-notices/", follow=True)
    assert "Nobody waits for a notice here." in answer.content.decode()


def test_an_exemption_is_a_decision_with_its_ground(officer: Client) -> None:
    supplier = factories.source("list", kind="third_party")
    provenance = factories.point(of=supplier).provenances.get()
    page = f"/admin/crm/provenance/{provenance.pk}/exempt/"
    assert officer.post(page, {"reason": ""}).status_code == 200
    officer.post(page, {"reason": "14(5)(a): told by the supplier"})
    provenance.refresh_from_db()
    assert provenance.notice_exempt == "14(5)(a): told by the supplier"
    again = officer.post(page, {"reason": "twice"})
    assert "No notice is owed here" in str(again.context["form"].errors)


def test_the_list_is_narrowed_to_those_who_wait_and_to_those_who_were_told(officer: Client) -> None:
    listed = factories.source("lists", kind="third_party")
    waits, told = factories.point(of=listed), factories.point(of=listed)
    factories.point(of=factories.source("web"))
    Provenance.objects.filter(point=told).update(notice_sent_at=factories.NOON)

    def points(notice: str) -> list[int]:
        rows = officer.get("/admin/crm/provenance/", {"notice": notice}).context["cl"].result_list
        return [row.point_id for row in rows]

    assert points("waits") == [waits.pk]
    assert points("sent") == [told.pk]
    assert len(points("")) == 3
