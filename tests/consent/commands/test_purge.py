"""`purge`: the nightly job by hand, and what it would do."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from consent import tasks
from consent.models import PurgeRun, Receipt
from consent.retention import run as retention_run
from consent.rules.states import Act
from crm.models import Lease, PhoneNumber
from tests.commands import run, run_alone
from tests.factories import NOON, entry, number, point, policy

pytestmark = pytest.mark.django_db
AS_OF = "2026-03-02T12:00:00Z"


def withdrawn(count: int = 1) -> None:
    for _ in range(count):
        entry(point(), Act.WITHDRAWN, at=NOON - timedelta(days=1))


def test_it_says_what_it_erased_by_policy() -> None:
    policy(slug="said-no")
    withdrawn(2)
    done = run("purge", "--as-of", AS_OF, "--json")
    assert done.code == 0
    assert done.json == {
        "dry_run": False,
        "as_of": "2026-03-02T12:00:00+00:00",
        "run": PurgeRun.objects.get().pk,
        "state": "done",
        "erased": 2,
        "kept_under_lock": 0,
        "expired": 0,
        "numbers": 2,
        "profiles": 2,
        "by_policy": {"said-no": 2},
        "oldest_due": "2026-03-01T12:00:00+00:00",
        "overdue_seconds": 86_400.0,
        "seconds": PurgeRun.objects.get().duration.total_seconds(),
        "brake": None,
    }
    assert PurgeRun.objects.get().actor_name == "command purge"


def test_a_dry_run_says_what_is_due_and_erases_nothing() -> None:
    policy(slug="said-no")
    withdrawn(2)
    done = run("purge", "--as-of", AS_OF, "--dry-run", "--json")
    assert done.json == {
        "dry_run": True,
        "as_of": "2026-03-02T12:00:00+00:00",
        "due": 2,
        "by_policy": {"said-no": 2},
    }
    assert not PurgeRun.objects.exists()
    assert PhoneNumber.objects.filter(number=None).count() == 0


def test_without_a_time_it_is_as_of_now() -> None:
    before = timezone.now()
    run("purge")
    assert before <= PurgeRun.objects.get().as_of <= timezone.now()


def test_people_read_a_line_for_each_part() -> None:
    assert "erased: 0" in run("purge", "--as-of", AS_OF).stdout


@pytest.mark.parametrize(
    ("as_of", "why"), [("2026-03-02T12:00:00", "no time zone"), ("2026-03-02", "no time zone"), ("soon", "not a date")]
)
def test_a_time_that_is_none_is_refused(as_of: str, why: str) -> None:
    done = run("purge", "--as-of", as_of, "--json")
    assert done.code == 2
    assert why in done.stderr
    assert "--as-of" in done.stderr
    assert not PurgeRun.objects.exists()


def test_while_another_run_is_at_work_it_is_wrong_use() -> None:
    Lease.objects.take("purge", seconds=60, now=timezone.now())
    done = run("purge", "--json")
    assert (done.code, done.stdout) == (2, "")
    assert "already being done" in done.stderr


def test_the_command_and_the_task_make_the_same_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def called(**values: Any) -> PurgeRun:
        calls.append(values)
        return retention_run(**values)

    monkeypatch.setattr("consent.retention.run", called)
    call_command("purge", "--as-of", AS_OF)
    tasks.purge(AS_OF)
    # A worker may give shares away; who waits at the shell does it all.
    assert [sorted(values) for values in calls] == [["actor", "as_of"], ["actor", "as_of", "hand_over"]]
    assert calls[0]["as_of"] == calls[1]["as_of"] == NOON


class TestTheBrake:
    @pytest.fixture(autouse=True)
    def _small(self, settings: Any) -> None:
        settings.PURGE_BRAKE_POINTS = 1

    def test_a_run_that_waits_is_a_fault_and_says_how_it_goes_on(self) -> None:
        policy(slug="said-no")
        withdrawn(2)
        done = run("purge", "--as-of", AS_OF, "--json")
        assert done.code == 1
        assert done.json == {
            "dry_run": False,
            "as_of": "2026-03-02T12:00:00+00:00",
            "run": PurgeRun.objects.get().pk,
            "state": "waiting",
            "erased": 0,
            "brake": "share",
            "due": 2,
            "held": 2,
            "by_policy": {"said-no": 2},
            "approval": done.json["approval"],
        }
        assert "purge --approve" in done.json["approval"]
        assert not PhoneNumber.objects.filter(number=None).exists()

    def test_whoever_approves_at_the_shell_is_named_with_the_run(self) -> None:
        policy()
        withdrawn(2)
        run("purge", "--as-of", AS_OF)
        done = run("purge", "--as-of", AS_OF, "--approve", "--json")
        assert (done.code, done.json["erased"], done.json["state"], done.json["brake"]) == (0, 2, "done", "share")
        assert list(PurgeRun.objects.order_by("pk").values_list("state", "actor_name")) == [
            ("replaced", "command purge"),
            ("done", "command purge --approve"),
        ]


class TestATimeToCome:
    AHEAD = "2126-03-02T12:00:00Z"

    def test_is_rehearsed_and_erases_nothing(self) -> None:
        policy(slug="said-no")
        withdrawn(2)
        done = run("purge", "--as-of", self.AHEAD, "--json")
        assert done.code == 0
        assert done.json == {
            "dry_run": True,
            "rehearsal": True,
            "as_of": "2126-03-02T12:00:00+00:00",
            "due": 2,
            "by_policy": {"said-no": 2},
        }
        assert "rehearsal" in run("purge", "--as-of", self.AHEAD).stdout
        assert not PurgeRun.objects.exists()
        assert not PhoneNumber.objects.filter(number=None).exists()

    def test_is_run_by_whoever_approves_it(self) -> None:
        policy()
        withdrawn()
        done = run("purge", "--as-of", self.AHEAD, "--approve", "--json")
        assert (done.code, done.json["state"], done.json["erased"]) == (0, "done", 1)

    def test_a_dry_run_of_it_is_a_dry_run(self) -> None:
        done = run("purge", "--as-of", self.AHEAD, "--approve", "--dry-run", "--json")
        assert "rehearsal" not in done.json
        assert not PurgeRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_as_a_process_it_prints_one_object_and_nothing_else() -> None:
    policy()
    withdrawn()
    done = run_alone("purge", "--as-of", AS_OF, "--json")
    assert (done.code, done.stderr) == (0, "")
    assert done.json["erased"] == Receipt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_as_a_process_it_says_in_one_line_what_was_wrong_and_repeats_no_number() -> None:
    done = run_alone("purge", "--as-of", number(), "--json")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "--as-of" in done.stderr
    assert "555" not in done.stderr
