"""An erased number cannot come back: not by any file, program, form or page, in any spelling, however often."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from consent import retention, tasks, undoing
from consent.models import ConsentEvent
from consent.resources import EvidenceResource
from crm import intake
from crm.imports import run
from crm.models import Contact, ContactPoint, ImportBatch, PhoneNumber, Source
from tests import factories
from tests.barred import NUMBER, assert_out, erase, erased
from tests.consent.api.program import Program
from tests.consent.views.filling import name_of, send
from tests.crm.admin.test_contact import ADD, change, errors, form
from tests.factories import TESTER
from tests.files import confirmed, csv_file, imported, ods_file, outcomes, rows_of_all_tables, xls_file, xlsx_file
from tests.racing import in_threads

pytestmark = pytest.mark.django_db

# In tests/faults/ there are a thousand of them.
RACES = 36

SPELLINGS = (
    "+12025550146",
    "+1 202 555 0146",
    "+1 (202) 555-0146",
    "+1.202.555.0146",
    "(202) 555-0146",
    "202-555-0146",
    "202.555.0146",
    "202 555 0146",
    "2025550146",
    "1 202 555 0146",
    "00 1 202 555 0146",
    "011 1 202 555 0146",
    "tel:+1-202-555-0146",
    "+1 202 555 0146 ext. 9",
    "\u202a+1\u00a0202\u2011555\u20110146\u202c",
)


def table(make: Callable[..., bytes]) -> Callable[..., bytes]:
    def of(*spellings: str) -> bytes:
        return make(("Given name", "E-mail", "Mobile"), *(("Ada", "ada@example.com", each) for each in spellings))

    return of


def cards(version: str) -> Callable[..., bytes]:
    def of(*spellings: str) -> bytes:
        text = ""
        for each in spellings:
            tel = f"TEL;TYPE=CELL:{each}" if version != "2.1" else f"TEL;CELL;CHARSET=UTF-8:{each}"
            if version == "4.0" and each.startswith("tel:"):
                tel = f"TEL;VALUE=uri;TYPE=cell:{each}"
            lines = ("BEGIN:VCARD", f"VERSION:{version}", "N:Quist;Ada;;;", "FN:Ada Quist", tel, "END:VCARD", "")
            text += "\r\n".join(lines)
        return text.encode()

    return of


FORMATS = {
    "CSV": ("people.csv", table(csv_file)),
    "CSV with semicolons": ("people.csv", table(lambda *rows: csv_file(*rows, delimiter=";"))),
    "TSV": ("people.tsv", table(lambda *rows: csv_file(*rows, delimiter="\t"))),
    "CSV in UTF-16": ("people.csv", table(lambda *rows: csv_file(*rows).decode().encode("utf-16"))),
    "XLSX": ("people.xlsx", table(xlsx_file)),
    "XLS": ("people.xls", table(xls_file)),
    "ODS": ("people.ods", table(ods_file)),
    "vCard 2.1": ("people.vcf", cards("2.1")),
    "vCard 3.0": ("people.vcf", cards("3.0")),
    "vCard 4.0": ("people.vcf", cards("4.0")),
}


@pytest.fixture(params=["third_party", "web_form"])
def source(request: pytest.FixtureRequest) -> Source:
    """A supplier, or ourselves: a file says of people what they may have said, and is no grant of theirs."""
    return factories.source("list", kind=request.param, default_region="US")


class TestFiles:
    @pytest.fixture(autouse=True)
    def _committed_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the file go that was staged: within a test, nothing is ever committed."""
        monkeypatch.setattr(transaction, "on_commit", lambda then, **how: then())

    @pytest.mark.parametrize("insisting", [False, True], ids=["as it is", "overwrite, accept flagged"])
    @pytest.mark.parametrize("kind", FORMATS)
    def test_no_file_brings_it_back_in_any_spelling(self, kind: str, insisting: bool, source: Source) -> None:
        erased()
        before = rows_of_all_tables()
        name, make = FORMATS[kind]
        batch = imported(make(*SPELLINGS), name=name, of=source, overwrite=insisting, accept_flagged=insisting)
        assert outcomes(batch) == {"suppressed": len(SPELLINGS)}
        assert rows_of_all_tables() - before == {"crm_importbatch": 1}
        assert_out()

    @pytest.mark.parametrize(
        ("number", "region", "spellings"),
        [
            ("+5491155501234", "AR", ["+54 9 11 5550-1234", "+54 11 5550 1234", "011 15-5550-1234"]),
            ("+525512345678", "MX", ["+52 55 1234 5678", "+52 1 55 1234 5678", "55 1234 5678"]),
            ("+442079460146", "GB", ["020 7946 0146", "+44 (0)20 7946 0146", "0044 20 7946 0146"]),
            ("+493023125046", "DE", ["030 23125046", "+49 30 23125-046", "0049/30/23125046"]),
        ],
    )
    def test_nor_in_another_form_of_the_same_line(self, number: str, region: str, spellings: list[str]) -> None:
        erased(number)
        supplier = factories.source("list", kind="third_party", default_region=region)
        batch = imported(table(csv_file)(*spellings), of=supplier)
        assert outcomes(batch) == {"suppressed": len(spellings)}
        assert_out(number)

    def test_nor_does_its_consent_come_without_it(self, source: Source) -> None:
        erased()
        factories.notice(factories.purpose("news"))
        header = ("Name", "Phone", "Purpose", "Given at", "Wording version", "Consent IP")
        now = timezone.now()
        rows = (header, ("Ada", NUMBER, "news", now.isoformat(), "1", "192.0.2.1"))
        assert outcomes(imported(csv_file(*rows), of=source, at=now)) == {"suppressed": 1}
        assert not ConsentEvent.objects.exists()
        assert_out()

    def test_a_batch_that_was_committed_before_does_nothing_when_it_is_delivered_again(self, source: Source) -> None:
        batch = imported(table(csv_file)(NUMBER), of=source)
        erase(ContactPoint.objects.get())
        before = rows_of_all_tables()
        for _ in range(2):
            tasks.commit_import(batch.pk)
            tasks.preview_import(batch.pk)
            tasks.undo_import(batch.pk)
            tasks.take_up_imports()
        assert rows_of_all_tables() == before
        assert_out()

    def test_a_batch_that_was_seen_and_confirmed_before_the_erasure_comes_too_late(self, source: Source) -> None:
        point = factories.point(NUMBER, given_name="Ada", email="ada@example.com")
        batch = confirmed(table(csv_file)(NUMBER), of=source)
        erase(point)
        tasks.commit_import(batch.pk)
        batch.refresh_from_db()
        assert outcomes(batch) == {"suppressed": 1}
        assert_out()

    def test_the_undo_of_an_import_of_before_gives_nothing_back_and_the_number_stays_out(self, source: Source) -> None:
        factories.contact(given_name="Ada", email="ada@example.com")
        batch = imported(table(csv_file)(NUMBER), of=source)
        erase(ContactPoint.objects.get())
        undoing.undo(batch, actor=TESTER, at=timezone.now())
        assert_out()
        assert outcomes(imported(table(csv_file)(NUMBER), of=source)) == {"suppressed": 1}
        assert_out()


