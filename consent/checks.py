"""System checks of the consent app: what is wrong with its settings is said before anything runs."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Critical, Error, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connection
from django.utils.module_loading import import_string

from consent import journal
from consent.models import JournalMark
from consent.models.triggers import TRIGGERS
from consent.rules.opting_out import read_schedule
from crm.checks import missing_triggers

MIN_SECRET = 32
# The rule crm_number_never_changes lets no tombstone go before three years.
LEAST_PROOF_MONTHS = 36


@register(Tags.database)
def check_triggers(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The ledger is append-only and published notices stay, or nothing may be served."""
    return missing_triggers(TRIGGERS, databases, id="consent.E010")


@register(Tags.database)
def check_journal(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The database has every erasure that the journal has, and the journal every one that the database knows."""
    if DEFAULT_DB_ALIAS not in (databases or []):
        return []
    if JournalMark._meta.db_table not in connection.introspection.table_names():
        behind, lost = journal.has_committed(), False
    else:
        behind, lost = journal.is_behind(), journal.is_lost()
    found: list[CheckMessage] = []
    if behind:
        hint = "Run manage.py migrate, and then manage.py replay_erasures; nothing is served or sent until then."
        found.append(Critical("The database is older than the journal of erasures.", hint=hint, id="consent.E020"))
    if lost:
        hint = "Find JOURNAL_PATH, or its end; manage.py replay_erasures --accept-lost-journal goes on without it."
        found.append(Error("The journal of erasures is lost, or cut off.", hint=hint, id="consent.E021"))
    return found


@register()
def check_gateway(**kwargs: Any) -> list[CheckMessage]:
    """GATEWAY names a class that is there, and Twilio has what it needs."""
    if settings.GATEWAY.startswith("consent.gateways.twilio."):
        if find_spec("twilio") is None:
            return [Error("Twilio's SDK is not installed.", hint="Install the package twilio.", id="consent.E002")]
        names = ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"]
        return [Error(f"{name} is empty.", id="consent.E003") for name in names if not getattr(settings, name)]
    try:
        import_string(settings.GATEWAY)
    except ImportError:
        return [Error("GATEWAY names no class.", hint="As in consent.gateways.twilio.Twilio.", id="consent.E001")]
    return []


@register()
def check_webhook_secrets(**kwargs: Any) -> list[CheckMessage]:
    """WEBHOOK_SECRETS: "name:secret", each secret long enough that nobody guesses it."""
    pairs = [entry.partition(":")[::2] for entry in settings.WEBHOOK_SECRETS]
    if any(not name or len(secret) < MIN_SECRET for name, secret in pairs):
        hint = f'Each entry is "name:secret", and a secret has {MIN_SECRET} characters or more.'
        return [Error("WEBHOOK_SECRETS is malformed.", hint=hint, id="consent.E004")]
    return []


@register()
def check_proof_months(**kwargs: Any) -> list[CheckMessage]:
    """PROOF_MONTHS: no shorter than the database keeps the fingerprint of an erased number."""
    if settings.PROOF_MONTHS >= LEAST_PROOF_MONTHS:
        return []
    return [Error(f"PROOF_MONTHS must be {LEAST_PROOF_MONTHS} or more.", id="consent.E022")]


@register()
def check_stop_scopes(**kwargs: Any) -> list[CheckMessage]:
    """STOP_SCOPES: days and scopes that can be read."""
    try:
        read_schedule(settings.STOP_SCOPES)
    except ValueError:
        hint = 'Each entry is a day and "all" or "channel", as in 2027-01-31:all.'
        return [Error("STOP_SCOPES is malformed.", hint=hint, id="consent.E005")]
    return []


@register()
def check_amounts(**kwargs: Any) -> list[CheckMessage]:
    """Limits and periods must be positive."""
    names = ["CHALLENGES_PER_LINE_HOUR", "CHALLENGES_PER_LINE_DAY", "CHALLENGES_PER_PLACE_HOUR", "UNANSWERED_DAYS"]
    names += ["PREFERENCE_LINK_DAYS", "KIOSK_IDLE_SECONDS", "KIOSK_SHIFT_HOURS"]
    names += ["PURGE_WORKERS", "CLOCK_JUMP_HOURS", "OVERDUE_HOURS", "PROOF_MONTHS", "REVEALS_PER_HOUR", "REVEALS_ALERT"]
    return [Error(f"{name} must be positive.", id="consent.E006") for name in names if getattr(settings, name) <= 0]


@register()
def check_brake(**kwargs: Any) -> list[CheckMessage]:
    """PURGE_BRAKE_PERCENT is a share, PURGE_BRAKE_POINTS a number; NIGHTLY_HOUR an hour of the day."""
    ranges = {"PURGE_BRAKE_PERCENT": range(101), "PURGE_BRAKE_POINTS": range(2**31), "NIGHTLY_HOUR": range(24)}
    return [
        Error(f"{name} must be from {allowed[0]} to {allowed[-1]}.", id="consent.E007")
        for name, allowed in ranges.items()
        if getattr(settings, name) not in allowed
    ]


@register(Tags.security, deploy=True)
def check_mail(**kwargs: Any) -> list[CheckMessage]:
    """Alerts reach the officers by e-mail, or nobody but who reads the log."""
    if not settings.EMAIL_BACKEND.endswith((".console.EmailBackend", ".dummy.EmailBackend")):
        return []
    hint = "Set EMAIL_URL, as in smtp://user:password@mail.example.com:587."
    return [Warning("Alerts of the nightly work go to the log alone.", hint=hint, id="consent.W002")]


@register(Tags.security, deploy=True)
def check_proof(**kwargs: Any) -> list[CheckMessage]:
    """What bears witness against the database stands elsewhere: not in its folder, nor where uploads are cleared."""
    data = settings.DATA_DIR
    inside = [name for name in ("JOURNAL_PATH", "SEALS_PATH") if getattr(settings, name).is_relative_to(data)]
    hint = "Name a file on storage that is not restored together with the database."
    return [Warning(f"{name} lies in DATA_DIR.", hint=hint, id="consent.W003") for name in inside]


@register(Tags.security, deploy=True)
def check_public_url(**kwargs: Any) -> list[CheckMessage]:
    """Links in texts, and the signatures of webhooks, rest on the address at which people reach us."""
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    hint = "Set PUBLIC_URL to the address from outside, as in https://consent.example.com."
    return [Warning("PUBLIC_URL is not an https address.", hint=hint, id="consent.W001")]
