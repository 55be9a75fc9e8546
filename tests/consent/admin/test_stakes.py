"""What an act says beforehand, in numbers: whom it reaches, and how much of what they agreed to it ends."""

from typing import Any

import pytest
from django.test import Client

from consent.admin import stakes as module
from consent.admin.stakes import stakes
from consent.models import LegalHold
from consent.rules.lines import Channel
from consent.rules.states import Act
from crm.models import ContactPoint, ImportBatch, Provenance, attributed_to
from tests import capturing, factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
NUMBER = "+12025550187"


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(factories.user("root", is_superuser=True))
    return client


def shared() -> ContactPoint:
    """Return a point at a number that two people are reachable at, who have given three consents."""
    first, second = factories.point(NUMBER), factories.point(NUMBER)
    factories.entry(first)
    factories.entry(first, channel=Channel.CALL)
    factories.entry(second)
    factories.entry(second, Act.REFUSED, channel=Channel.CALL)
    return first


def effects(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return " ".join(answer.context["act"].effects())


def test_people_and_consents_are_counted_at_the_line() -> None:
    point: Any = shared()
    assert stakes([point.line_id]) == ["+1 •••• ••0187: 2 people are reachable, 3 consents stand."]


def test_a_number_at_which_nobody_agreed_to_anything_says_so() -> None:
    point: Any = factories.point(NUMBER)
    assert stakes([point.line_id]) == ["+1 •••• ••0187: 1 person is reachable, 0 consents stand."]


def test_of_many_numbers_the_first_are_named_and_the_rest_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_NAMED", 1)
    lines: list[Any] = [factories.point().line_id for _time in range(3)]
    assert len(stakes(lines)) == 2
    assert stakes(lines)[-1] == "And of 2 more numbers."


def test_nothing_is_at_stake_of_no_number() -> None:
    assert stakes([]) == []


@pytest.mark.parametrize("act", ["withdraw", "opt-out"])
def test_whoever_ends_consent_sees_what_stands(root: Client, act: str) -> None:
    said = effects(root, f"/admin/crm/contact/{shared().contact_id}/{act}/")
    assert "2 people are reachable, 3 consents stand" in said


@pytest.mark.parametrize("act", ["end-number", "replace-number", "restrict"])
def test_whoever_takes_a_number_out_of_use_sees_who_else_has_it(root: Client, act: str) -> None:
    said = effects(root, f"/admin/crm/contact/{shared().contact_id}/{act}/")
    assert "Numbers of this contact: 1; of them 1 are other contacts' too, who keep them." in said


@pytest.mark.parametrize("act", ["is-opt-out", "is-none"])
def test_whoever_reads_an_unclear_text_sees_whom_it_is_about(root: Client, act: str) -> None:
    message = capturing.inbound(shared().line)
    assert "2 people are reachable" in effects(root, f"/admin/consent/inboundmessage/{message.pk}/{act}/")


def test_whoever_releases_a_hold_sees_how_much_it_kept(root: Client) -> None:
    point = shared()
    factories.point()
    holds = ({"source": factories.source()}, 3), ({"contact": point.contact}, 1), ({"point": point}, 1)
    for on, held in holds:
        with attributed_to(factories.origin()):
            hold = LegalHold.objects.create(reason="claim", placed_at=NOON, **on)
        said = effects(root, f"/admin/consent/legalhold/{hold.pk}/release/")
        assert f"{held} contact point" in said


def test_whoever_undoes_an_import_sees_what_it_alone_brought(root: Client) -> None:
    stage = ImportBatch.Stage.COMMITTED
    batch = factories.batch(stage=stage, confirmed_at=NOON, committed_at=NOON)
    alone, elsewhere = factories.point(), factories.point()
    Provenance.objects.filter(point=alone).update(batch=batch)
    Provenance.objects.create(point=elsewhere, source=factories.source("shop"), batch=batch, obtained_at=NOON)
    said = effects(root, f"/admin/crm/importbatch/{batch.pk}/undo/")
    assert "Numbers that this import brought: 2; of them nobody else has brought 1." in said
