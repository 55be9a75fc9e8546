"""Settings for the tests: the project's own, with keys and folders that need no environment."""

import os
import tempfile
from pathlib import Path

if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="ringfence-tests-")
# A folder for each of the suite's workers: they stage files and run brokers side by side.
_folder = Path(os.environ["DATA_DIR"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
_folder.mkdir(parents=True, exist_ok=True)
os.environ["DATA_DIR"] = str(_folder)
os.environ.setdefault("SECRET_KEY", "only-for-tests-0123456789abcdef0123456789abcdef0123456789")
os.environ.setdefault("FINGERPRINT_KEYS", "test1:" + "5a" * 32)
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
os.environ.setdefault("HTTPS", "off")
os.environ.setdefault("PURGE_LEASE_SECONDS", "5")

from crm.settings import *  # noqa: E402, F403
from crm.settings import DATABASES, STATIC_ROOT  # noqa: E402

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # or whitenoise warns of it

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in production: an in-memory database has neither a write-ahead log nor a second process.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}
