"""`rebuild_consents`: fold the ledger again; report, or mend."""

import pytest

from consent.models import Consent
from tests.commands import run, run_alone
from tests.factories import entry, point

pytestmark = pytest.mark.django_db


@pytest.fixture
def spoiled() -> Consent:
    entry(point())
    entry(point())
    Consent.objects.filter(pk=Consent.objects.order_by("pk")[0].pk).update(status="refused")
    return Consent.objects.order_by("pk")[0]


def test_where_nothing_differs_nothing_is_done() -> None:
    entry(point())
    done = run("rebuild_consents", "--check", "--json")
    assert (done.code, done.json) == (0, {"checked_only": True, "differences": [], "rebuilt": 0})
    assert run("rebuild_consents", "--json").json["rebuilt"] == 0


def test_a_check_reports_every_difference_and_mends_none(spoiled: Consent) -> None:
    done = run("rebuild_consents", "--check", "--json")
    assert done.code == 1
    (found,) = done.json["differences"]
    assert found == {
        "consent_id": spoiled.pk,
        "point_id": spoiled.point_id,
        "purpose": "news",
        "channel": "sms",
        "held": "refused",
        "folded": "given",
    }
    spoiled.refresh_from_db()
    assert spoiled.status == "refused"


def test_a_rebuild_mends_what_differs_and_says_so(spoiled: Consent) -> None:
    done = run("rebuild_consents", "--json")
    assert (done.code, done.json["rebuilt"]) == (0, 1)
    spoiled.refresh_from_db()
    assert spoiled.status == "given"
    assert Consent.history.latest("history_id").history_actor == "command rebuild_consents"
    assert run("rebuild_consents", "--check").code == 0


def test_people_read_a_line_for_each_difference(spoiled: Consent) -> None:
    said = run("rebuild_consents").stdout.splitlines()
    assert said == [
        f"point {spoiled.point_id}, news, sms: the consent says refused, its entries say given",
        "1 differences, 1 consents rebuilt.",
    ]


@pytest.mark.django_db(transaction=True)
def test_as_a_process_a_difference_is_exit_code_1(spoiled: Consent) -> None:
    done = run_alone("rebuild_consents", "--check", "--json")
    assert (done.code, done.stderr) == (1, "")
    assert len(done.json["differences"]) == 1
