"""The form that people are shown at a collection point: what stands on it, what they made of it, and the proof of that.

No session and no cookie stands behind it: what was shown goes along with the form, signed, and comes back with it. So
what is recorded are the words that were on the screen, also where a newer wording was published meanwhile.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import signing
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import capture, ledger, places
from consent.models import CollectionPoint, Notice
from consent.rules.jurisdictions import consent_age
from consent.rules.lines import Channel
from consent.rules.times import require_aware
from crm import faults
from crm.intake import Number, Rejected, Row
from crm.models import Actor
from crm.rows import read

# For how long a form that was shown may be sent.
VALID = timedelta(hours=24)
# No number is longer, however it is written.
_LONGEST = 100
_SALT = "consent.forms.shown"
_LABELS = {Channel.SMS: gettext_lazy("Yes, by text message"), Channel.CALL: gettext_lazy("Yes, by phone call")}
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Box:
    """A box to tick: a purpose over a channel, in the words of a notice."""

    notice: Notice
    channel: Channel

    @property
    def name(self) -> str:
        """The name of its field, and the id of its element."""
        return f"agree-{self.notice.pk}-{self.channel}"

    @property
    def label(self) -> str:
        """What stands beside it, in the language in force."""
        return str(_LABELS[self.channel])


@dataclass(frozen=True, slots=True)
class Item:
    """A wording, and a box for each channel that it asks for."""

    notice: Notice
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it is shown: what is asked, what is told, and the age that is asked for, in years, if any."""

    place: CollectionPoint
    language: str
    asked: tuple[Item, ...]
    told: tuple[Notice, ...]
    age: int | None
    shown_at: datetime

    @property
    def boxes(self) -> list[Box]:
        """All its boxes, in the order of the page."""
        return [box for item in self.asked for box in item.boxes]

    @property
    def age_label(self) -> str:
        """What stands beside the box for the age, in the language in force."""
        return _("I am at least %(age)s years old.") % {"age": self.age}

    @property
    def signed(self) -> str:
        """What goes along with the form and says what was shown; it holds nothing of the visitor."""
        return signing.dumps(
            {
                "place": self.place.pk,
                "language": self.language,
                "asked": [[item.notice.pk, [box.channel.value for box in item.boxes]] for item in self.asked],
                "told": [notice.pk for notice in self.told],
                "age": self.age,
                "at": self.shown_at.isoformat(),
            },
            salt=_SALT,
        )


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as somebody filled it in; its repr shows nothing of it. ticked: the names of boxes."""

    sheet: Sheet = field(repr=False)
    region: str = ""
    number: str = field(default="", repr=False)
    ticked: frozenset[str] = frozenset()
    is_old_enough: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a form, in the language in force, and the id of the element where it can be mended."""

    element: str
    text: str


class Stale(ValueError):
    """What came with the form does not say what was shown: it is too old, not ours, or of another place."""


class Unusable(ValueError):
    """The form cannot be taken as it is, and nothing was stored; `problems` say why.

    filled: as it is to be shown again; None where what it asks for may no longer be asked, and it is laid out anew.
    """

    def __init__(self, problems: Iterable[Problem], *, filled: Filled | None) -> None:
        super().__init__("the form cannot be taken")
        self.problems, self.filled = list(problems), filled


def lay_out(place: CollectionPoint, *, language: str, region: str, at: datetime) -> Sheet:
    """Return the form of a collection point in a language, as shown at `at` (aware). No box of it is ticked.

    region: where the visitor probably is; it decides from which age on people agree by themselves (GDPR 8(1)).
    """
    asked = places.asked(place, language=language)
    return Sheet(
        place,
        language,
        tuple(_item(each.notice, each.channels) for each in asked if each.optional),
        tuple(each.notice for each in asked if not each.optional),
        consent_age(region) if place.asks_age else None,
        require_aware(at, name="at"),
    )


def as_shown(signed: str, *, place: CollectionPoint, at: datetime) -> Sheet:
    """Return the form that was shown, from what came back with it at `at` (aware). Raises Stale."""
    try:
        said: dict[str, Any] = signing.loads(signed, salt=_SALT)
    except signing.BadSignature as error:
        raise Stale("not signed by us") from error
    shown_at = datetime.fromisoformat(said["at"])
    if said["place"] != place.pk or require_aware(at, name="at") - shown_at > VALID:
        raise Stale("of another place, or too old")
    ids = [pk for pk, _channels in said["asked"]] + said["told"]
    notices = Notice.objects.select_related("purpose").in_bulk(ids)
    if len(notices) < len(ids):
        raise Stale("a wording is gone")
    return Sheet(
        place,
        said["language"],
        tuple(_item(notices[pk], [Channel(name) for name in names]) for pk, names in said["asked"]),
        tuple(notices[pk] for pk in said["told"]),
        said["age"],
        shown_at,
    )


