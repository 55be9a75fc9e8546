"""Who may open what in the admin. The table below is the rule; an admin page that it does not name fails the test."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from consent import access, bulk_acts, insight, roles, sealing
from consent.ledger import Proof
from consent.models import (
    AccessRecord,
    Alert,
    BulkAct,
    Consent,
    Evidence,
    LegalHold,
    Notice,
    PurgeRun,
    Receipt,
    RetentionPolicy,
    Suppression,
)
from consent.retention import erase
from consent.rules.states import Act
from crm.celery import app as celery_app
from crm.models import (
    AnonymousCount,
    Approval,
    Contact,
    ContactPoint,
    Lease,
    Origin,
    PhoneNumber,
    Provenance,
    Source,
    attributed_to,
)
from tests import capturing, factories, signing_in
from tests.proving import pdf_text
from tests.raw import POSTGRES

pytestmark = pytest.mark.django_db
# Who may do what is the same on either database; that every page works is tried on both.
once = pytest.mark.skipif(POSTGRES, reason="tried with SQLite")

COLUMNS = ("Read-only", "Editor", "Importer", "Compliance officer", "Retention manager", "Administrator")

# "g": may look (GET). "gp": may look and do (POST). "p": POST only. "-": refused with 403.
MODEL_PAGES = """
page                              Read  Edit  Import  Officer  Retention  Admin
crm_contact_changelist            g     g     g       g        g          g
crm_contact_add                   -     gp    -       -        -          gp
crm_contact_change                g     gp    g       g        g          gp
crm_contact_history               g     g     g       g        g          g
crm_contact_simple_history        g     g     g       g        g          g
crm_contact_delete                -     -     -       -        -          -
crm_contact_replace_number        -     gp    -       -        -          gp
crm_contact_end_number            -     gp    -       -        -          gp
crm_contact_restrict              -     gp    -       -        -          gp
crm_contact_lift_restriction      -     gp    -       -        -          gp
crm_contact_record_consent        -     gp    -       -        -          gp
crm_contact_withdraw              -     gp    -       -        -          gp
crm_contact_erase                 -     -     -       gp       -          -
crm_contact_add_tag               -     gp    -       -        -          gp
crm_contact_remove_tag            -     gp    -       -        -          gp
crm_contact_merge                 -     gp    -       -        -          gp
crm_contact_opt_out               -     gp    -       gp       -          gp
crm_contact_preference_link       -     gp    -       gp       -          gp
crm_contact_record_request        -     gp    -       gp       -          gp
crm_contact_record_disclosure     -     -     -       gp       -          -
crm_contact_add_number            -     gp    -       -        -          gp
crm_contact_verify_number         -     gp    -       -        -          gp
crm_contact_enter_code            -     gp    -       -        -          gp
crm_contact_numbers               g     g     g       g        g          g
crm_contact_consent               g     g     g       g        g          g
crm_contact_permission            g     g     g       g        g          g
crm_contact_timeline              g     g     g       g        g          g
crm_contact_timeline_print        g     g     g       g        g          g
crm_contact_blame                 g     g     g       g        g          g
crm_contact_retention             -     -     -       g        g          g
crm_contact_as_of                 g     g     g       g        g          g
crm_contact_export                gp    gp    gp      gp       gp         gp
crm_contact_search                p     p     p       p        p          p
crm_contact_views                 gp    gp    gp      gp       gp         gp
crm_contact_reveal                -     gp    -       gp       -          gp

crm_tag_changelist                g     g     g       g        g          g
crm_tag_add                       -     -     -       gp       -          gp
crm_tag_change                    g     g     g       gp       g          gp
crm_tag_history                   g     g     g       g        g          g
crm_tag_delete                    -     -     -       -        -          -

crm_contactpoint_changelist       g     g     g       g        g          g
crm_contactpoint_add              -     -     -       -        -          -
crm_contactpoint_change           g     g     g       g        g          g
crm_contactpoint_history          g     g     g       g        g          g
crm_contactpoint_simple_history   g     g     g       g        g          g
crm_contactpoint_delete           -     -     -       -        -          -

