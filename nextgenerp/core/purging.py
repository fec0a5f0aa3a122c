"""What the worker removes by the clock: answers to keyed requests after a day, failed tasks after a month."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.db import DatabaseError
from django.utils import timezone
from django_tenants.utils import get_tenant_model

from nextgenerp.core.models import IdempotencyRecord
from nextgenerp.core.tenancy import tenant_context
from nextgenerp.database.models import DeferredTask

IDEMPOTENCY_HOURS = 24
FAILED_TASK_DAYS = 30
logger = structlog.get_logger(__name__)


def in_every_tenant(function: Callable[[], int]) -> int:
    """Add up what a function returns in each tenant's schema, going on past those that fail."""
    total = 0
    for tenant in ready_tenants():
        try:
            with tenant_context(tenant):
                total += function()
        except DatabaseError as error:
            logger.warning("tenant_skipped", schema=tenant.schema_name, exc_info=error)
    return total


def ready_tenants() -> list[Any]:
    """Every tenant whose schema is in order, suspended ones too."""
    return list(get_tenant_model().objects.filter(schema_ready=True).order_by("schema_name"))


def purge_idempotency_records() -> int:
    """Remove what may no longer be replayed, in every tenant; returns how many."""
    return in_every_tenant(purge_idempotency_records_here)


def purge_idempotency_records_here() -> int:
    before = timezone.now() - timedelta(hours=IDEMPOTENCY_HOURS)
    return IdempotencyRecord.objects.filter(created_at__lt=before).delete()[0]


def purge_failed_tasks() -> int:
    """Remove tasks that failed for good a month ago; returns how many."""
    before = timezone.now() - timedelta(days=FAILED_TASK_DAYS)
    return DeferredTask.objects.filter(failed_at__lt=before).delete()[0]