class TestPrograms:
    @pytest.fixture
    def body(self) -> dict[str, Any]:
        factories.notice(factories.purpose())
        yes = {"purpose": "news", "channel": "sms", "notice_version": 1, "given": True}
        return {"number": NUMBER, "language": "en", "choices": [yes], "evidence": {"shown": "x"}}

    def partner(self, **values: Any) -> Any:
        bought = factories.source("partner", kind="third_party", names_us=True)
        return factories.place("partner", kind="third_party", asks=[factories.purpose()], source=bought, **values)

    @pytest.mark.parametrize("spelling", ["+12025550146", "(202) 555-0146", "tel:+1-202-555-0146"])
    def test_a_third_party_s_key_does_not_bring_it_back(self, body: dict[str, Any], spelling: str) -> None:
        erased()
        answer = Program(self.partner()).post("/captures", body | {"number": spelling, "region": "US"})
        assert (answer.status_code, answer.json()["pending"]) == (201, False)
        assert_out()

    def test_nor_does_our_own_with_what_was_said_before(self, body: dict[str, Any]) -> None:
        erased()
        ours = Program(factories.place(asks=[factories.purpose()]))
        said_at = (timezone.now() - timedelta(hours=2)).isoformat()
        assert ours.post("/captures", body | {"occurred_at": said_at}).status_code == 201
        assert_out()

    def test_nor_does_a_request_that_is_sent_again(self, body: dict[str, Any]) -> None:
        ours = Program(factories.place(asks=[factories.purpose()]))
        first = ours.post("/captures", body, Idempotency_Key="form-17")
        erase(ContactPoint.objects.get(), at=timezone.now())
        again = ours.post("/captures", body, Idempotency_Key="form-17")
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert_out()

    def test_asking_and_taking_back_hold_nothing(self, body: dict[str, Any]) -> None:
        erased()
        ours = Program(factories.place(asks=[factories.purpose()]))
        one = {"number": NUMBER, "purpose": "news", "channel": "sms"}
        ours.post("/permissions?purpose=news&channel=sms", f'"{NUMBER}"\n' * 3, type="application/x-ndjson")
        for path in ("/permissions", "/consents/lookup", "/withdrawals"):
            ours.post(path, one | {"occurred_at": timezone.now().isoformat(), "evidence": {}})
        assert_out()

    def test_the_hosted_form_of_a_third_party_does_not_bring_it_back(self, client: Client) -> None:
        """It has none; and a place that had one when the page was opened, and is a third party's by now, takes none."""
        erased()
        place, box = self.partner(), name_of(factories.notice(factories.purpose()))
        assert client.post(f"/c/{place.slug}/", {"phone": NUMBER, "region": "US", box: "yes"}).status_code == 404
        ours = factories.place("ours", asks=[factories.purpose()])
        bought = {"kind": "third_party", "supplier": "Lists Ltd", "lawful_basis": "consent"}
        Source.objects.filter(pk=ours.source_id).update(**bought)
        assert send(client, f"/c/{ours.slug}/", NUMBER, box).status_code == 303
        assert_out()