crm_phonenumber_changelist        g     g     g       g        g          g
crm_phonenumber_add               -     -     -       -        -          -
crm_phonenumber_change            g     g     g       g        g          g
crm_phonenumber_history           g     g     g       g        g          g
crm_phonenumber_delete            -     -     -       -        -          -
crm_phonenumber_reassign          -     -     -       gp       -          -
crm_phonenumber_reveal            -     gp    -       gp       -          gp

crm_provenance_changelist         g     g     g       g        g          g
crm_provenance_add                -     -     -       -        -          -
crm_provenance_change             g     g     g       g        g          g
crm_provenance_history            g     g     g       g        g          g
crm_provenance_delete             -     -     -       -        -          -
crm_provenance_exempt             -     -     -       gp       -          -

crm_source_changelist             g     g     g       g        g          g
crm_source_add                    -     -     -       gp       -          gp
crm_source_change                 g     g     g       gp       g          gp
crm_source_history                -     -     -       g        g          g
crm_source_simple_history         -     -     -       g        g          g
crm_source_delete                 -     -     -       -        -          -
crm_source_mark_checked           -     -     -       gp       -          gp
crm_source_record_notices         -     -     -       gp       -          gp
crm_source_scorecard              g     g     g       g        g          g

crm_importbatch_changelist        g     g     g       g        g          g
crm_importbatch_add               -     -     gp      -        -          -
crm_importbatch_change            g     g     g       g        g          g
crm_importbatch_history           g     g     g       g        g          g
crm_importbatch_delete            -     -     -       -        -          -
crm_importbatch_preview           -     -     p       -        -          -
crm_importbatch_back              -     -     p       -        -          -
crm_importbatch_confirm           -     -     p       -        -          -
crm_importbatch_discard           -     -     p       -        -          -
crm_importbatch_rejected          -     -     -       -        -          -
crm_importbatch_progress          g     g     g       g        g          g
crm_importbatch_undo              -     -     gp      -        -          -

crm_anonymouscount_changelist     -     -     -       g        g          g
crm_anonymouscount_add            -     -     -       -        -          -
crm_anonymouscount_change         -     -     -       g        g          g
crm_anonymouscount_history        -     -     -       g        g          g
crm_anonymouscount_delete         -     -     -       -        -          -

crm_lease_changelist              -     -     -       g        g          g
crm_lease_add                     -     -     -       -        -          -
crm_lease_change                  -     -     -       g        g          g
crm_lease_history                 -     -     -       g        g          g
crm_lease_delete                  -     -     -       -        -          -

consent_purpose_changelist        g     g     g       g        g          g
consent_purpose_add               -     -     -       gp       -          -
consent_purpose_change            g     g     g       gp       g          g
consent_purpose_history           -     -     -       g        g          g
consent_purpose_simple_history    -     -     -       g        g          g
consent_purpose_delete            -     -     -       -        -          -
consent_purpose_register          g     g     g       g        g          g
consent_purpose_register_csv      g     g     g       g        g          g

consent_notice_changelist         g     g     g       g        g          g
consent_notice_add                -     -     -       gp       -          -
consent_notice_change             g     g     g       gp       g          g
consent_notice_history            g     g     g       g        g          g
consent_notice_delete             -     -     -       -        -          -
consent_notice_publish            -     -     -       gp       -          -

consent_consent_changelist        g     g     g       g        g          g
consent_consent_add               -     -     -       -        -          -
consent_consent_change            g     g     g       g        g          g
consent_consent_history           -     -     -       g        g          g
consent_consent_simple_history    -     -     -       g        g          g
consent_consent_delete            -     -     -       -        -          -

consent_consentevent_changelist   -     -     -       g        g          g
consent_consentevent_add          -     -     -       -        -          -
consent_consentevent_change       -     -     -       g        g          g
consent_consentevent_history      -     -     -       g        g          g
consent_consentevent_delete       -     -     -       -        -          -
consent_consentevent_verify       -     -     -       g        g          g
consent_consentevent_certificate  -     -     -       g        g          g
consent_consentevent_certificate_pdf  - -     -       g        g          g
consent_consentevent_proof        -     -     -       g        g          g
consent_consentevent_receipt      -     -     -       g        g          g

