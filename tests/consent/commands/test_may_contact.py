"""`may_contact`: the answer, its reason, and that a no is an answer."""

import pytest
from django.utils import timezone

from consent.rules.states import Act
from crm.models import PhoneNumber
from tests.commands import run, run_alone
from tests.factories import entry, number, point, purpose

pytestmark = pytest.mark.django_db
# Noon in every time zone of the United States but Hawaii's.
AT = "2026-03-02T18:00:00Z"
HOW = ("--purpose", "news", "--channel", "sms", "--at", AT, "--json")


def test_a_yes_says_on_which_basis_until_when_and_by_which_entries() -> None:
    e164 = number(0)
    given = entry(point(e164))
    done = run("may_contact", e164, *HOW)
    assert done.code == 0
    assert done.json == {
        "verdict": "allow",
        "reason": "consent_given",
        "basis": "consent",
        "until": "2026-03-03T02:00:00+00:00",
        "entries": [given.pk],
        "rule_set": done.json["rule_set"],
    }


def test_a_no_is_an_answer_and_no_fault() -> None:
    purpose()
    done = run("may_contact", number(), *HOW)
    assert (done.code, done.json["verdict"], done.json["reason"]) == (0, "deny", "unknown_number")


def test_a_past_time_and_what_was_known_then_are_asked_for() -> None:
    e164 = number(0)
    at = point(e164)
    entry(at)
    entry(at, Act.WITHDRAWN)
    assert run("may_contact", e164, *HOW).json["reason"] == "withdrawn"
    assert run("may_contact", e164, *HOW, "--at", "2025-11-01T18:00:00Z").json["reason"] == "no_consent"
    # All of it was recorded by this test, today.
    assert run("may_contact", e164, *HOW, "--known-at", AT).json["reason"] == "unknown_number"
    now = timezone.now().isoformat()
    assert run("may_contact", e164, *HOW, "--known-at", now).json["reason"] == "withdrawn"


def test_a_national_number_is_read_by_its_region() -> None:
    e164 = number(0)
    entry(point(e164))
    national = f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}"
    assert run("may_contact", national, *HOW, "--region", "US").json["verdict"] == "allow"


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--purpose", "nothing"), "there is no purpose 'nothing'"),
        (("--at", "2026-03-02T18:00:00"), "--at: '2026-03-02T18:00:00' has no time zone"),
        (("--known-at", "2026-03-02T18:00:00"), "--known-at: '2026-03-02T18:00:00' has no time zone"),
        (("--at", "2026-13-02T18:00:00Z"), "is not a date and time, such as"),
    ],
)
def test_wrong_use_names_the_thing(args: tuple[str, ...], why: str) -> None:
    purpose()
    done = run("may_contact", number(), *HOW, *args)
    assert (done.code, done.stdout) == (2, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("text", ["555 0100", "12345", "call me at +1 202 555 0100", "tel:+12025550100;x=1"])
def test_what_is_no_number_is_refused_and_not_repeated(text: str) -> None:
    purpose()
    done = run("may_contact", text, *HOW)
    assert done.code == 2
    assert done.stderr.startswith("NUMBER: ")
    assert "555" not in done.stderr
    assert "12345" not in done.stderr
    assert not PhoneNumber.objects.exists()


@pytest.mark.parametrize("where", ["--purpose", "--at", "--known-at"])
def test_a_number_in_the_wrong_place_is_not_repeated_either(where: str) -> None:
    purpose()
    done = run("may_contact", number(), *HOW, where, number(0))
    assert done.code == 2
    assert where in done.stderr
    assert "555" not in done.stderr


@pytest.mark.django_db(transaction=True)
def test_as_a_process_it_prints_one_object_and_nothing_else() -> None:
    e164 = number(0)
    entry(point(e164))
    done = run_alone("may_contact", e164, *HOW)
    assert (done.code, done.stderr, done.json["verdict"]) == (0, "", "allow")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("args", "named"),
    [
        pytest.param(("+1202", "555", "0100", *HOW), "quoted", id="a number that was not quoted"),
        pytest.param(("+12025550100", "--purpose", "news", "--channel", "fax"), "--channel", id="an unknown channel"),
        pytest.param(("+12025550100", "--channel", "sms"), "--purpose", id="no purpose"),
        pytest.param(
            ("+12025550100", "--purpose", "news", "--channel", "+12025550100"), "--channel", id="a number as channel"
        ),
    ],
)
def test_as_a_process_wrong_use_is_one_line_and_exit_code_2(args: tuple[str, ...], named: str) -> None:
    done = run_alone("may_contact", *args)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert named in done.stderr
    assert "555" not in done.stderr
