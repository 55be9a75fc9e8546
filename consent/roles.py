"""The groups that Ringfence ships, and what each may do: kept in step with this table after every migrate."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS

VIEW_PEOPLE = [
    "crm.view_tag",
    "crm.view_contacttag",
    "crm.view_contact",
    "crm.view_contactpoint",
    "crm.view_phonenumber",
    "crm.view_provenance",
    "crm.view_source",
    "crm.view_importbatch",
    "crm.view_importfault",
    "crm.view_historicalcontact",
    "crm.view_historicalcontactpoint",
    "consent.view_consent",
    "consent.view_purpose",
    "consent.view_notice",
    "consent.view_collectionpoint",
    "consent.view_figures",
    # Each sees what they have asked for themselves, and what they may approve.
    "crm.view_approval",
]
VIEW_PROOF = [
    "consent.view_consentevent",
    "consent.view_evidence",
    "consent.view_suppression",
    "consent.view_retentionpolicy",
    "consent.view_legalhold",
    "consent.view_purgerun",
    "consent.view_receipt",
    "consent.view_seal",
    "consent.view_ledgercheck",
    "consent.view_alert",
    "crm.view_historicalcontacttag",
    "consent.view_challenge",
    "consent.view_outgoingmessage",
    "consent.view_keyword",
    "consent.view_subjectrequest",
    "consent.view_disclosure",
    "consent.view_historicalcollectionpoint",
    "consent.view_historicalconsent",
    "consent.view_historicalpurpose",
    "consent.view_historicalretentionpolicy",
    "consent.view_historicallegalhold",
    "crm.view_historicalsource",
    "crm.view_anonymouscount",
    "crm.view_lease",
]
# Who has a worker count, or check the ledger.
ASK_WORKERS = ["consent.add_figures", "consent.add_ledgercheck"]
# Who takes full numbers out, and who may see who did.
TAKE_OUT = ["crm.export_full_numbers", "consent.view_accessrecord"]
# Who may look at one full number at a time: for a reason, on record, and not at many.
LOOK = ["crm.reveal_numbers"]
EDIT_PEOPLE = ["crm.add_contact", "crm.change_contact", "crm.add_contactpoint", "crm.change_contactpoint"]
TAG_PEOPLE = ["crm.add_contacttag", "crm.change_contacttag"]
# Who sees what was done to many at once; what they may do to many is what they may do to one.
ACT_ON_MANY = ["consent.view_bulkact"]
# Who says that two contacts are one person, or two.
MERGE_PEOPLE = ["crm.merge_contacts"]
# Who sees what somebody texted.
READ_TEXTS = ["consent.view_inboundmessage"]
# What anybody who talks to people writes down for them: a no, a request; and the link to a page of their own.
SERVE = ["consent.add_suppression", "consent.add_subjectrequest", "consent.add_preferencetoken"]
RUN_PLACES = [
    "consent.add_collectionpoint",
    "consent.change_collectionpoint",
    "consent.view_apikey",
    "consent.add_apikey",
    "consent.change_apikey",
]

ROLES: dict[str, list[str]] = {
    "Read-only": VIEW_PEOPLE,
    "Editor": [
        *VIEW_PEOPLE,
        *EDIT_PEOPLE,
        *TAG_PEOPLE,
        *MERGE_PEOPLE,
        *ACT_ON_MANY,
        *SERVE,
        *LOOK,
        "consent.view_subjectrequest",
    ],
    "Importer": [*VIEW_PEOPLE, "crm.add_importbatch", "crm.import_contacts"],
    "Compliance officer": [
        *VIEW_PEOPLE,
        *VIEW_PROOF,
        *TAKE_OUT,
        *LOOK,
        *READ_TEXTS,
        *ACT_ON_MANY,
        *SERVE,
        *RUN_PLACES,
        *ASK_WORKERS,
        "crm.change_source",
        "crm.add_source",
        "crm.change_phonenumber",
        "crm.change_provenance",
        "consent.add_purpose",
        "consent.change_purpose",
        "consent.add_notice",
        "consent.change_notice",
        "consent.add_legalhold",
        "consent.change_legalhold",
        "consent.change_suppression",
        "consent.change_inboundmessage",
        "consent.add_keyword",
        "consent.change_keyword",
        "consent.change_subjectrequest",
        "consent.add_disclosure",
        "consent.erase_contact",
        "consent.approve_purge",
        "crm.add_tag",
        "crm.change_tag",
    ],
    "Retention manager": [
        *VIEW_PEOPLE,
        *VIEW_PROOF,
        *ASK_WORKERS,
        "consent.add_retentionpolicy",
        "consent.change_retentionpolicy",
        "consent.run_purge",
        "consent.approve_purge",
    ],
    "Administrator": [
        *VIEW_PEOPLE,
        *VIEW_PROOF,
        *TAKE_OUT,
        *LOOK,
        *READ_TEXTS,
        *EDIT_PEOPLE,
        *TAG_PEOPLE,
        *MERGE_PEOPLE,
        *ACT_ON_MANY,
        *SERVE,
        *RUN_PLACES,
        *ASK_WORKERS,
        "crm.add_tag",
        "crm.change_tag",
        "crm.add_source",
        "crm.change_source",
        "auth.view_user",
        "auth.add_user",
        "auth.change_user",
        "auth.view_group",
    ],
}


def sync(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Make each group have exactly the permissions of the table. Raises KeyError for one that does not exist."""
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for name, codes in ROLES.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set([known[code] for code in codes])


def sync_after_migrate(*, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Bring the groups in step once all permissions are there: not part-way through a first migrate."""
    if Permission.objects.using(using).filter(codename="view_disclosure").exists():
        sync(using=using)