consent_seal_changelist           -     -     -       g        g          g
consent_seal_add                  -     -     -       -        -          -
consent_seal_change               -     -     -       g        g          g
consent_seal_history              -     -     -       g        g          g
consent_seal_delete               -     -     -       -        -          -
consent_seal_verify               -     -     -       g        g          g

consent_ledgercheck_changelist    -     -     -       g        g          g
consent_ledgercheck_add           -     -     -       -        -          -
consent_ledgercheck_change        -     -     -       g        g          g
consent_ledgercheck_history       -     -     -       g        g          g
consent_ledgercheck_delete        -     -     -       -        -          -
consent_ledgercheck_ask           -     -     -       gp       gp         gp

consent_figures_changelist        g     g     g       g        g          g
consent_figures_add               -     -     -       -        -          -
consent_figures_change            g     g     g       g        g          g
consent_figures_history           g     g     g       g        g          g
consent_figures_delete            -     -     -       -        -          -
consent_figures_again             -     -     -       p        p          p

consent_evidence_changelist       -     -     -       g        g          g
consent_evidence_add              -     -     -       -        -          -
consent_evidence_change           -     -     -       g        g          g
consent_evidence_history          -     -     -       g        g          g
consent_evidence_delete           -     -     -       -        -          -

consent_suppression_changelist    -     -     -       g        g          g
consent_suppression_add           -     -     -       -        -          -
consent_suppression_change        -     -     -       g        g          g
consent_suppression_history       -     -     -       g        g          g
consent_suppression_delete        -     -     -       -        -          -
consent_suppression_lift          -     -     -       gp       -          -
consent_suppression_record_opt_out -    -     -       gp       -          gp
consent_suppression_withdraw_list -     -     -       gp       -          gp

consent_retentionpolicy_changelist      -  -  -       g        g          g
consent_retentionpolicy_add             -  -  -       -        gp         -
consent_retentionpolicy_change          -  -  -       g        gp         g
consent_retentionpolicy_history         -  -  -       g        g          g
consent_retentionpolicy_simple_history  -  -  -       g        g          g
consent_retentionpolicy_delete          -  -  -       -        -          -

consent_legalhold_changelist      -     -     -       g        g          g
consent_legalhold_add             -     -     -       gp       -          -
consent_legalhold_change          -     -     -       gp       g          g
consent_legalhold_history         -     -     -       g        g          g
consent_legalhold_simple_history  -     -     -       g        g          g
consent_legalhold_delete          -     -     -       -        -          -
consent_legalhold_release         -     -     -       gp       -          -

consent_purgerun_changelist       -     -     -       g        g          g
consent_purgerun_add              -     -     -       -        -          -
consent_purgerun_change           -     -     -       g        g          g
consent_purgerun_history          -     -     -       g        g          g
consent_purgerun_delete           -     -     -       -        -          -
consent_purgerun_run_now          -     -     -       -        gp         -
consent_purgerun_forecast         -     -     -       g        g          g
consent_purgerun_approve          -     -     -       gp       gp         -

consent_alert_changelist          -     -     -       g        g          g
consent_alert_add                 -     -     -       -        -          -
consent_alert_change              -     -     -       g        g          g
consent_alert_history             -     -     -       g        g          g
consent_alert_delete              -     -     -       -        -          -

consent_receipt_changelist        -     -     -       g        g          g
consent_receipt_add               -     -     -       -        -          -
consent_receipt_change            -     -     -       g        g          g
consent_receipt_history           -     -     -       g        g          g
consent_receipt_delete            -     -     -       -        -          -

consent_accessrecord_changelist   -     -     -       g        -          g
consent_accessrecord_add          -     -     -       -        -          -
consent_accessrecord_change       -     -     -       g        -          g
consent_accessrecord_history      -     -     -       g        -          g
consent_accessrecord_delete       -     -     -       -        -          -

