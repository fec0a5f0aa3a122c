"""The settings of the tests: the same as everywhere, only cheaper passwords and no rate limits in the way.

``script/test`` sets the environment they are read from.
"""

import os

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
