"""The same request gets the same answer, once; another one does not, and no race does the work twice."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from consent import capture, idempotency, tasks
from consent.api.idempotency import REPLAYED
from consent.models import ApiKey, ConsentEvent, IdempotencyRecord, Suppression
from tests import factories
from tests.consent.api.program import Program, faults
from tests.factories import number, purpose

YES: dict[str, Any] = {"purpose": "news", "channel": "sms", "notice_version": 1, "given": True}


def program(**values: Any) -> Program:
    return Program(factories.place(asks=[purpose(needs_confirmation=True)], **values))


def said(text: str) -> dict[str, Any]:
    return {"number": text, "language": "en", "choices": [YES], "evidence": {}}


@pytest.mark.django_db
class TestInTurn:
    def test_the_same_request_gets_the_same_answer_and_is_carried_out_once(self) -> None:
        shop, text = program(), number()
        first = shop.post("/captures", said(text), Idempotency_Key="a")
        again = shop.post("/captures", said(text), Idempotency_Key="a")
        assert first.status_code == again.status_code == 201
        assert first.json() == again.json()
        assert first.json()["confirmation_token"]
        assert REPLAYED not in first
        assert again[REPLAYED] == "true"
        assert ConsentEvent.objects.count() == 1

    def test_the_order_of_the_fields_does_not_make_it_another_request(self) -> None:
        shop, text = program(), number()
        shop.post("/withdrawals", {"number": text, "channel": "sms"}, Idempotency_Key="a")
        again = shop.post("/withdrawals", {"channel": "sms", "number": text}, Idempotency_Key="a")
        assert again[REPLAYED] == "true"

    def test_another_request_with_the_same_key_is_refused_and_not_carried_out(self) -> None:
        shop, text = program(), number()
        shop.post("/withdrawals", {"number": text}, Idempotency_Key="a")
        other = shop.post("/withdrawals", {"number": number()}, Idempotency_Key="a")
        assert other.json()["code"] == "idempotency_key_reused"
        assert faults(other) == [("Idempotency-Key", "invalid")]
        assert faults(shop.post("/captures", said(text), Idempotency_Key="a")) == [("Idempotency-Key", "invalid")]
        assert Suppression.objects.count() == 1
        assert not ConsentEvent.objects.exists()

    def test_a_refused_request_keeps_nothing_and_may_be_mended(self) -> None:
        shop = program()
        assert shop.post("/withdrawals", {"number": "x"}, Idempotency_Key="a").status_code == 422
        assert not IdempotencyRecord.objects.exists()
        assert shop.post("/withdrawals", {"number": number()}, Idempotency_Key="a").status_code == 200

    def test_each_api_key_has_idempotency_keys_of_its_own(self) -> None:
        shop, app, text = program(), program(slug="app"), number()
        shop.post("/withdrawals", {"number": text}, Idempotency_Key="a")
        assert REPLAYED not in app.post("/withdrawals", {"number": text}, Idempotency_Key="a")

    @pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
    def test_what_is_no_key_is_refused(self, key: str) -> None:
        answer = program().post("/withdrawals", {"number": number()}, Idempotency_Key=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")
        assert not Suppression.objects.exists()

    def test_neither_the_number_nor_the_key_is_kept(self) -> None:
        text = number()
        program().post("/withdrawals", {"number": text}, Idempotency_Key=text)
        (kept,) = IdempotencyRecord.objects.values()
        assert text not in str(kept)
        assert (kept["status"], kept["body"]) == (200, {"suppressed": True})

    def test_answers_are_forgotten_after_a_day(self) -> None:
        shop, text = program(), number()
        for key, hours in (("old", 25), ("new", 23)):
            shop.post("/withdrawals", {"number": text}, Idempotency_Key=key)
            IdempotencyRecord.objects.filter(created_at__gt=timezone.now() - timedelta(hours=1)).update(
                created_at=timezone.now() - timedelta(hours=hours)
            )
        tasks.clear_idempotency_records()
        assert shop.post("/withdrawals", {"number": text}, Idempotency_Key="new")[REPLAYED] == "true"
        assert REPLAYED not in shop.post("/withdrawals", {"number": text}, Idempotency_Key="old")


def together(*calls: Callable[[], None]) -> None:
    """Run the calls in threads of their own."""

    def closing(call: Callable[[], None]) -> None:
        try:
            call()
        finally:
            connection.close()

    threads = [Thread(target=closing, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_requests_that_come_together_one_is_carried_out_and_all_get_its_answer(self) -> None:
        shop, text = program(), number()
        start, answers = Barrier(4), []

        def call() -> None:
            start.wait()
            answers.append(shop.post("/captures", said(text), Idempotency_Key="a"))

        together(*[call] * 4)
        assert [answer.status_code for answer in answers] == [201] * 4
        assert len({answer.content for answer in answers}) == 1
        assert sorted(REPLAYED in answer for answer in answers) == [False, True, True, True]
        assert ConsentEvent.objects.count() == 1

    def test_one_that_waits_for_a_failed_one_is_carried_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shop, text = program(), number()
        begun, answers, right = Event(), {}, capture.capture

        def fails_once(**values: Any) -> Any:
            if not begun.is_set():
                begun.set()
                raise OSError("the first one fails")
            return right(**values)

        monkeypatch.setattr(capture, "capture", fails_once)

        def call(name: str) -> None:
            if name == "second":
                begun.wait(10)
            answers[name] = shop.post("/captures", said(text), Idempotency_Key="a")

        together(lambda: call("first"), lambda: call("second"))
        assert (answers["first"].status_code, answers["second"].status_code) == (500, 201)
        assert REPLAYED not in answers["second"]
        assert ConsentEvent.objects.count() == 1

    def test_who_has_waited_long_enough_is_told_to_come_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        if connection.vendor != "postgresql":
            pytest.skip("SQLite lets one writer in at a time, and the next waits as long as its timeout says")
        monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.2)
        shop, text = program(), number()
        begun, finish, answers, right = Event(), Event(), {}, capture.capture

        def slow(**values: Any) -> Any:
            begun.set()
            finish.wait(10)
            return right(**values)

        monkeypatch.setattr(capture, "capture", slow)

        def first() -> None:
            answers["first"] = shop.post("/captures", said(text), Idempotency_Key="a")

        def second() -> None:
            begun.wait(10)
            answers["second"] = shop.post("/captures", said(text), Idempotency_Key="a")
            finish.set()

        together(first, second)
        assert answers["first"].status_code == 201
        assert (answers["second"].status_code, answers["second"].json()["code"]) == (409, "still_running")
        assert answers["second"]["Retry-After"] == "1"
        assert ConsentEvent.objects.count() == 1
        assert ApiKey.objects.get().window_count == 2