consent_collectionpoint_changelist      g  g  g       g        g          g
consent_collectionpoint_add             -  -  -       gp       -          gp
consent_collectionpoint_change          g  g  g       gp       g          gp
consent_collectionpoint_history         -  -  -       g        g          g
consent_collectionpoint_simple_history  -  -  -       g        g          g
consent_collectionpoint_delete          -  -  -       -        -          -
consent_collectionpoint_new_key         -  -  -       gp       -          gp

consent_apikey_changelist         -     -     -       g        -          g
consent_apikey_add                -     -     -       -        -          -
consent_apikey_change             -     -     -       g        -          g
consent_apikey_history            -     -     -       g        -          g
consent_apikey_delete             -     -     -       -        -          -
consent_apikey_revoke             -     -     -       gp       -          gp

consent_challenge_changelist      -     -     -       g        g          g
consent_challenge_add             -     -     -       -        -          -
consent_challenge_change          -     -     -       g        g          g
consent_challenge_history         -     -     -       g        g          g
consent_challenge_delete          -     -     -       -        -          -

consent_outgoingmessage_changelist  -   -     -       g        g          g
consent_outgoingmessage_add       -     -     -       -        -          -
consent_outgoingmessage_change    -     -     -       g        g          g
consent_outgoingmessage_history   -     -     -       g        g          g
consent_outgoingmessage_delete    -     -     -       -        -          -

consent_inboundmessage_changelist  -    -     -       g        -          g
consent_inboundmessage_add        -     -     -       -        -          -
consent_inboundmessage_change     -     -     -       g        -          g
consent_inboundmessage_history    -     -     -       g        -          g
consent_inboundmessage_delete     -     -     -       -        -          -
consent_inboundmessage_is_opt_out  -    -     -       gp       -          -
consent_inboundmessage_is_none    -     -     -       gp       -          -

consent_keyword_changelist        -     -     -       g        g          g
consent_keyword_add               -     -     -       gp       -          -
consent_keyword_change            -     -     -       gp       g          g
consent_keyword_history           -     -     -       g        g          g
consent_keyword_delete            -     -     -       -        -          -

consent_subjectrequest_changelist  -    g     -       g        g          g
consent_subjectrequest_add        -     -     -       -        -          -
consent_subjectrequest_change     -     g     -       g        g          g
consent_subjectrequest_history    -     g     -       g        g          g
consent_subjectrequest_delete     -     -     -       -        -          -
consent_subjectrequest_done       -     -     -       gp       -          -
consent_subjectrequest_refuse     -     -     -       gp       -          -

consent_disclosure_changelist     -     -     -       g        g          g
consent_disclosure_add            -     -     -       -        -          -
consent_disclosure_change         -     -     -       g        g          g
consent_disclosure_history        -     -     -       g        g          g
consent_disclosure_delete         -     -     -       -        -          -

crm_approval_changelist           g     g     g       g        g          g
crm_approval_add                  -     -     -       -        -          -
crm_approval_change               g     g     g       g        g          g
crm_approval_history              g     g     g       g        g          g
crm_approval_delete               -     -     -       -        -          -
crm_approval_approve              gp    gp    gp      gp       gp         gp
crm_approval_refuse               gp    gp    gp      gp       gp         gp
crm_approval_take                 gp    gp    gp      gp       gp         gp

consent_bulkact_changelist        -     g     -       g        -          g
consent_bulkact_add               -     -     -       -        -          -
consent_bulkact_change            -     g     -       g        -          g
consent_bulkact_history           -     g     -       g        -          g
consent_bulkact_delete            -     -     -       -        -          -
consent_bulkact_confirm           -     gp    -       -        -          gp
consent_bulkact_progress          -     g     -       g        -          g

