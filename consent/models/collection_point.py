"""Collection points: named places where people give their number, and the keys by which programs speak for them."""

from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.models.purpose import Purpose
from crm.models import Privacy, Source
from crm.models.history import History

_OURS = "describes a place of collection of ours, not a contact"
# Nobody collects by "staff": what staff type in has a source of its own.
KINDS = [(kind.value, kind.label) for kind in Source.Kind if kind is not Source.Kind.STAFF]


def require_languages(value: object) -> None:
    """Refuse a list of languages that is empty or names one that the hosted pages do not speak."""
    known = [code for code, _name in settings.LANGUAGES]
    if not isinstance(value, list) or not value or any(item not in known for item in value):
        raise ValidationError(_("Choose at least one of: %(languages)s.") % {"languages": ", ".join(known)})


def require_origins(value: object) -> None:
    """Refuse a list with anything but web origins, such as "https://www.example.com": no path, no wildcard."""
    for origin in value if isinstance(value, list) else [None]:
        parts = urlsplit(origin) if isinstance(origin, str) else None
        if (
            parts is None
            or parts.scheme not in ("https", "http")
            or not parts.hostname
            or not set(parts.netloc) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-:[]")
            or origin != f"{parts.scheme}://{parts.netloc}"
        ):
            raise ValidationError(_("An origin has a scheme and a host, as in https://www.example.com."))


class CollectionPoint(models.Model):
    """A named place of collection, of one of five kinds: whose data it brings, and what it may ask for."""

    privacy = Privacy(
        reference=frozenset({"id", "slug", "kind", "source", "created_at"}),
        exempt=dict.fromkeys(
            ["name", "languages", "allowed_origins", "policy_url", "asks_age", "join_keyword", "active"], _OURS
        ),
    )

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=KINDS)
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="collection_points", verbose_name=_("source")
    )
    purposes = models.ManyToManyField(
        Purpose,
        related_name="collection_points",
        verbose_name=_("purposes"),
        help_text=_("What may be asked for here. A purpose without a published notice is not asked for."),
    )
    languages = models.JSONField(_("languages"), default=list, validators=[require_languages])
    allowed_origins = models.JSONField(
        _("allowed origins"),
        default=list,
        blank=True,
        validators=[require_origins],
        help_text=_("Web pages that may show the hosted form in a frame."),
    )
    policy_url = models.URLField(_("privacy policy"), blank=True)
    asks_age = models.BooleanField(
        _("asks for the age"),
        default=False,
        help_text=_("People say that they are old enough to agree by themselves (GDPR 8)."),
    )
    join_keyword = models.CharField(
        _("keyword to join"), max_length=30, blank=True, help_text=_("Of a text message, as in JOIN GARDEN.")
    )
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = History()

    class Meta:
        verbose_name = _("collection point")
        verbose_name_plural = _("collection points")
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                name="collection_point_kind_is_known", condition=Q(kind__in=[kind for kind, _name in KINDS])
            ),
            models.CheckConstraint(
                name="collection_point_keyword_is_of_a_text",
                condition=Q(join_keyword="") | Q(kind=Source.Kind.SMS.value),
                violation_error_message=_("Only a collection point for text messages has a keyword to join."),
            ),
            models.UniqueConstraint(
                name="collection_point_keyword_once", fields=["join_keyword"], condition=~Q(join_keyword="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ValidationError where the source is of another kind: its data would be filed under the wrong law."""
        if self.source_id and self.source.kind != self.kind:
            raise ValidationError({"source": _("The source is of another kind than the collection point.")})


class ApiKey(models.Model):
    """A key of a collection point. Shown once, kept as a digest: a copy of the database opens nothing."""

    class Scope(models.TextChoices):
        CAPTURE = "capture", _("Record what people agree to")
        WITHDRAW = "withdraw", _("Take consent back")
        LOOKUP = "lookup", _("Look consent up")
        PERMISSION = "permission", _("Ask whether a number may be contacted")
        KIOSK = "kiosk", _("Open a till on a tablet")

    # Every key begins so, that people and scanners of leaked secrets know one when they see it.
    BEGINNING: ClassVar[str] = "rfk"

    privacy = Privacy(
        reference=frozenset({"id", "collection_point", "prefix", "scopes", "created_at", "created_by", "expires_at"})
        | {"revoked_at", "last_used_at", "per_minute", "window_started_at", "window_count"},
        exempt={"name": _OURS, "digest": "of a random secret of ours, not of a person"},
    )

    collection_point = models.ForeignKey(
        CollectionPoint, on_delete=models.PROTECT, related_name="keys", verbose_name=_("collection point")
    )
    name = models.CharField(_("name"), max_length=120, help_text=_("Who uses it, as in: web shop, staging."))
    prefix = models.CharField(_("prefix"), max_length=12, unique=True, editable=False)
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    per_minute = models.PositiveIntegerField(_("requests per minute"), default=300)
    # The minute that is being counted, and how many requests it has had.
    window_started_at = models.DateTimeField(null=True, blank=True, editable=False)
    window_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="api_key_has_a_digest", condition=~Q(digest="") & ~Q(prefix="")),
            models.CheckConstraint(name="api_key_expires", condition=Q(expires_at__gt=models.F("created_at"))),
            models.CheckConstraint(name="api_key_allows_something", condition=Q(per_minute__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.BEGINNING}_{self.prefix}"


class IdempotencyRecord(models.Model):
    """The answer that was given to a request with an Idempotency-Key: the same request gets the same answer again.

    The digests are keyed: a request may hold a number, and a client's key may be one.
    """

    privacy = Privacy(
        reference=frozenset({"id", "api_key", "status", "body", "created_at"}),
        exempt=dict.fromkeys(
            ["key_digest", "request_digest"],
            "keyed digest, gone after a day; only the same request can be recognised by it (GDPR 32)",
        ),
    )

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, db_index=False, related_name="+")
    key_digest = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Read by the sweep that removes records of yesterday.
            models.Index(fields=["created_at"], name="idempotency_age"),
        ]
        constraints = [
            models.UniqueConstraint(name="idempotency_once_per_key", fields=["api_key", "key_digest"]),
        ]

    def __str__(self) -> str:
        return f"Idempotency record {self.pk}"
