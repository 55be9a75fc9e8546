"""Every setting of Ringfence, read from the environment; `crm/checks.py` and `consent/checks.py` check them.

ENV_FILE may name a file of NAME=value lines; what stands in the real environment wins over it.
"""

from pathlib import Path

import environ
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if env_file := env.str("ENV_FILE", default=""):
    env.read_env(env_file)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
# Keys of before: what was signed with them, and the second factors they keep secret, stay good.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Fingerprint keys as "id:hex", the current one first. They stand outside the database, so that a copy of
# the database alone cannot be turned back into numbers; older ones stay while a row was keyed with them.
FINGERPRINT_KEYS = env.list("FINGERPRINT_KEYS", default=[])

# Where staged uploads, the embedded database and the embedded broker live. Private to the service's user.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
STAGING_DIR = DATA_DIR / "staging"
STAGED_HOURS = env.int("STAGED_HOURS", default=24)
# A large upload waits there too, and not in the system's temporary folder.
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "crm.imports.receiving.StagingUploadHandler",
]
LOG_FILE = env.str("LOG_FILE", default="")
# Outside the database and its backups, on storage that every process shares: what was erased, to be erased again
# after a restore; and the seals of the ledger, by which whoever changed the database cannot change them too.
JOURNAL_PATH = Path(env.str("JOURNAL_PATH", default=str(DATA_DIR / "proof" / "erasures.jsonl")))
SEALS_PATH = Path(env.str("SEALS_PATH", default=str(DATA_DIR / "proof" / "seals.jsonl")))

IMPORT_CHUNK_ROWS = env.int("IMPORT_CHUNK_ROWS", default=5000)
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=50 * 1024 * 1024)
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=1_000_000)
IMPORT_MAX_COLUMNS = env.int("IMPORT_MAX_COLUMNS", default=500)
IMPORT_MAX_CELL = env.int("IMPORT_MAX_CELL", default=10_000)
# Of all parts of a workbook together, and of one part as a multiple of what it takes in the file.
IMPORT_MAX_UNPACKED_BYTES = env.int("IMPORT_MAX_UNPACKED_BYTES", default=1024 * 1024 * 1024)
IMPORT_MAX_RATIO = env.int("IMPORT_MAX_RATIO", default=200)
# A file is read in a process of its own, which may take this much memory, and this long for the next rows.
IMPORT_MEMORY_BYTES = env.int("IMPORT_MEMORY_BYTES", default=300 * 1024 * 1024)
IMPORT_STALL_SECONDS = env.int("IMPORT_STALL_SECONDS", default=10)
PURGE_CHUNK_POINTS = env.int("PURGE_CHUNK_POINTS", default=5000)
# How many workers share a run, each a part of the points.
PURGE_WORKERS = env.int("PURGE_WORKERS", default=1)
# A run that would erase more than this share (percent) of the points held, and more than this many of them, waits for
# a second person; so does one after a clock that has jumped by more hours than this since the last run.
PURGE_BRAKE_PERCENT = env.int("PURGE_BRAKE_PERCENT", default=10)
PURGE_BRAKE_POINTS = env.int("PURGE_BRAKE_POINTS", default=100)
CLOCK_JUMP_HOURS = env.int("CLOCK_JUMP_HOURS", default=48)
# Whoever keeps watch is told when anything due is older than this.
OVERDUE_HOURS = env.int("OVERDUE_HOURS", default=48)
# So many contacts can be chosen for one bulk act: each is a row, and takes a worker a few hundredths of a second.
BULK_ACT_MOST = env.int("BULK_ACT_MOST", default=100_000)
# How long the sealed proof of an erased point is kept after its last use (UWG 7a(2); 16 CFR 310.5).
PROOF_MONTHS = env.int("PROOF_MONTHS", default=60)
# A run that died gives its lease back after this long; a living one renews it with every chunk.
PURGE_LEASE_SECONDS = env.int("PURGE_LEASE_SECONDS", default=300)

# Who sends: named in every text message and on every hosted page, with where a person may ask for help.
ORGANISATION = env.str("ORGANISATION", default="Ringfence")
HELP_CONTACT = env.str("HELP_CONTACT", default="")
# How people reach this service from outside, as in https://consent.example.com: links in text messages begin so,
# and the signature of a webhook is over it.
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")

# Who carries text messages: the dotted path of a class in consent.gateways, or of one of your own.
GATEWAY = env.str("GATEWAY", default="consent.gateways.console.Console")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.str("TWILIO_FROM", default="")
# Secrets of other providers' webhooks as "name:secret"; the name stands in the address.
WEBHOOK_SECRETS = env.list("WEBHOOK_SECRETS", default=[])
# What a bare STOP ends, from which day (UTC) on, as "2027-01-31:all": "all", or "channel" for text messages only.
STOP_SCOPES = env.list("STOP_SCOPES", default=["2020-01-01:all"])

