"""What is said in the place of an erased value: when it went, and under what."""

from django.utils.html import format_html
from django.utils.translation import gettext

from consent.admin.contact_acts import ERASURE_REASONS
from consent.models import Receipt
from crm.models import Contact, ContactPoint
from crm.theme import erased_on


def words_of(obj: Contact | ContactPoint) -> str:
    """Return "erased on ... under ..." for an erased contact or contact point: a policy, or why somebody did it."""
    if obj.erased_at is None:
        return ""
    said = erased_on(obj.erased_at)
    receipts = Receipt.objects.select_related("policy")
    if isinstance(obj, ContactPoint):
        receipt = receipts.filter(point=obj).first()
    else:
        receipt = receipts.filter(point__contact=obj, profile_erased=True).order_by("-erased_at").first()
        receipt = receipt or receipts.filter(point=None, contact_ref=obj.pk).first()
    if receipt is None:
        return said
    why = str(receipt.policy) if receipt.policy else dict(ERASURE_REASONS).get(receipt.reason, receipt.reason)
    return format_html(
        gettext("{erased} under {why} (receipt {receipt})"), erased=said, why=why, receipt=str(receipt.pk)
    )
