"""`withdraw`: taking consent back by number, which always works. GDPR 7(3)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from consent.models import Consent, ConsentEvent, Evidence, Suppression
from crm import phones
from crm.models import PhoneNumber
from tests.commands import run, run_alone
from tests.factories import NOON, entry, number, point, purpose

pytestmark = pytest.mark.django_db
WHY = ("--reason", "told us at the desk", "--json")


def test_it_says_what_was_ended_and_why() -> None:
    e164 = number()
    entry(point(e164, given_name="Ann"))
    entry(point(e164, given_name="Bob"))
    done = run("withdraw", e164, *WHY, "--at", "2026-03-02T12:00:00Z")
    entries = ConsentEvent.objects.filter(act="withdrawn").order_by("pk")
    assert done.code == 0
    assert done.json == {
        "line": PhoneNumber.objects.get().pk,
        "held": True,
        "withdrawn": 2,
        "entries": [each.pk for each in entries],
        "suppression": Suppression.objects.get().pk,
    }
    assert {each.occurred_at for each in entries} == {NOON}
    assert {each.actor_name for each in entries} == {"command withdraw"}
    assert set(Evidence.objects.filter(entry__in=entries).values_list("message", flat=True)) == {"told us at the desk"}


def test_a_scope_is_kept_to() -> None:
    e164 = number()
    at = point(e164)
    entry(at)
    entry(at, of=purpose("offers"))
    assert run("withdraw", e164, *WHY, "--purpose", "offers", "--channel", "sms").json["withdrawn"] == 1
    assert Consent.objects.get(purpose__slug="news").status == "given"
    assert (Suppression.objects.get().purpose, Suppression.objects.get().channel) == (purpose("offers"), "sms")


def test_done_twice_it_says_the_same() -> None:
    e164 = number()
    entry(point(e164))
    first, again = run("withdraw", e164, *WHY), run("withdraw", e164, *WHY)
    assert (first.json["withdrawn"], again.code, again.json["withdrawn"]) == (1, 0, 0)
    assert first.json["suppression"] == again.json["suppression"]


@pytest.mark.parametrize("e164", ["+447700900123", "+33639981234"])
def test_a_number_that_is_valid_no_more_can_still_say_stop(e164: str) -> None:
    with pytest.raises(phones.NotANumber):
        phones.parse(e164)
    spaced = f"{e164[:3]} {e164[3:7]}-{e164[7:]}"
    done = run("withdraw", spaced, *WHY)
    assert (done.code, done.json["held"]) == (0, False)
    assert PhoneNumber.objects.for_numbers([e164]).get().suppressions.count() == 1


@pytest.mark.parametrize(
    ("args", "why"),
    [
        pytest.param(("--purpose", "nothing"), "there is no purpose 'nothing'", id="an unknown purpose"),
        pytest.param(("--at", "2026-03-02T12:00:00"), "has no time zone", id="a naive time"),
        pytest.param(("--at", "2999-03-02T12:00:00Z"), "future", id="the future"),
        pytest.param(("--reason", " "), "--reason", id="no reason"),
        pytest.param(("--reason", "called from +1 202 555 0100"), "--reason", id="a number in the reason"),
    ],
)
@pytest.mark.parametrize("held", [True, False], ids=["held", "never held"])
def test_wrong_use_names_the_thing_and_writes_nothing(args: tuple[str, ...], why: str, held: bool) -> None:
    e164 = number()
    if held:
        entry(point(e164))
    done = run("withdraw", e164, *WHY, *args)
    assert (done.code, done.stdout) == (2, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert "555" not in done.stderr
    assert not Suppression.objects.exists()
    assert ConsentEvent.objects.count() == held


def test_without_a_time_it_was_said_now() -> None:
    before = timezone.now()
    run("withdraw", number(), *WHY)
    assert before <= Suppression.objects.get().since <= before + timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_as_a_process_it_prints_one_object_and_nothing_else() -> None:
    e164 = number()
    entry(point(e164))
    done = run_alone("withdraw", e164, *WHY)
    assert (done.code, done.stderr, done.json["withdrawn"]) == (0, "", 1)
    assert Consent.objects.get().status == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_as_a_process_wrong_use_is_one_line_and_exit_code_2() -> None:
    done = run_alone("withdraw", number(0))
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "--reason" in done.stderr
    assert "555" not in done.stderr
