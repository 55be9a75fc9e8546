"""A backup is restored, and whoever was erased since is erased again before anybody is served."""

import signal
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from consent import retention
from consent.models import JournalMark
from consent.rules.states import Act
from crm.models import NIGHTLY, ContactPoint
from tests import factories, processes, restoring
from tests.commands import Ran
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db(transaction=True)


def manage(url: str, *arguments: str) -> Ran:
    done = processes.manage(*arguments, DATABASE_URL=url)
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("way", restoring.WAYS)
def test_what_was_erased_since_the_backup_is_erased_again(way: str, tmp_path: Path) -> None:
    asked, lapsed = factories.contact([factories.number(), factories.number()]), factories.point()
    shared = factories.number()
    leaving, staying = factories.point(shared, given_name="Ann"), factories.point(shared, given_name="Bob")
    kept = factories.point()
    gone = [point.line.e164 for point in (*asked.points.select_related("line"), lapsed)]
    factories.policy(action="anonymize")
    for point in (lapsed, leaving):
        factories.entry(point, Act.WITHDRAWN, at=NOON - timedelta(days=1))
    factories.entry(kept)
    file = restoring.backup(tmp_path, way=way)

    retention.erase(asked, reason="request", actor=TESTER, at=timezone.now())
    retention.run(as_of=timezone.now(), actor=NIGHTLY)
    # Somebody whom the backup does not know has come and gone since.
    passing = factories.point()
    gone.append(passing.line.e164)
    retention.erase(passing.contact, reason="request", actor=TESTER, at=timezone.now())

    with restoring.restored(file) as url:
        assert manage(url, "find_traces", gone[0]).code == 1
        if way == restoring.WAYS[0]:
            nothing_works_but_what_mends_it(url)

        done = manage(url, "replay_erasures", "--json")

        assert (done.code, done.stderr) == (0, "")
        assert {name: done.json[name] for name in ("records", "points", "numbers", "profiles", "tombstones")} == {
            "records": 3,
            "points": 4,
            "numbers": 3,
            "profiles": 3,
            "tombstones": 1,
        }
        assert (done.json["behind"], done.json["lost"], done.json["faults"]) == (False, False, [])
        # As every night: what the database's files still hold of it.
        assert manage(url, "clean_residue").code == 0
        assert [manage(url, "find_traces", number).code for number in (gone[0], gone[-1], shared)] == [0, 0, 1]
        held = restoring.rows(url, "SELECT number FROM crm_phonenumber WHERE number IS NOT NULL ORDER BY number")
        assert held == [(number,) for number in sorted([shared, kept.line.e164])]
        erased = restoring.rows(url, "SELECT id FROM crm_contactpoint WHERE erased_at IS NOT NULL")
        assert {pk for (pk,) in erased} == {leaving.pk, lapsed.pk, *asked.points.values_list("pk", flat=True)}
        assert staying.pk not in {pk for (pk,) in erased}
        assert restoring.rows(url, "SELECT DISTINCT reason FROM consent_receipt") == [("replayed",)]
        assert manage(url, "check", "--database", "default").code == 0
        # It goes on with the same journal.
        again = manage(url, "replay_erasures", "--json")
        assert (again.code, again.json["records"]) == (0, 0)
        night = manage(url, "purge", "--json")
        assert (night.code, night.json["erased"]) == (0, 0)


def nothing_works_but_what_mends_it(url: str) -> None:
    checked = manage(url, "check", "--database", "default")
    assert checked.code == 1
    assert "consent.E020" in checked.stderr
    assert manage(url, "migrate").code == 0
    assert manage(url, "verify_ledger").code == 0
    assert manage(url, "purge").code == 2
    dry = manage(url, "replay_erasures", "--dry-run", "--json")
    assert (dry.code, dry.json["points"], dry.json["tombstones"]) == (1, 4, 1)
    assert restoring.rows(url, "SELECT count(*) FROM crm_contactpoint WHERE erased_at IS NOT NULL") == [(0,)]


def test_a_replay_that_is_killed_is_taken_up_where_it_was(tmp_path: Path) -> None:
    people = [factories.contact([factories.number()]) for _ in range(40)]
    file = restoring.backup(tmp_path, way=restoring.WAYS[0])
    for person in people:
        retention.erase(person, reason="request", actor=TESTER, at=timezone.now())
    marks = "SELECT count(*) FROM consent_journalmark"
    whole = (
        "SELECT count(*) FROM crm_contactpoint p JOIN crm_contact c ON c.id = p.contact_id"
        " WHERE (p.erased_at IS NULL) <> (c.status <> 'erased') OR (p.erased_at IS NULL) <> (p.line_id IS NOT NULL)"
    )
    with restoring.restored(file) as url:
        with processes.started("manage.py", "replay_erasures", DATABASE_URL=url) as process:
            processes.eventually(lambda: restoring.rows(url, marks)[0][0] >= 3)
            process.send_signal(signal.SIGKILL)
            process.wait()
        ((done,),) = restoring.rows(url, marks)
        assert 3 <= done < len(people), "the kill must come in the middle"
        assert restoring.rows(url, whole) == [(0,)]
        rest = manage(url, "replay_erasures", "--json")
        assert (rest.code, rest.json["records"]) == (0, len(people) - done)
        assert restoring.rows(url, "SELECT count(*) FROM crm_phonenumber WHERE number IS NOT NULL") == [(0,)]
        assert restoring.rows(url, "SELECT count(*) FROM consent_receipt") == [(len(people),)]


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_restore_under_a_running_service_is_noticed(tmp_path: Path) -> None:
    person = factories.contact([factories.number()])
    file = restoring.backup(tmp_path, way=restoring.WAYS[0])
    retention.erase(person, reason="request", actor=TESTER, at=timezone.now())
    log = tmp_path / "log"
    with processes.server(LOG_FILE=str(log)) as address:
        page = f"{address}/reference/reasons/"
        assert status(page) == 200
        restoring.restore_in_place(file)
        assert not JournalMark.objects.exists()
        processes.eventually(lambda: status(page) == 503, seconds=10)
        assert status(f"{address}/health/") != 503
        assert processes.manage("replay_erasures").returncode == 0
        processes.eventually(lambda: status(page) == 200, seconds=10)
    assert ContactPoint.objects.get().erased_at is not None
    assert "CRITICAL" not in log.read_text()


def test_a_service_that_is_started_on_a_restored_database_says_so(tmp_path: Path) -> None:
    person = factories.contact([factories.number()])
    file = restoring.backup(tmp_path, way=restoring.WAYS[0])
    retention.erase(person, reason="request", actor=TESTER, at=timezone.now())
    restoring.restore_in_place(file)
    log = tmp_path / "log"
    with processes.server(LOG_FILE=str(log)) as address:
        assert status(f"{address}/admin/") == 503
    assert "CRITICAL consent.middleware" in log.read_text()