auth_user_changelist              -     -     -       -        -          g
auth_user_add                     -     -     -       -        -          gp
auth_user_change                  -     -     -       -        -          gp
auth_user_history                 -     -     -       -        -          g
auth_user_delete                  -     -     -       -        -          -
auth_user_password_change         -     -     -       -        -          gp
auth_user_reset_second_factor     -     -     -       -        -          gp

auth_group_changelist             -     -     -       -        -          g
auth_group_add                    -     -     -       -        -          -
auth_group_change                 -     -     -       -        -          g
auth_group_history                -     -     -       -        -          g
auth_group_delete                 -     -     -       -        -          -
"""

# Pages that ask for a second factor that was shown just now: "gp" before they are shown, "p" before they are acted on.
# "g": what is posted there leads to the factor as well: tests/crm/admin/test_accounts.py.
# Of approvals each sees, and decides on, what they asked for or may do themselves: tests/crm/admin/test_approval.py.
SENSITIVE_PAGES = """
crm_contact_erase                 gp
crm_contact_export                gp
consent_suppression_lift          gp
consent_inboundmessage_is_none    gp
consent_retentionpolicy_add       gp
consent_retentionpolicy_change    p
consent_purgerun_run_now          gp
consent_purgerun_approve          gp
crm_approval_approve              gp
auth_user_add                     gp
auth_user_change                  p
auth_user_password_change         g
auth_user_reset_second_factor     gp
"""

# Pages of the site itself, for everybody who is staff; what they list is filtered by the same rights.
SITE_PAGES = {
    "index",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "jsi18n",
    "view_on_site",
    "app_list",
    "search",
}


def table() -> dict[str, dict[str, str]]:
    """Read the table: page -> role -> what is allowed."""
    rows = [line.split() for line in MODEL_PAGES.strip().splitlines()[1:] if line.strip()]
    return {page: dict(zip(COLUMNS, cells, strict=True)) for page, *cells in rows}


def pages() -> Iterator[str]:
    """Yield the name of every page of the admin."""

    def walk(patterns: list[Any]) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            elif isinstance(pattern, URLPattern) and pattern.name:
                yield pattern.name

    yield from walk(admin.site.get_urls())


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Make one object of every model, and return the objects by the beginning of their pages' names."""
    monkeypatch.setattr(celery_app, "send_task", lambda *args, **kwargs: None)
    now = timezone.now()
    point: Any = factories.point(at=now - timedelta(days=9))
    entry = factories.entry(point, Act.GIVEN, at=now - timedelta(days=8), evidence=Proof(shown="?"))
    gone = factories.point()
    (receipt,) = erase(gone.contact, reason="request", actor=factories.TESTER, at=now)
    suppression = Suppression.objects.create(
        line=point.line, extent="contact", reason="stop", since=now, actor_name="tester"
    )
    with attributed_to(Origin(factories.TESTER, now, "test")):
        hold = LegalHold.objects.create(source=Source.objects.get(), reason="claim", placed_at=now)
    return {
        "crm_contact": point.contact,
        "crm_tag": factories.tagged(point.contact).tag,
        "crm_contactpoint": point,
        "crm_phonenumber": point.line,
        "crm_provenance": point.provenances.get(),
        "crm_source": Source.objects.get(),
        "crm_importbatch": factories.batch(),
        "crm_anonymouscount": AnonymousCount.objects.create(month="2026-01-01"),
        "crm_lease": Lease.objects.take("purge", seconds=60, now=factories.NOON),
        "consent_purpose": entry.purpose,
        "consent_notice": Notice.objects.create(purpose=entry.purpose, version=2, text="May we?"),
        "consent_consent": Consent.objects.get(),
        "consent_consentevent": entry,
        "consent_evidence": Evidence.objects.get(),
        "consent_seal": sealing.seal(actor=factories.TESTER, at=now),
        "consent_ledgercheck": insight.ask(user=None, at=now),
        "consent_figures": insight.count(at=now),
        "consent_suppression": suppression,
        "consent_retentionpolicy": factories.policy(),
        "consent_legalhold": hold,
        "consent_purgerun": PurgeRun.objects.create(as_of=now, started_at=now, finished_at=now, state="done"),
        "consent_alert": Alert.objects.create(kind=Alert.Kind.OVERDUE, opened_at=factories.NOON),
        "consent_receipt": receipt,
        "consent_accessrecord": access.record(
            kind=AccessRecord.Kind.EXPORT,
            actor=factories.TESTER,
            at=now,
            reason="test",
            masked=True,
            contacts=1,
            points=1,
            format="csv",
            scope={"purpose": entry.purpose_id, "channel": "sms"},
            left_out={"withdrawn": 1},
        ),
        "consent_collectionpoint": capturing.collection_point(),
        "consent_apikey": capturing.api_key(),
        "consent_challenge": capturing.challenge(point),
        "consent_outgoingmessage": capturing.outgoing(point.line),
        "consent_inboundmessage": capturing.inbound(point.line),
        "consent_keyword": capturing.keyword(),
        "consent_subjectrequest": capturing.subject_request(contact=point.contact),
        "consent_disclosure": capturing.disclosure(contact=point.contact),
        "crm_approval": factories.approval(point.contact),
        "consent_bulkact": bulk_acts.choose(BulkAct.Kind.ADD_TAG, [point.contact_id], actor=factories.TESTER, at=now),
        "auth_user": signing_in.app_of(factories.user("other")).user,
        "auth_group": Group.objects.get(name="Editor"),
    }


