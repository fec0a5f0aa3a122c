"""Every setting of the product, read from the environment; README has the table of variables."""

from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import Env

from nextgenerp.database.url import database_settings

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = env.str("ENVIRONMENT", "production")
if ENVIRONMENT not in {"development", "production"}:
    raise ImproperlyConfigured("ENVIRONMENT must be development or production.")
DEVELOPMENT = ENVIRONMENT == "development"
DEBUG = False
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))

# --- secrets: production has no defaults and refuses those generated for development -------------------------
DEVELOPMENT_SECRET_PREFIX = "development-"  # noqa: S105 - a marker, not a secret
SECRET_KEY = env.str("SECRET_KEY")
JWT_SIGNING_KEY = env.str("JWT_SIGNING_KEY")
JWT_PREVIOUS_SIGNING_KEY = env.str("JWT_PREVIOUS_SIGNING_KEY", "")
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS")
if not DEVELOPMENT:
    for _name in ("SECRET_KEY", "JWT_SIGNING_KEY"):
        if globals()[_name].startswith(DEVELOPMENT_SECRET_PREFIX) or len(globals()[_name]) < 32:
            raise ImproperlyConfigured(f"{_name} must be a secret of at least 32 characters of your own.")
    if SECRET_KEY == JWT_SIGNING_KEY:
        raise ImproperlyConfigured("SECRET_KEY and JWT_SIGNING_KEY must differ.")

# --- addresses -----------------------------------------------------------------------------------------------
BASE_URL = env.str("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
FRONTEND_URL = env.str("FRONTEND_URL", BASE_URL).rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"] if DEVELOPMENT else [])
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", [])
CORS_EXPOSE_HEADERS = [
    "ETag", "Location", "X-Request-ID", "Idempotency-Replayed", "RateLimit", "RateLimit-Policy",
    "Retry-After", "Content-Disposition",
]  # fmt: skip
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "if-match",
    "idempotency-key",
    "x-request-id",
]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [])
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
PROBLEM_TYPE_BASE = "https://nextgenerp.example/problems/"

# --- apps: a model is either shared (schema public) or a tenant's ---------------------------------------------
SHARED_APPS = [
    "django_tenants",
    "nextgenerp.database",
    "nextgenerp.mail",
    "accounts",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "django_q",
    "rest_framework",
    "django_filters",
    "corsheaders",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "nextgenerp.overview",
]
TENANT_APPS = ["nextgenerp.core", "crm", "inventory", "finance", "sales"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]
AUTH_USER_MODEL = "accounts.User"
TENANT_MODEL = "accounts.Tenant"
SEAT_MODEL = "accounts.Membership"
TENANT_LIMIT_SET_CALLS = True
TENANT_TEMPLATE_SCHEMA = "tenant_template"
SPARE_SCHEMAS = env.int("SPARE_SCHEMAS", 3)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database ------------------------------------------------------------------------------------------------
# Requests may wait 5 s for a statement and 2 s for a lock; workers and commands longer (reliability.md, Faults).
STATEMENT_TIMEOUT_MS = env.int("STATEMENT_TIMEOUT_MS", 60_000)
DATABASES = {"default": database_settings(env.str("DATABASE_URL"), statement_timeout_ms=STATEMENT_TIMEOUT_MS)}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]

MIDDLEWARE = [
    "nextgenerp.core.middleware.RequestMiddleware",
    "accounts.cors.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "nextgenerp.urls"
WSGI_APPLICATION = "nextgenerp.wsgi.application"
APPEND_SLASH = False
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
            ]
        },
    }
]

# --- sign-in -------------------------------------------------------------------------------------------------
PASSWORD_HASHERS = ["accounts.passwords.BoundedArgon2"]
PASSWORD_HASHES_AT_ONCE = env.int("PASSWORD_HASHES_AT_ONCE", 2)  # in one process; each takes 46 MB
AUTHENTICATION_BACKENDS = ["accounts.console.SessionBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Super-admins need a second factor; only development may do without.
SUPER_ADMIN_TOTP = env.bool("SUPER_ADMIN_TOTP", not DEVELOPMENT)
if not SUPER_ADMIN_TOTP and not DEVELOPMENT:
    raise ImproperlyConfigured("SUPER_ADMIN_TOTP cannot be switched off in production.")
OTP_TOTP_ISSUER = "NextGenERP"
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "ISSUER": "nextgenerp",
    "AUDIENCE": "nextgenerp-api",
    "USER_ID_CLAIM": "sub",
    "UPDATE_LAST_LOGIN": False,
}
REFRESH_TOKEN_LIFETIME = timedelta(days=30)
GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", "")
GOOGLE_CLIENT_SECRET = env.str("GOOGLE_CLIENT_SECRET", "")
GOOGLE_AUTHORIZE_URL = "https://accounts.google.com/o/oauth2/v2/auth"
GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
GOOGLE_KEYS_URL = "https://www.googleapis.com/oauth2/v3/certs"
if DEVELOPMENT:  # may talk to a stand-in; whoever sets these addresses decides who signs in
    GOOGLE_AUTHORIZE_URL = env.str("GOOGLE_AUTHORIZE_URL", GOOGLE_AUTHORIZE_URL)
    GOOGLE_TOKEN_URL = env.str("GOOGLE_TOKEN_URL", GOOGLE_TOKEN_URL)
    GOOGLE_KEYS_URL = env.str("GOOGLE_KEYS_URL", GOOGLE_KEYS_URL)
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds
# What django-allauth's own forms would ask for; none of them is served, its checks want it said.
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
UNFOLD = {
    "SITE_TITLE": "NextGenERP console",
    "SITE_HEADER": "NextGenERP",
    "SITE_SUBHEADER": "Super-admin console",
    "LOGIN": {"form": "accounts.console.SignInForm"},
}

