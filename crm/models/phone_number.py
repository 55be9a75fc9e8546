"""Phone numbers: one row per distinct line, and the only place in the system where a number stands.

Everything else holds this row's id, so an erasure is one row deep. A row whose number is gone keeps its
keyed fingerprint: the tombstone by which the same number is recognised, and refused, when it is offered again.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from crm import phones
from crm.models.privacy import Privacy


def fingerprint_keys() -> dict[str, bytes]:
    """Return the fingerprint keys by id, the current one first, as settings state them ("id:hex")."""
    pairs = (entry.partition(":") for entry in settings.FINGERPRINT_KEYS)
    return {key_id.strip(): bytes.fromhex(value.strip()) for key_id, _colon, value in pairs}


def current_fingerprint(e164: str) -> tuple[str, str]:
    """Return (key id, fingerprint) of a number under the current key."""
    key_id, key = next(iter(fingerprint_keys().items()))
    return key_id, phones.fingerprint(e164, key=key)


def all_fingerprints(e164: str) -> list[str]:
    """Return the fingerprint of a number under every key that may still have rows, the current one first."""
    return [phones.fingerprint(e164, key=key) for key in fingerprint_keys().values()]


class PhoneNumberQuerySet(models.QuerySet["PhoneNumber"]):
    def for_numbers(self, numbers: Iterable[str]) -> "PhoneNumberQuerySet":
        """Return the rows in force of these E.164 numbers, tombstones included, whatever key they were made with."""
        keys = [key for number in numbers for key in all_fingerprints(number)]
        return self.filter(number_key__in=keys, reopened_at=None)

    def locked(self) -> "PhoneNumberQuerySet":
        """Lock the rows for this transaction, always in order of id, so that no two callers wait on each other."""
        return self.select_for_update(of=("self",)).order_by("pk")

    def locked_in_force(self, pk: int) -> "PhoneNumber":
        """Lock and return the line that speaks for the number of line `pk`: itself, or what it was reopened as."""
        line = self.filter(pk=pk).locked().get()
        while line.reopened_as_id is not None:
            line = self.filter(pk=line.reopened_as_id).locked().get()
        return line


class LastFour(models.Func):
    """The last four characters of a number. The four stands in the expression itself, or no index would be used."""

    template = "RIGHT(%(expressions)s, 4)"
    output_field = models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="SUBSTR(%(expressions)s, -4)", **context)


LINE_TYPES = [
    (phones.LineType.MOBILE.value, _("Mobile")),
    (phones.LineType.FIXED_LINE.value, _("Fixed line")),
    (phones.LineType.FIXED_LINE_OR_MOBILE.value, _("Fixed line or mobile")),
    (phones.LineType.TOLL_FREE.value, _("Toll-free")),
    (phones.LineType.PREMIUM_RATE.value, _("Premium rate")),
    (phones.LineType.SHARED_COST.value, _("Shared cost")),
    (phones.LineType.VOIP.value, _("Internet telephony")),
    (phones.LineType.PERSONAL_NUMBER.value, _("Personal number")),
    (phones.LineType.PAGER.value, _("Pager")),
    (phones.LineType.UAN.value, _("Company number")),
    (phones.LineType.VOICEMAIL.value, _("Voicemail")),
    (phones.LineType.UNKNOWN.value, _("Unknown")),
]


class PhoneNumber(models.Model):
    """A line. Its number never changes but to null; a corrected number is another line."""

    privacy = Privacy(
        personal={"number": None, "region": "", "line_type": "", "verified_at": None, "reassigned_at": None},
        reference=frozenset({"id", "key_id", "created_at", "erased_at", "reopened_at", "reopened_as"}),
        exempt={
            "number_key": "keyed fingerprint, kept and used only so that an erased or suppressed number is "
            "recognised and refused (GDPR 17(3)(b), 21(3); 47 CFR 64.1200(d)(6))"
        },
    )

    number = PhoneNumberField(_("number"), null=True, blank=True, editable=False)
    number_key = models.CharField(_("fingerprint"), max_length=64, editable=False)
    key_id = models.CharField(_("fingerprint key"), max_length=16, editable=False)
    region = models.CharField(_("region"), max_length=3, blank=True)
    line_type = models.CharField(_("line type"), max_length=20, choices=LINE_TYPES, blank=True)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    # What was agreed to before this is another person's: the carrier has given the line to somebody else.
    reassigned_at = models.DateTimeField(_("reassigned at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)
    # The number came back by its owner's own new grant: that is another row, and this one speaks of the past alone.
    reopened_at = models.DateTimeField(_("reopened at"), null=True, blank=True)
    # By it a link, or a message, of before still reaches the number: whoever has one can take consent back.
    reopened_as = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="reopened_from",
        verbose_name=_("reopened as"),
    )

    objects = PhoneNumberQuerySet.as_manager()

    class Meta:
        verbose_name = _("phone number")
        verbose_name_plural = _("phone numbers")
        ordering = ("-id",)
        permissions = [
            ("export_full_numbers", _("Can export numbers unmasked")),
            ("reveal_numbers", _("Can look at a full number")),
        ]
        indexes = [
            # Read when a line is deleted, and where its past is shown.
            models.Index(fields=["reopened_as"], name="line_of_before", condition=Q(reopened_as__isnull=False)),
            # Read by the search for a number of which somebody knows the end.
            models.Index(LastFour("number"), name="line_by_last_four", condition=Q(number__isnull=False)),
            # Read by the list of contacts, for the kinds of line that are few.
            models.Index(fields=["line_type"], name="line_by_type", condition=Q(number__isnull=False)),
        ]
        constraints = [
            # Of the rows of a number one is in force; the others are tombstones of what was before it.
            models.UniqueConstraint(name="line_key_once", fields=["number_key"], condition=Q(reopened_at__isnull=True)),
            models.CheckConstraint(
                name="line_reopened_holds_no_number", condition=Q(reopened_at__isnull=True) | Q(number__isnull=True)
            ),
            models.CheckConstraint(
                name="line_reopened_names_the_next",
                condition=Q(reopened_at__isnull=True, reopened_as__isnull=True)
                | Q(reopened_at__isnull=False, reopened_as__isnull=False),
            ),
            models.CheckConstraint(
                name="line_erased_has_no_number", condition=Q(erased_at__isnull=True) | Q(number__isnull=True)
            ),
            models.CheckConstraint(
                name="line_without_number_is_blank",
                condition=Q(number__isnull=False)
                | Q(region="", line_type="", verified_at__isnull=True, reassigned_at__isnull=True),
            ),
            models.CheckConstraint(name="line_has_a_key", condition=~Q(key_id="") & ~Q(number_key="")),
            # E.164 says at least so much: an empty text or a national spelling never stands here.
            models.CheckConstraint(
                name="line_number_is_e164", condition=Q(number__isnull=True) | Q(number__startswith="+")
            ),
        ]

    def __str__(self) -> str:
        return gettext("Line %(id)s") % {"id": self.pk}

    def __repr__(self) -> str:
        return f"<PhoneNumber {self.pk}>"

    @property
    def e164(self) -> str:
        """The number in E.164, or "" once it is erased."""
        value: Any = self.number
        return "" if value is None else str(value.as_e164) if hasattr(value, "as_e164") else str(value)

    @property
    def is_reserved(self) -> bool:
        """Whether a regulator keeps the number free for demonstrations: it must never be sent to."""
        return self.number is not None and phones.is_reserved(self.e164)

    @property
    def masked(self) -> str:
        """The number as staff see it in lists: country code and last four digits."""
        return phones.mask(self.e164) if self.number is not None else gettext("erased") if self.erased_at else "—"