def address(page: str, objects: dict[str, Any]) -> str:
    """Return the address of a page, of the object that it is about where it is about one."""
    model = "_".join(page.split("_")[:2])
    of_all = ("_changelist", "_add", "_run_now", "_forecast", "_export", "_record_opt_out", "_withdraw_list")
    of_people = ("_contact_search", "_contact_views")
    of_the_office = ("_scorecard", "_register", "_register_csv", "_ask", "_again")
    if page.endswith((*of_all, *of_people, *of_the_office)):
        return reverse(f"admin:{page}")
    thing = objects[model]
    args = [thing.pk]
    if page.endswith("_simple_history"):
        args.append(thing.history.latest().pk)
    return reverse(f"admin:{page}", args=args)


def test_the_table_names_every_page_and_no_other() -> None:
    assert set(pages()) - SITE_PAGES == set(table())


def test_the_table_has_a_column_for_every_group() -> None:
    assert set(COLUMNS) == set(roles.ROLES)


@once
@pytest.mark.parametrize("role", COLUMNS)
def test_a_group_may_do_what_the_table_says(role: str, objects: dict[str, Any]) -> None:
    client = Client()
    client.force_login(factories.user("member", role=role))
    wrong = []
    for page, allowed in table().items():
        url = address(page, objects)
        for method, letter in ((client.get, "g"), (client.post, "p")):
            got = method(url).status_code
            right = got in (200, 302) if letter in allowed[role] else got in (403, 405)
            if not right:
                wrong.append(f"{letter} {page}: {got}, the table says {allowed[role]}")
    assert wrong == []


@once
def test_what_is_sensitive_asks_for_a_second_factor_that_was_shown_just_now(objects: dict[str, Any]) -> None:
    """And nothing else does: each page is tried by somebody whose factor was shown too long ago."""
    now = timezone.now()
    objects["consent_purgerun"] = PurgeRun.objects.create(
        as_of=now, started_at=now, state="waiting", brake="share", due=7, held=9, actor_name="tester"
    )
    client, root = Client(), factories.user("root", is_superuser=True)
    client.force_login(root)
    signing_in.show_factor(client, root, at=now - timedelta(minutes=11))
    before = counted_rows()
    asked = {line.split()[0]: line.split()[1] for line in SENSITIVE_PAGES.strip().splitlines()}
    for page in table():
        url, posted = address(page, objects), {"_save": "1", **WHOLE.get(page, {})}
        got = client.get(url)
        leads = got.headers.get("Location", "").startswith(reverse("mfa_reauthenticate"))
        assert leads == ("g" in asked.get(page, "")), page
        if "p" in asked.get(page, ""):
            answer = client.post(url, posted)
            assert answer.status_code == 200, page
            assert "fresh second factor" in answer.content.decode(), page
    assert counted_rows() == before