# Double opt-in: how many texts that ask for a yes go to one line in an hour and in a day, and from one collection
# point in an hour; a flood of made-up numbers ends there.
CHALLENGES_PER_LINE_HOUR = env.int("CHALLENGES_PER_LINE_HOUR", default=3)
CHALLENGES_PER_LINE_DAY = env.int("CHALLENGES_PER_LINE_DAY", default=6)
CHALLENGES_PER_PLACE_HOUR = env.int("CHALLENGES_PER_PLACE_HOUR", default=1000)
# A request that nobody has answered ends after this long, and with it the ground to hold the number.
UNANSWERED_DAYS = env.int("UNANSWERED_DAYS", default=7)
PREFERENCE_LINK_DAYS = env.int("PREFERENCE_LINK_DAYS", default=90)
# A till that nobody touches goes back to its empty form, and asks for its key again after a shift.
KIOSK_IDLE_SECONDS = env.int("KIOSK_IDLE_SECONDS", default=60)
KIOSK_SHIFT_HOURS = env.int("KIOSK_SHIFT_HOURS", default=12)

# How often one account may search for a number in an hour: without a limit a masked one could be guessed.
SEARCHES_PER_HOUR = env.int("SEARCHES_PER_HOUR", default=300)
# How many full numbers one account may look at in an hour; and at how many whoever answers for compliance hears of it.
REVEALS_PER_HOUR = env.int("REVEALS_PER_HOUR", default=30)
REVEALS_ALERT = env.int("REVEALS_ALERT", default=20)

# Alerts go to the compliance officers who have an e-mail address; without EMAIL_URL, to the log alone.
globals().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ringfence@localhost")

INSTALLED_APPS = [
    # unfold's templates must be found before admin's
    "unfold",
    "unfold.contrib.forms",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "simple_history",
    "import_export",
    "phonenumber_field",
    "csp",
    "ninja",
    "crm",
    "consent",
]

MIDDLEWARE = [
    # Before anything else: a restored database is not even to be asked who is signed in.
    "consent.middleware.RefuseWhileBehind",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    # Within the one before, which writes the policy that this one names.
    "crm.middleware.SecureHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "crm.moments.UsersTimeZone",
]

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
ASGI_APPLICATION = "crm.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "crm.theme.around_sign_in",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'ringfence.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # All three together end "database is locked"; secure_delete overwrites what a purge frees.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What all processes must know together: how often somebody failed to sign in, which codes were used. In a table of the
# database unless CACHE_URL names a Redis.
CACHES = {"default": env.cache_url("CACHE_URL", default="dbcache://crm_cacheentry")}
# Under a key of ours: what is counted by is an address, or whatever somebody typed for a name.
CACHES["default"]["KEY_FUNCTION"] = "crm.signing_in.counting.cache_key"
if CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
    CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 100_000}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Staff sign in with a password and, where they have set one up, a second factor: an authenticator app or a passkey, and
# never a text message. Nobody signs up, and no account is asked for an e-mail address.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
# How long a second factor that was shown is fresh: whoever erases, exports or changes a policy must have shown one.
SECOND_FACTOR_MINUTES = env.int("SECOND_FACTOR_MINUTES", default=10)
# Which of these acts a second person has to approve: the names stand in crm.models.Approval.Kind.
SECOND_PERSON = env.list("SECOND_PERSON", default=[])
ACCOUNT_ADAPTER = "crm.signing_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_REAUTHENTICATION_TIMEOUT = SECOND_FACTOR_MINUTES * 60
# Attempts by the address they come from, and by the account they are at.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reauthenticate": "10/m/user"}
MFA_ADAPTER = "crm.signing_in.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = ORGANISATION
# A code of the half minute before or after counts too: clocks differ.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("de", _("German")), ("fr", _("French")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "crm" / "locale", BASE_DIR / "consent" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
WHITENOISE_USE_FINDERS = True

# Behind HTTPS everywhere but on a developer's own machine.
HTTPS = env.bool("HTTPS", default=True)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", default=12 * 3600)
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies add to X-Forwarded-For: attempts to sign in are counted by the address in front of them.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXY_COUNT", default=1 if BEHIND_PROXY else 0)
# A browser shows passkeys over HTTPS alone, or to localhost.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Everything that the public sees comes from this server alone; who may frame a hosted form, its own page says.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}
# What staff see. The theme's Alpine evaluates expressions, and the theme writes its colours into the page; no script
# stands in a page, and nothing comes from elsewhere.
STAFF_CONTENT_SECURITY_POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "object-src": ["'none'"],
    "frame-ancestors": ["'none'"],
}

