"""While the database is older than the journal nothing is served, sent, taken in, imported or erased."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import transaction
from django.test import AsyncClient, Client

from consent import capture, inbound, journal, ledger, messages, retention, tasks
from consent.models import InboundMessage, JournalMark, OutgoingMessage, PurgeRun
from consent.resources import EvidenceResource
from consent.rules.lines import Channel
from consent.rules.states import Act
from crm.imports import run as importing
from crm.models import NIGHTLY, PERSON, Contact, ContactPoint, ImportBatch
from tests import capturing, factories, files, marks
from tests.commands import run
from tests.factories import NOON, TESTER, contact, entry, number, point, policy

pytestmark = pytest.mark.django_db(transaction=True)


def fall_behind() -> None:
    """Be what a backup is that was made before the last erasure: without its mark."""
    retention.erase(contact([number()]), reason="request", actor=TESTER, at=NOON)
    marks.forget()


def test_without_a_journal_nothing_is_behind_and_nobody_is_asked(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert not journal.is_behind()


def test_it_takes_one_query_however_long_the_journal_is(django_assert_num_queries: Any) -> None:
    for _ in range(70):
        with transaction.atomic():
            journal.write(points=[], gone=[], reason="test", at=NOON)
    with django_assert_num_queries(1):
        assert not journal.is_behind()
    marks.forget(70)
    with django_assert_num_queries(1):
        assert journal.is_behind()


def test_of_workers_that_commit_side_by_side_the_last_but_one_is_missed_too() -> None:
    for _ in range(5):
        with transaction.atomic():
            journal.write(points=[], gone=[], reason="test", at=NOON)
    # It was committed last, and said so before the fifth did.
    marks.forget(4)
    assert journal.is_behind()


def test_the_journal_of_a_different_past_is_noticed() -> None:
    retention.erase(contact([number()]), reason="request", actor=TESTER, at=NOON)
    marks.forget(mac="0" * 64)
    assert journal.is_behind()


class TestServing:
    def test_every_page_says_that_it_is_not_served(self, client: Client) -> None:
        fall_behind()
        for path in ("/", "/admin/", "/c/shop/", "/api/v1/permission", "/hooks/text/acme/", "/static/x.css"):
            answer = client.get(path)
            assert (answer.status_code, answer["Retry-After"]) == (503, "120")
            assert answer["Cache-Control"] == "no-store"
            assert answer["Content-Type"].startswith("text/plain")
        assert client.post("/hooks/text/acme/", data="{}", content_type="application/json").status_code == 503

    def test_the_health_page_is_reached(self, client: Client) -> None:
        fall_behind()
        assert client.get("/health/").status_code != 503

    def test_under_asgi_too(self, async_client: AsyncClient) -> None:
        fall_behind()
        assert async_to_sync(async_client.get)("/admin/").status_code == 503

    def test_an_answer_is_good_for_two_seconds(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [100.0]
        monkeypatch.setattr(time, "monotonic", lambda: now[0])
        assert client.get("/reference/reasons/").status_code == 200
        fall_behind()
        now[0] += 1.9
        assert client.get("/reference/reasons/").status_code == 200
        now[0] += 0.2
        assert client.get("/reference/reasons/").status_code == 503

    def test_whoever_starts_the_service_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        fall_behind()
        Client().get("/")
        assert [record.levelname for record in caplog.records if record.name == "consent.middleware"] == ["CRITICAL"]


class TestDoing:
    def test_a_message_waits(self) -> None:
        message = capturing.outgoing(point().line)
        fall_behind()
        assert messages.send(message.pk, at=NOON) is OutgoingMessage.State.PENDING
        message.refresh_from_db()
        assert (message.state, message.claimed_at) == ("pending", None)

    def test_a_run_is_refused_and_leaves_no_row(self) -> None:
        policy()
        at = point()
        entry(at, Act.WITHDRAWN, at=NOON - timedelta(days=1))
        fall_behind()
        with pytest.raises(journal.DatabaseBehind):
            retention.run(as_of=NOON, actor=NIGHTLY)
        assert not PurgeRun.objects.exists()
        done = run("purge")
        assert done.code == 2
        assert "replay_erasures" in done.stderr
        at.refresh_from_db()
        assert at.erased_at is None

    def test_nobody_is_erased(self) -> None:
        person = contact([number()])
        fall_behind()
        with pytest.raises(journal.DatabaseBehind):
            retention.erase(person, reason="request", actor=TESTER, at=NOON)
        person.refresh_from_db()
        assert person.erased_at is None

    def test_nothing_is_captured(self) -> None:
        asked = factories.purpose()
        place = factories.place(asks=[asked])
        choice = capture.Choice(asked, Channel.SMS, factories.notice(asked), given=True)
        fall_behind()
        held = ContactPoint.objects.count()
        with pytest.raises(journal.DatabaseBehind):
            capture.capture(
                place=place,
                number=number(),
                region="US",
                choices=[choice],
                language="en",
                at=NOON,
                actor=PERSON,
                evidence=ledger.Proof(),
            )
        with pytest.raises(journal.DatabaseBehind):
            capture.join(
                place=place, number=number(), language="en", at=NOON, occurred_at=NOON, evidence=ledger.Proof()
            )
        assert ContactPoint.objects.count() == held

    def test_no_message_is_taken_in(self) -> None:
        fall_behind()
        with pytest.raises(journal.DatabaseBehind):
            inbound.receive(provider="acme", message_id="m1", number=number(), body="STOP", at=NOON)
        assert not InboundMessage.objects.exists()

    def test_an_import_waits_as_it_is(self) -> None:
        batch = files.confirmed(files.csv_file(["given_name", "phone"], ["Ann", number()]))
        fall_behind()
        held = Contact.objects.count()
        tasks.commit_import(batch.pk)
        with pytest.raises(journal.DatabaseBehind):
            importing.commit(batch, resource=EvidenceResource, at=NOON)
        batch.refresh_from_db()
        assert batch.stage == ImportBatch.Stage.CONFIRMED
        assert Contact.objects.count() == held
        JournalMark.objects.bulk_create(self.marks())
        tasks.commit_import(batch.pk)
        batch.refresh_from_db()
        assert batch.stage == ImportBatch.Stage.COMMITTED

    def marks(self) -> list[JournalMark]:
        found = journal.outstanding()
        return [JournalMark(seq=seq, mac=mac, marked_at=NOON) for seq, mac in found.macs.items()]

    @pytest.mark.parametrize("name", ["purge", "preview_import", "commit_import", "undo_import"])
    def test_a_task_says_so_and_does_nothing(self, name: str, caplog: pytest.LogCaptureFixture) -> None:
        fall_behind()
        task: Any = getattr(tasks, name)
        task(*([] if name == "purge" else [0]))
        (record,) = [record for record in caplog.records if record.name == "consent.tasks"]
        assert (record.levelname, record.getMessage().split(":")[0]) == ("CRITICAL", f"{name} is left")


class TestAtTheShell:
    """Nothing leaves the house by a command either, nor comes in."""

    ASKED = ("--purpose", "news", "--channel", "sms")

    @pytest.mark.parametrize(
        "command",
        [
            ("may_contact", "+12025550142", *ASKED),
            ("screen_list", "people.csv", *ASKED),
            ("export_contacts", "out.csv", "--format", "csv", "--reason", "audit"),
            ("import_contacts", "people.csv", "--source", "web"),
        ],
        ids=lambda command: command[0],
    )
    def test_a_command_is_refused_until_the_replay_has_run(
        self, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("people.csv").write_text("Given name,Phone\nAda,+12025550142\n")
        factories.purpose("news")
        factories.source("web", default_region="US")
        fall_behind()
        done = run(*command)
        assert (done.code, done.stdout) == (2, "")
        assert "replay_erasures" in done.stderr
        assert not Path("out.csv").exists()
        assert run("replay_erasures").code == 0
        assert run(*command).code == 0


class TestChecking:
    def found(self) -> list[tuple[str | None, int]]:
        found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
        return [(message.id, message.level) for message in found]

    def test_a_database_that_has_everything_passes(self) -> None:
        retention.erase(contact([number()]), reason="request", actor=TESTER, at=NOON)
        assert self.found() == []

    def test_one_that_is_older_than_the_journal_fails(self) -> None:
        fall_behind()
        assert self.found() == [("consent.E020", checks.CRITICAL)]
        with pytest.raises(SystemCheckError, match="replay_erasures"):
            call_command("check", databases=["default"])

    def test_one_that_is_newer_fails_too(self) -> None:
        retention.erase(contact([number()]), reason="request", actor=TESTER, at=NOON)
        settings.JOURNAL_PATH.unlink()
        assert self.found() == [("consent.E021", checks.ERROR)]

    def test_it_is_migrated_all_the_same(self) -> None:
        fall_behind()
        call_command("migrate", verbosity=0, skip_checks=False)
        assert run("verify_ledger").code == 0
        assert run("find_traces", number()).code == 0
