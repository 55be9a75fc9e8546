"""Putting contacts into groups and taking them out, each with its line in the history.

Under the contact's lock: erasure takes it too, so nobody who is erased meanwhile is left in a group.
"""

from datetime import datetime

from django.db import transaction

from crm.models import Actor, Contact, ContactTag, Origin, Tag, attributed_to


class NotPossible(ValueError):
    """The contact was erased or merged."""


class AlreadyTagged(ValueError):
    """The contact has the tag."""


class NotTagged(ValueError):
    """The contact has not got the tag."""


def add(contact: Contact, tag: Tag, *, actor: Actor, at: datetime, reason: str) -> ContactTag:
    """Give a contact a tag at `at` (aware). Raises NotPossible, AlreadyTagged."""
    with transaction.atomic(), attributed_to(Origin(actor, at, reason)):
        _lock(contact)
        if ContactTag.objects.filter(contact=contact, tag=tag).exists():
            raise AlreadyTagged(f"contact {contact.pk} has tag {tag.pk}")
        return ContactTag.objects.create(contact=contact, tag=tag, added_by_id=actor.user_id)


def remove(contact: Contact, tag: Tag, *, actor: Actor, at: datetime, reason: str) -> None:
    """Take a tag from a contact at `at` (aware). Raises NotPossible, NotTagged."""
    with transaction.atomic(), attributed_to(Origin(actor, at, reason)):
        _lock(contact)
        held = ContactTag.objects.filter(contact=contact, tag=tag).first()
        if held is None:
            raise NotTagged(f"contact {contact.pk} has not got tag {tag.pk}")
        held.delete()


def _lock(contact: Contact) -> None:
    standing = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
    if standing.status in (Contact.Status.ERASED, Contact.Status.MERGED):
        raise NotPossible(f"contact {contact.pk} was erased or merged")