# --- the API -------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.SeatAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["nextgenerp.core.api.permissions.DeclaredAccess"],
    "DEFAULT_PARSER_CLASSES": ["nextgenerp.core.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["nextgenerp.core.api.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "nextgenerp.core.api.renderers.OneFormat",
    "DEFAULT_SCHEMA_CLASS": "nextgenerp.core.api.openapi.DeclaredSchema",
    "DEFAULT_FILTER_BACKENDS": [],
    "EXCEPTION_HANDLER": "nextgenerp.core.api.problems.problem_response",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "NextGenERP",
    "VERSION": "1",
    "DESCRIPTION": "Multi-tenant ERP and CRM for Indian small and mid-sized businesses.",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SCHEMA_COERCE_PATH_PK_SUFFIX": True,
    "POSTPROCESSING_HOOKS": ["nextgenerp.core.api.openapi.finish_schema"],
    "PREPROCESSING_HOOKS": ["nextgenerp.core.api.openapi.public_endpoints"],
}
# Requests a minute: by address before authentication, by seat after it.
RATE_LIMITS = {
    "address": env.int("RATE_LIMIT_ADDRESS", 6000),
    "auth": env.int("RATE_LIMIT_AUTH", 60),
    "seat": env.int("RATE_LIMIT_SEAT", 3000),
}
MAX_JSON_BYTES = 1_000_000
MAX_UPLOAD_BYTES = 25_000_000
MAX_IMPORT_BYTES = 300_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

# --- cache, worker -------------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    # Rate limits are counted here, so it must hold more than Django's 300 entries.
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
}
WORKER_TIMEOUT = 180  # seconds for one call of the worker; a deferred task may take half of it
Q_CLUSTER = {
    "name": "nextgenerp",
    "workers": env.int("WORKER_PROCESSES", 2),
    "timeout": WORKER_TIMEOUT,
    "retry": WORKER_TIMEOUT + 60,
    "max_attempts": 1,  # nextgenerp.database.DeferredTask counts the tries; django-q2 only wakes it
    "ack_failures": True,
    "save_limit": 100,
    "poll": 0.5,
    "catch_up": False,
    "label": "Task queue",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

# What the worker does by the clock: a dotted name and every how many minutes. Put into the database by
# migrate_tenants.
SCHEDULE = {
    "run_due": ("nextgenerp.core.tasks.run_due", 1),  # what a lost wake left behind, leases that ran out
    "fill_spares": ("nextgenerp.core.provisioning.fill_spares", 1),
    "gather_statistics": ("nextgenerp.overview.statistics.gather_everywhere", 1),
    "purge_mails": ("nextgenerp.mail.tasks.purge_old", 60),
    "purge_idempotency_records": ("nextgenerp.core.purging.purge_idempotency_records", 60),
    "tend_imports": ("nextgenerp.core.imports.tending.tend_imports", 60),
    "purge_failed_tasks": ("nextgenerp.core.purging.purge_failed_tasks", 24 * 60),
    "purge_accounts": ("accounts.tasks.purge_expired", 60),
    "keep_sales_dates": ("sales.tasks.keep_dates_everywhere", 30),
}

# --- mail ----------------------------------------------------------------------------------------------------
MAIL_FROM = env.str("MAIL_FROM", "NextGenERP <no-reply@nextgenerp.example>")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
MAIL_DIR = VAR_DIR / "mail"
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    "nextgenerp.mail.backends.EmlFileBackend"
    if DEVELOPMENT
    else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", EMAIL_PORT == 465)
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", EMAIL_PORT == 587)
EMAIL_TIMEOUT = 20
# Mails of a kind that one tenant may cause in a day of theirs: nobody's spam relay.
MAIL_DAILY_CAPS = {"invite": env.int("MAIL_CAP_INVITE", 200), "document": env.int("MAIL_CAP_DOCUMENT", 500)}
ANYMAIL = env.json("ANYMAIL", {})

# --- files ---------------------------------------------------------------------------------------------------
STORAGES = {
    "default": {
        "BACKEND": env.str("FILE_STORAGE", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("FILE_STORAGE_OPTIONS", {}) or {"location": str(VAR_DIR / "files")},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = DEVELOPMENT
WHITENOISE_AUTOREFRESH = False

# --- language, time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# --- security headers ----------------------------------------------------------------------------------------
SECURE_SSL = env.bool("SECURE_SSL", BASE_URL.startswith("https://"))
SECURE_SSL_REDIRECT = SECURE_SSL
SECURE_REDIRECT_EXEMPT = [r"^health", r"^metrics"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- logs, metrics -------------------------------------------------------------------------------------------
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "nextgenerp.core.logs.configure"
LOGGING = {"level": LOG_LEVEL, "json": env.bool("LOG_JSON", not DEVELOPMENT)}
