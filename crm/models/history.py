"""Who changed what, when, why and from where: the history table of a model, and the origin of each of its rows.

A history row cannot be written without an origin: outside `attributed_to` saving a model with history raises.
So there is no change without an author, in a request, a task or a command alike.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from crm.models.privacy import Privacy

if TYPE_CHECKING:
    from crm.models.import_batch import ImportBatch
    from crm.models.source import Source


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `name` says in what capacity ("staff", "nightly job"); `user_id` which account, if any."""

    name: str
    user_id: int | None = None

    @classmethod
    def staff(cls, user: User) -> "Actor":
        """Return the actor for a signed-in member of staff."""
        return cls("staff", user.pk)

    @classmethod
    def command(cls, name: str) -> "Actor":
        """Return the actor for a management command, such as "purge"."""
        return cls(f"command {name}")


NIGHTLY = Actor("nightly job")
PERSON = Actor("person")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change comes from: who, when (aware), why, and by which source, batch and way in."""

    actor: Actor
    at: datetime
    reason: str
    source: "Source | None" = None
    batch: "ImportBatch | None" = None
    channel: str = ""

    def columns(self) -> dict[str, Any]:
        """Return what a history row says of this origin, by the fields of the history table."""
        return {
            "history_user": self.actor.user_id,
            "history_date": self.at,
            "history_change_reason": self.reason,
            "history_actor": self.actor.name,
            "history_source": self.source and self.source.pk,
            "history_batch": self.batch and self.batch.pk,
            "history_channel": self.channel,
        }


class NoOrigin(RuntimeError):
    """A model with history was saved outside `attributed_to`."""


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


@contextmanager
def attributed_to(origin: Origin) -> Iterator[None]:
    """Give every history row that is written inside the block this origin; blocks nest, the inner one counts."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def _require_origin(sender: type[models.Model], **kwargs: Any) -> Origin:
    origin = _origin.get()
    if origin is None:
        raise NoOrigin(f"{sender._meta.label} was changed without saying who, why and from where")
    return origin


class HistoryRow(models.Model):
    """What every history row carries beside the values: its author's capacity and where the change came from."""

    privacy = Privacy(
        reference=frozenset(
            {"history_id", "history_date", "history_type", "history_user", "history_actor"}
            | {"history_source", "history_batch", "history_channel"}
        ),
        personal={"history_change_reason": ""},
    )

    history_actor = models.CharField(_("acting as"), max_length=60)
    history_source = models.ForeignKey(
        "crm.Source",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("source"),
    )
    history_batch = models.ForeignKey(
        "crm.ImportBatch",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("import batch"),
    )
    history_channel = models.CharField(_("way in"), max_length=30, blank=True)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row with the origin in force. Raises NoOrigin when there is none."""
        origin = _require_origin(type(self))
        for name, value in origin.columns().items():
            field: Any = self._meta.get_field(name)
            setattr(self, field.attname, value)
        super().save(*args, **kwargs)


class History(HistoricalRecords):
    """simple-history with lean indexes: the key, and (object, date) for its page and for as-of questions.

    The stock table copies every index of the model, which doubled the cost of an import and of a sweep. indexes: more
    of them, each for a reader that it names.
    """

    def __init__(self, *indexes: models.Index) -> None:
        self.more_indexes = indexes
        super().__init__(
            bases=(HistoryRow,),
            history_id_field=models.BigAutoField(),
            history_change_reason_field=models.TextField(blank=True, default=""),
        )

    def finalize(self, sender: type[models.Model], **kwargs: Any) -> None:
        super().finalize(sender, **kwargs)
        if sender is self.cls:
            # The history row comes after the row itself: without a transaction that one would already stand.
            models.signals.pre_save.connect(_require_origin, sender=sender)

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        fields: dict[str, Any] = super().copy_fields(model)
        for field in fields.values():
            field.db_index = False
        return fields

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        options: dict[str, Any] = super().get_meta_options(model)
        # Read by the history page, by as_of and by erasure.
        name = f"{model._meta.db_table}_hist"[:30]
        options["indexes"] = [
            models.Index(fields=[model._meta.pk.name, "history_date"], name=name),
            *self.more_indexes,
        ]
        # Bulk helpers go round `save`: what they write must say who acted all the same.
        options["constraints"] = [
            models.CheckConstraint(
                name=f"{model._meta.db_table}_history_has_an_author", condition=~models.Q(history_actor="")
            )
        ]
        return options

    def _get_history_user_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super()._get_history_user_fields()
        fields["history_user"] = models.ForeignKey(
            User, null=True, related_name="+", on_delete=models.PROTECT, db_index=False
        )
        return fields

    def get_history_user(self, instance: models.Model) -> None:
        """The account is set from the origin when the row is saved, never guessed from a request."""
        return