# What makes a form whole, so that nothing but the second factor keeps it from being acted on.
WHOLE = {
    "crm_contact_erase": {"reason": "request"},
    "crm_contact_export": {"format": "csv", "shown": "full", "reason": "asked for"},
    "consent_suppression_lift": {"reason": "rang", "authority": "person"},
    "auth_user_reset_second_factor": {"reason": "lost"},
    "auth_user_add": {
        "username": "new", "usable_password": "true", "password1": "correct horse battery",
        "password2": "correct horse battery",
    },
    "auth_user_change": {"username": "changed", "is_active": "on"},
    "consent_retentionpolicy_add": {
        "name": "All", "slug": "all", "active": "on", "trigger": "consent_withdrawn", "after_months": "0",
        "after_days": "0", "action": "purge",
    },
    "consent_retentionpolicy_change": {
        "name": "Other", "slug": "other", "trigger": "consent_withdrawn", "after_months": "1", "after_days": "0",
        "action": "purge",
    },
}  # fmt: skip


def counted_rows() -> dict[str, Any]:
    """Return what a sensitive act would have changed."""
    return {
        "numbers": PhoneNumber.objects.exclude(number=None).count(),
        "exports": AccessRecord.objects.filter(reason="asked for").count(),
        "policies": list(RetentionPolicy.objects.values_list("name", flat=True)),
        "lifted": Suppression.objects.exclude(lifted_at=None).count(),
        "runs": list(PurgeRun.objects.values_list("state", "approved_at")),
        "factors": Authenticator.objects.count(),
        "approvals": list(Approval.objects.values_list("state", flat=True)),
    }


@once
def test_nobody_gets_in_without_signing_in(objects: dict[str, Any]) -> None:
    client = Client()
    for page in table():
        for answer in (client.get(address(page, objects)), client.post(address(page, objects))):
            assert answer.status_code == 302, page
            assert answer["Location"].startswith("/admin/login/"), page


@once
def test_staff_in_no_group_may_look_at_nothing(objects: dict[str, Any]) -> None:
    client = Client()
    client.force_login(factories.user("nobody"))
    assert client.get("/admin/").status_code == 200
    for page in table():
        for method in (client.get, client.post):
            assert method(address(page, objects)).status_code in (403, 405), page


def test_not_even_a_superuser_deletes_or_rewrites_the_past(objects: dict[str, Any]) -> None:
    client = Client()
    client.force_login(factories.user("root", is_superuser=True))
    for page in table():
        if page.endswith("_delete"):
            assert client.get(address(page, objects)).status_code == 403, page
            assert client.post(address(page, objects), {"post": "yes"}).status_code == 403, page
        elif page.endswith(("_history", "_changelist")):
            assert client.post(address(page, objects), {"_save": "1"}).status_code == 403, page


def test_every_page_opens_for_a_superuser_and_shows_no_number(objects: dict[str, Any]) -> None:
    client = Client()
    client.force_login(factories.user("root", is_superuser=True))
    number = objects["crm_phonenumber"].e164
    for page in table():
        unasked = ("_delete", "_preview", "_back", "_confirm", "_discard", "_rejected", "_again", "_search")
        if not page.endswith(unasked):
            answer = client.get(address(page, objects), follow=True)
            # Nobody adds what is only read here.
            assert answer.status_code in ((200, 403) if page.endswith("_add") else (200,)), page
            text = pdf_text(answer.content) if answer.content.startswith(b"%PDF") else answer.content.decode()
            assert number not in text, page
            assert number[2:] not in text, page


def test_the_models_that_are_not_shown_are_few() -> None:
    shown = {model._meta.label for model in admin.site._registry}
    assert {Contact, ContactPoint, PhoneNumber, Provenance, Receipt} <= set(admin.site._registry)
    assert shown.isdisjoint({"admin.LogEntry", "sessions.Session"})
