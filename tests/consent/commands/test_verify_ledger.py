"""`verify_ledger`: is the ledger whole, does every consent follow from it, do its database rules stand?"""

import pytest
from django.utils import timezone

from consent import ledger, retention, sealing
from consent.models import Consent, Evidence
from consent.models.triggers import TRIGGERS
from consent.rules.states import Act
from crm import triggers
from tests.commands import run, run_alone
from tests.consent.sealing.tampering import past_the_triggers
from tests.factories import TESTER, entry, point

pytestmark = pytest.mark.django_db
PROOF = ledger.Proof(ip="192.0.2.1", message="yes")


def test_a_ledger_that_is_whole_is_counted() -> None:
    kept, erased = point(), point()
    entry(kept, evidence=PROOF)
    entry(erased, evidence=PROOF)
    entry(erased, Act.WITHDRAWN)
    sealing.seal(actor=TESTER, at=timezone.now())
    retention.erase(erased.contact, reason="request", actor=TESTER, at=timezone.now())
    done = run("verify_ledger", "--json")
    assert done.code == 0
    assert done.json == {
        "entries": 3,
        "by_act": {"given": 2, "withdrawn": 1},
        "consents": 2,
        "evidence": 1,
        # Erased on its own schedule: the ledger still verifies.
        "evidence_erased": 1,
        "seals": 1,
        "not_sealed": 0,
        "oldest_not_sealed": None,
        "differences": [],
        "evidence_not_matching": [],
        "triggers_missing": [],
        "faults": [],
        "journal_faults": [],
    }


@pytest.mark.parametrize("what", ["differences", "evidence_not_matching", "triggers_missing"])
def test_each_fault_is_found_and_is_exit_code_1(what: str) -> None:
    entry(point(), evidence=PROOF)
    if what == "differences":
        Consent.objects.update(status="refused")
    elif what == "evidence_not_matching":
        Evidence.objects.update(shown="something else")
    else:
        # The test's transaction is rolled back, and the trigger is there again.
        triggers.remove(TRIGGERS[:1])
    done = run("verify_ledger", "--json")
    assert done.code == 1
    assert [name for name in ("differences", "evidence_not_matching", "triggers_missing") if done.json[name]] == [what]


@pytest.mark.django_db(transaction=True)
def test_as_a_process_it_prints_one_object_and_nothing_else() -> None:
    entry(point())
    done = run_alone("verify_ledger", "--json")
    assert (done.code, done.stderr, done.json["entries"]) == (0, "", 1)


def test_a_fault_of_the_seals_is_a_line_that_names_the_entry() -> None:
    made = entry(point())
    sealing.seal(actor=TESTER, at=timezone.now())
    entry(point())
    past_the_triggers(f"UPDATE consent_consentevent SET method = 'staff' WHERE id = {made.pk}")
    done = run("verify_ledger")
    assert done.code == 1
    assert done.stdout.splitlines()[-2:] == [f"edited seal 1 entry {made.pk}", "faults: 1"]
    assert "not_sealed: 1" in done.stdout
    (fault,) = run("verify_ledger", "--json").json["faults"]
    assert fault == {"kind": "edited", "seal": 1, "entry": made.pk, "notice": None, "detail": ""}


def test_a_journal_that_was_changed_is_a_fault_too(settings) -> None:
    gone = point()
    retention.erase(gone.contact, reason="request", actor=TESTER, at=timezone.now())
    text = settings.JOURNAL_PATH.read_text()
    settings.JOURNAL_PATH.write_text(text.replace('"request"', '"another"', 1))
    done = run("verify_ledger", "--json")
    assert done.code == 1
    assert [fault["code"] for fault in done.json["journal_faults"]] == ["not_authentic"]