def fill_in(sheet: Sheet, said: Mapping[str, str], *, region: str) -> Filled:
    """Return a form as it was sent. Only what is ticked counts; region: by which the number is read."""
    return Filled(
        sheet,
        region,
        said.get("phone", "")[:_LONGEST],
        frozenset(box.name for box in sheet.boxes if box.name in said),
        "age" in said,
    )


def without_ticks(sheet: Sheet, said: Mapping[str, str], *, region: str) -> Filled:
    """Return a form that must be shown anew, with the number as it was typed: no box is ticked for anybody."""
    return Filled(sheet, region, said.get("phone", "")[:_LONGEST])


def send(filled: Filled, *, page: str, proof: ledger.Proof, actor: Actor, at: datetime) -> capture.Captured:
    """Record at `at` (aware) what a form says, with the proof of what was shown. Raises Unusable, in words.

    page: of which kind the page was. proof: where it came from; what was shown is added to it.
    """
    filled, problems = _checked(filled, at=at)
    if problems:
        raise Unusable(problems, filled=filled)
    sheet = filled.sheet
    with translation.override(sheet.language):
        shown = _shown(filled, page=page, at=at)
    try:
        return capture.capture(
            place=sheet.place,
            number=filled.number,
            region=filled.region,
            choices=[
                capture.Choice(box.notice.purpose, box.channel, box.notice, box.name in filled.ticked)
                for box in sheet.boxes
            ],
            language=sheet.language,
            at=at,
            actor=actor,
            evidence=ledger.Proof(ip=proof.ip, user_agent=proof.user_agent, shown=shown),
            age_confirmed=filled.is_old_enough,
        )
    except Rejected as rejected:
        raise Unusable(_of_number(rejected), filled=filled) from None
    except (capture.NotAsked, capture.NoAge) as error:
        changed = Problem("agree", _("What we ask for has changed meanwhile. Please read it and choose again."))
        raise Unusable([changed], filled=None) from error


def _item(notice: Notice, channels: Iterable[Channel]) -> Item:
    return Item(notice, tuple(Box(notice, channel) for channel in channels))


def _checked(filled: Filled, *, at: datetime) -> tuple[Filled, list[Problem]]:
    """Return a form, and all that is wrong with it in itself, in the order of the page.

    Where the number's own country wants a higher age than the one that was shown, that age is asked for.
    """
    problems, sheet = [], filled.sheet
    try:
        row = read(Row(profile={}, numbers=[Number(filled.number)]), region=filled.region)
    except Rejected as rejected:
        problems += _of_number(rejected)
    else:
        age = max(consent_age(number.region) for number in row.numbers)
        if sheet.age and age > sheet.age:
            filled = replace(filled, sheet=replace(sheet, age=age, shown_at=at), is_old_enough=False)
    if not filled.ticked:
        nothing = _("You have agreed to nothing, so nothing was stored. Tick what you agree to, or leave this page.")
        problems.append(Problem("agree", nothing))
    if sheet.age and not filled.is_old_enough:
        problems.append(Problem("age", _("Please say that you are old enough to agree by yourself.")))
    return filled, problems


def _of_number(rejected: Rejected) -> list[Problem]:
    return [Problem("phone", faults.message(fault.code)) for fault in rejected.faults]


def _shown(filled: Filled, *, page: str, at: datetime) -> str:
    """Return the proof of what was shown and ticked, as canonical JSON; the number is not in it."""
    sheet = filled.sheet
    content = {
        "page": page,
        "place": sheet.place.slug,
        "language": sheet.language,
        "asked": [
            {**_wording(box.notice), "channel": box.channel, "box": box.label, "ticked": box.name in filled.ticked}
            for box in sheet.boxes
        ],
        "told": [_wording(notice) for notice in sheet.told],
        "age": {"box": sheet.age_label, "ticked": filled.is_old_enough} if sheet.age else None,
        "policy": sheet.place.policy_url,
        "shown_at": _instant(sheet.shown_at),
        "sent_at": _instant(at),
    }
    return _CANONICAL.encode(content)


def _wording(notice: Notice) -> dict[str, object]:
    return {"purpose": notice.purpose.slug, "notice": notice.pk, "version": notice.version, "text": notice.text}


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
