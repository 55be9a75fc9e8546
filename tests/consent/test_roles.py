"""The groups that are shipped: in step with their table after every migrate, and none that can do too much."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from consent import roles

pytestmark = pytest.mark.django_db


def held(group: Group) -> set[str]:
    return {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")}


@pytest.mark.parametrize("name", roles.ROLES)
def test_a_group_is_there_with_exactly_its_permissions(name: str) -> None:
    assert held(Group.objects.get(name=name)) == set(roles.ROLES[name])


def test_a_migrate_puts_right_what_was_changed_by_hand() -> None:
    officers, readers = Group.objects.get(name="Compliance officer"), Group.objects.get(name="Read-only")
    readers.permissions.add(Permission.objects.get(codename="erase_contact"))
    officers.permissions.clear()
    mine = Group.objects.create(name="Ours")
    mine.permissions.add(Permission.objects.get(codename="view_contact"))
    call_command("migrate", verbosity=0)
    assert held(readers) == set(roles.ROLES["Read-only"])
    assert held(officers) == set(roles.ROLES["Compliance officer"])
    assert held(mine) == {"crm.view_contact"}


def test_a_permission_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(roles.ROLES, "Read-only", ["crm.view_nothing"])
    with pytest.raises(KeyError, match=r"crm\.view_nothing"):
        roles.sync()


@pytest.mark.parametrize(
    ("permission", "names"),
    [
        ("consent.erase_contact", {"Compliance officer"}),
        ("consent.run_purge", {"Retention manager"}),
        ("consent.change_retentionpolicy", {"Retention manager"}),
        ("consent.approve_purge", {"Compliance officer", "Retention manager"}),
        ("crm.change_tag", {"Compliance officer", "Administrator"}),
        ("crm.change_contacttag", {"Editor", "Administrator"}),
        ("consent.view_evidence", {"Compliance officer", "Retention manager", "Administrator"}),
        ("crm.import_contacts", {"Importer"}),
        ("crm.export_full_numbers", {"Compliance officer", "Administrator"}),
        ("consent.view_accessrecord", {"Compliance officer", "Administrator"}),
        ("crm.change_contact", {"Editor", "Administrator"}),
        ("crm.view_contact", set(roles.ROLES)),
        ("consent.add_suppression", {"Editor", "Compliance officer", "Administrator"}),
        ("consent.add_subjectrequest", {"Editor", "Compliance officer", "Administrator"}),
        ("consent.add_preferencetoken", {"Editor", "Compliance officer", "Administrator"}),
        ("consent.change_subjectrequest", {"Compliance officer"}),
        ("consent.add_disclosure", {"Compliance officer"}),
        ("consent.view_inboundmessage", {"Compliance officer", "Administrator"}),
        ("consent.change_inboundmessage", {"Compliance officer"}),
        ("consent.change_keyword", {"Compliance officer"}),
        ("crm.change_phonenumber", {"Compliance officer"}),
        ("consent.add_apikey", {"Compliance officer", "Administrator"}),
        ("consent.view_collectionpoint", set(roles.ROLES)),
    ],
)
def test_a_power_is_with_whom_it_was_meant_for(permission: str, names: set[str]) -> None:
    assert {name for name, codes in roles.ROLES.items() if permission in codes} == names


@pytest.mark.parametrize("name", roles.ROLES)
def test_nobody_may_write_the_ledger_or_delete_anything(name: str) -> None:
    user = User.objects.create_user("someone", is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    verbs = {code.split(".")[1] for code in user.get_all_permissions()}
    assert not {verb for verb in verbs if verb.startswith("delete_")}
    assert not verbs & {
        f"{verb}_{model}"
        for verb in ("add", "change")
        for model in (
            *("consentevent", "evidence", "consent", "receipt", "purgerun", "accessrecord"),
            *("challenge", "outgoingmessage"),
        )
    }
    # A reassignment is recorded, a link made and a disclosure noted; none of them is edited, nor a number typed in.
    assert not verbs & {"add_phonenumber", "change_preferencetoken", "change_disclosure"}
