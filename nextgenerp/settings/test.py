"""The settings of the tests: the same as everywhere, only cheaper passwords and no rate limits in the way."""

import os

from cryptography.fernet import Fernet

os.environ.setdefault("ENVIRONMENT", "development")
os.environ.setdefault("SECRET_KEY", "test-secret-key-of-at-least-thirty-two-characters")
os.environ.setdefault("JWT_SIGNING_KEY", "test-jwt-signing-key-of-at-least-thirty-two-characters")
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", Fernet.generate_key().decode())

from nextgenerp.settings import *  # noqa: F403
from nextgenerp.settings import DATABASES, VAR_DIR

PASSWORD_HASHERS = ["nextgenerp.testing.passwords.CheapArgon2"]
RATE_LIMITS = {"address": 10**9, "auth": 10**9, "seat": 10**9}
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
VAR_DIR = VAR_DIR / "test" / os.environ.get("PYTEST_XDIST_WORKER", "main")
MAIL_DIR = VAR_DIR / "mail"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(VAR_DIR / "files")},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SPARE_SCHEMAS = 0
# Configured, and nobody listens there: tests that need Google bring a stand-in of their own.
GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET = "demo-client.example", "demo-google-client-secret"
GOOGLE_AUTHORIZE_URL = GOOGLE_TOKEN_URL = GOOGLE_KEYS_URL = "http://127.0.0.1:9/"  # noqa: S105
DATABASES["default"]["TEST"] = {"NAME": "test_nextgenerp" + os.environ.get("TEST_DATABASE_SUFFIX", "")}
