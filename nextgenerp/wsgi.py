"""The WSGI application of the web servers; a route without a declared permission stops it from starting."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from nextgenerp.core.metrics_folder import shared_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nextgenerp.settings")
os.environ.setdefault("STATEMENT_TIMEOUT_MS", "5000")  # a request waits no longer than this for a statement
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", shared_folder(settings.VAR_DIR / "metrics"))

application = get_wsgi_application()

from django.urls import get_resolver  # noqa: E402 - after the set-up above

get_resolver().url_patterns  # noqa: B018 - loads every view now, not at the first request
