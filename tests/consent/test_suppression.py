"""A no on the line itself: said once, lifted only with a reason, and never lifted when the number was erased."""

from datetime import timedelta

import pytest
from django.db import transaction

from consent import suppression
from consent.models import Suppression
from consent.rules.lines import Channel
from crm import phones
from crm.models import PhoneNumber, all_fingerprints
from tests.factories import NOON, TESTER, number, point, purpose

pytestmark = pytest.mark.django_db
HOLD = Suppression.Extent.HOLD


def suppress(line: PhoneNumber, **values: object) -> Suppression:
    return suppression.suppress(line, **{"since": NOON, "reason": "stop", "actor": TESTER} | values)  # type: ignore[arg-type]


def test_the_line_of_a_number_that_we_hold_is_that_line() -> None:
    e164 = number()
    held = point(e164).line
    assert suppression.line_for(e164) == held


def test_of_a_number_never_held_only_the_fingerprint_is_kept() -> None:
    e164 = number()
    line = suppression.line_for(e164)
    assert (line.number, line.region, line.line_type) == (None, "", "")
    assert line.number_key == all_fingerprints(e164)[0]
    assert suppression.line_for(e164) == line
    assert not PhoneNumber.objects.exclude(number=None).exists()


def test_a_line_that_another_has_just_made_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    e164 = number()
    made = point(e164).line
    # The first look finds nothing yet, as it does when the other's transaction is not done.
    monkeypatch.setattr(type(PhoneNumber.objects.all()), "first", lambda self: None)
    with transaction.atomic():
        assert suppression.line_for(e164) == made


def test_the_same_no_said_twice_is_one_and_keeps_its_first_date() -> None:
    line = suppression.line_for(number())
    first = suppress(line, purpose=purpose(), channel=Channel.SMS)
    again = suppress(line, purpose=purpose(), channel=Channel.SMS, since=NOON + timedelta(days=1))
    assert again == first
    assert again.since == NOON


@pytest.mark.parametrize(
    "scope", [{"purpose": None}, {"channel": None}, {"extent": HOLD, "purpose": None, "channel": None}]
)
def test_a_no_of_another_scope_is_another(scope: dict[str, object]) -> None:
    line = suppression.line_for(number())
    first = suppress(line, purpose=purpose(), channel=Channel.SMS)
    assert suppress(line, **{"purpose": purpose(), "channel": Channel.SMS} | scope) != first


def test_lifting_takes_a_reason_and_a_date_and_leaves_the_row() -> None:
    no = suppress(suppression.line_for(number()))
    suppression.lift(no, reason="she wrote to us", authority=suppression.Authority.PERSON, at=NOON + timedelta(days=1))
    stored = Suppression.objects.get()
    assert (stored.lifted_at, stored.lifted_reason) == (NOON + timedelta(days=1), "she wrote to us")
    # What is said after that is a no of its own.
    assert suppress(stored.line) != stored


def test_what_cannot_be_lifted_is_not() -> None:
    line = suppression.line_for(number())
    no, erased = suppress(line), suppress(line, extent=HOLD)
    with pytest.raises(suppression.NotLifted, match="say why"):
        suppression.lift(no, reason=" ", authority=suppression.Authority.PERSON, at=NOON)
    with pytest.raises(suppression.NotLifted, match="owner's own new consent"):
        suppression.lift(erased, reason="we want it", authority=suppression.Authority.PERSON, at=NOON)
    stale = Suppression.objects.get(pk=no.pk)
    suppression.lift(no, reason="asked for", authority=suppression.Authority.PERSON, at=NOON)
    with pytest.raises(suppression.NotLifted, match="lifted before"):
        suppression.lift(stale, reason="asked for", authority=suppression.Authority.PERSON, at=NOON)
    assert Suppression.objects.filter(lifted_at=None).get() == erased


def test_no_number_stands_in_a_suppression() -> None:
    e164 = number()
    no = suppress(suppression.line_for(e164))
    assert not any(phones.mentions_number(str(getattr(no, field.attname))) for field in no._meta.fields)