PHONENUMBER_DB_FORMAT = "E164"
PHONENUMBER_DEFAULT_FORMAT = "E164"
# The history indexes of ours are stated in crm/models/history.py; simple-history adds none of its own.
SIMPLE_HISTORY_DATE_INDEX = False
SIMPLE_HISTORY_REVERT_DISABLED = True
SIMPLE_HISTORY_ENFORCE_HISTORY_MODEL_PERMISSIONS = True
SIMPLE_HISTORY_FILEFIELD_TO_CHARFIELD = True
# Nothing is imported or exported through the stock screens: staged imports have a model and rights of their own.
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"

BROKER_DIR = DATA_DIR / "broker"
CELERY_BROKER_URL = env.str("BROKER_URL", default="filesystem://localhost//")
if CELERY_BROKER_URL.startswith("filesystem"):
    # Both folders are the same one: what a producer puts out is what a worker takes in.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR),
        "data_folder_out": str(BROKER_DIR),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.05,
        "store_processed": False,
    }
else:
    # Whoever hands a job over does not wait for a broker to come back: the rows wait, and the sweep takes them up.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
NIGHTLY_HOUR = env.int("NIGHTLY_HOUR", default=2)
CELERY_BEAT_SCHEDULE = {
    "purge-nightly": {"task": "consent.tasks.purge", "schedule": crontab(hour=NIGHTLY_HOUR, minute=0)},
    # What could not be locked, or was erased meanwhile, is taken up an hour later.
    "clean-residue": {
        "task": "crm.tasks.clean_residue",
        "schedule": crontab(hour=",".join(str((NIGHTLY_HOUR + hours) % 24) for hours in range(4)), minute=30),
    },
    "seal-ledger": {"task": "consent.tasks.seal_ledger", "schedule": 3600.0},
    "watch-retention": {"task": "consent.tasks.watch_retention", "schedule": 3600.0},
    "take-up-purges": {"task": "consent.tasks.take_up_purges", "schedule": 60.0},
    "take-up-imports": {"task": "consent.tasks.take_up_imports", "schedule": 60.0},
    "take-up-bulk-acts": {"task": "consent.tasks.take_up_bulk_acts", "schedule": 60.0},
    "take-up-messages": {"task": "consent.tasks.take_up_messages", "schedule": 20.0},
    "take-up-checks": {"task": "consent.tasks.take_up_checks", "schedule": 60.0},
    "count-figures": {"task": "consent.tasks.count_figures", "schedule": 3600.0},
    "clear-idempotency-records": {"task": "consent.tasks.clear_idempotency_records", "schedule": 3600.0},
    "close-approvals": {"task": "crm.tasks.close_approvals", "schedule": 3600.0},
    "clear-staged-files": {"task": "crm.tasks.clear_staged_files", "schedule": 3600.0},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # The last line of defence: no number leaves in a log line, whoever wrote it.
    "filters": {"mask_numbers": {"()": "crm.logs.MaskNumbers"}},
    "formatters": {
        "line": {
            "()": "crm.logs.MaskingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["mask_numbers"]},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # It names the letters of each certificate, and so of the person's name.
        "fontTools": {"level": "WARNING"},
        "twilio": {"level": "WARNING"},
    },
}
if LOG_FILE:
    LOGGING["handlers"]["file"] = {  # type: ignore[index]
        "class": "logging.handlers.WatchedFileHandler",
        "filename": LOG_FILE,
        "formatter": "line",
        "filters": ["mask_numbers"],
    }
    LOGGING["root"]["handlers"].append("file")  # type: ignore[index]

UNFOLD = {
    "SITE_TITLE": "Ringfence",
    "SITE_HEADER": "Ringfence",
    "SITE_SYMBOL": "verified_user",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "crm.theme.icon"}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_URL": None,
    "ACCOUNT": {"navigation": "crm.admin.navigation.own_account"},
    "COMMAND": {"show_history": False},
    "SCRIPTS": [
        "crm.theme.numbers_script",
        "crm.theme.zone_script",
        "crm.theme.reachable_script",
        "crm.theme.unsaved_script",
    ],
    "STYLES": ["crm.theme.style", "crm.theme.desk_style", "crm.theme.page_style"],
    # Each shade that text is written in, on white and on the dark ground alike, has a contrast of 4.5 to 1 and more.
    "COLORS": {
        "primary": {
            "50": "#eff6ff",
            "100": "#dbeafe",
            "200": "#bfdbfe",
            "300": "#93c5fd",
            "400": "#60a5fa",
            "500": "#3b82f6",
            "600": "#2563eb",
            "700": "#1d4ed8",
            "800": "#1e40af",
            "900": "#1e3a8a",
            "950": "#172554",
        },
    },
    "DASHBOARD_CALLBACK": "consent.admin.dashboard.callback",
    "SIDEBAR": {"show_search": True, "navigation": "crm.admin.navigation.navigation"},
}