class TestStaff:
    """What a stale form brings is told in test_stale_form.py."""

    @pytest.fixture
    def editor(self, client: Client) -> Client:
        client.force_login(factories.user("ed", role="Editor"))
        return client

    @pytest.mark.parametrize("spelling", ["+12025550146", "(202) 555-0146"])
    def test_it_is_not_typed_in_with_a_new_contact(self, editor: Client, spelling: str) -> None:
        erased()
        answer = editor.post(ADD, form((spelling, ""), given_name="Ada", country="US"))
        assert "points-0-number" in errors(answer)
        assert_out()

    def test_nor_added_to_one(self, editor: Client) -> None:
        erased()
        contact = factories.contact([factories.number()])
        answer = editor.post(change(contact), form((NUMBER, ""), given_name="Ada"))
        assert "points-0-number" in errors(answer)
        assert_out()

    def test_nor_put_in_the_place_of_another(self, editor: Client) -> None:
        erased()
        point = factories.point()
        act = f"/admin/crm/contact/{point.contact_id}/replace-number/"
        assert editor.post(act, {"point": point.pk, "number": NUMBER, "reason": "moved"}).status_code == 200
        point.refresh_from_db()
        assert point.until is None
        with pytest.raises(intake.Rejected):
            intake.replace(point, intake.Number(NUMBER), actor=TESTER, at=timezone.now(), reason="moved")
        assert_out()

    def test_nor_brought_back_to_the_contact_who_had_it(self, editor: Client) -> None:
        point = factories.point(NUMBER, given_name="Ada")
        erase(point)
        editor.post(change(point.contact), form((NUMBER, ""), given_name="Ada"))
        row = intake.Row({"given_name": "Ada"}, [intake.Number(NUMBER)], contact_id=point.contact_id)
        stored = intake.store(row, source=Source.objects.for_staff(), actor=TESTER, at=timezone.now(), reason="")
        assert stored.point_ids == ()
        assert_out()

    def test_nor_by_posting_to_a_page_of_the_history(self) -> None:
        root = Client()
        root.force_login(factories.user("root", is_superuser=True))
        point = factories.point(NUMBER, given_name="Ada", email="ada@example.com")
        version = point.contact.history.latest().pk
        address = f"/admin/crm/contact/{point.contact_id}/history/{version}/"
        assert root.get(address).status_code == 200
        erase(point)
        posted = root.post(address, form((NUMBER, ""), given_name="Ada", email="ada@example.com"))
        assert posted.status_code in (302, 403, 404)
        assert Contact.objects.get(pk=point.contact_id).status == Contact.Status.ERASED
        assert_out()


class TestJobs:
    def test_a_purge_that_is_delivered_again_and_again_finds_nothing_more(self) -> None:
        factories.policy("last_interaction", after_days=30)
        factories.point(NUMBER, given_name="Ada", email="ada@example.com")
        earlier = (timezone.now() - timedelta(days=1)).isoformat()
        tasks.purge()
        before = rows_of_all_tables()
        for as_of in (None, earlier):
            tasks.purge(as_of)
        after = rows_of_all_tables()
        assert after["consent_receipt"] == before["consent_receipt"] == 1
        assert after["crm_phonenumber"] == before["crm_phonenumber"] == 1
        assert_out()


@pytest.mark.django_db(transaction=True)
def test_a_file_that_races_an_erasure_loses_whichever_comes_first() -> None:
    """Either it came before, and what it brought is erased, or after, and it is suppressed."""
    supplier = factories.source("list", kind="third_party")
    for turn in range(RACES):
        number = factories.number()
        person = factories.point(number, given_name="Ada").contact
        batch = confirmed(csv_file(("Given name", "Phone"), ("Ada", number)), of=supplier)
        acts = [
            partial(run.commit, batch, resource=EvidenceResource, at=timezone.now()),
            partial(retention.erase, person, reason="request", actor=TESTER, at=timezone.now()),
        ]
        in_threads(*(acts if turn % 2 else reversed(acts)))
        batch.refresh_from_db()
        assert batch.stage == ImportBatch.Stage.COMMITTED
        assert PhoneNumber.objects.count() == turn + 1
        assert_out(number)
