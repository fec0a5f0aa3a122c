"""The product's settings with the bench's command and its one empty endpoint; production's in all else."""

import os

from nextgenerp.settings import *  # noqa: F403
from nextgenerp.settings import INSTALLED_APPS, SHARED_APPS, TENANT_APPS

ROOT_URLCONF = "bench.urls"
SHARED_APPS = [*SHARED_APPS, "bench"]
INSTALLED_APPS = [*INSTALLED_APPS, "bench"]
if os.environ.get("BENCH_PROBE"):  # the case migrate: one more app of tenants, with one migration
    TENANT_APPS = [*TENANT_APPS, "bench.probe"]
    INSTALLED_APPS = [*INSTALLED_APPS, "bench.probe"]
