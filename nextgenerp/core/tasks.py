"""Work that happens after its transaction: services defer it, the worker runs it in the right schema.

``after_commit`` writes an outbox row in the caller's transaction; django-q2 is only the clock that wakes the worker.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.tasks import async_task
from django_tenants.utils import get_tenant_model

from nextgenerp.core.tenancy import PUBLIC, tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.database.models import DeferredTask

LEASE_SECONDS = 300
CLAIM = """
    UPDATE public.deferred_task
    SET claim = %s, attempts = attempts + 1, due_at = now() + make_interval(secs => %s)
    WHERE id = (
        SELECT id FROM public.deferred_task WHERE failed_at IS NULL AND due_at <= now()
        ORDER BY due_at FOR UPDATE SKIP LOCKED LIMIT 1
    )
    RETURNING id
"""
logger = structlog.get_logger(__name__)


class UnknownTenant(Exception):
    """A task names a schema that is not an active tenant's; it fails and never runs elsewhere."""


def after_commit(function: str, *arguments: Any, due_at: datetime | None = None, max_attempts: int = 8) -> None:
    """Run ``function`` (a dotted path) with JSON arguments in the current schema, once this transaction commits.

    The function must be safe to run again. A failure is tried again with a growing delay, ``max_attempts`` times.
    """
    DeferredTask.objects.create(
        schema_name=connection.schema_name,
        function=function,
        arguments=list(arguments),
        due_at=due_at or timezone.now(),
        max_attempts=max_attempts,
    )
    if due_at is None:
        transaction.on_commit(wake)


def wake() -> None:
    """Let the worker look at the outbox now; should this be lost, the schedule does it within a minute."""
    async_task("nextgenerp.core.tasks.run_due")


def run_due(limit: int = 100) -> int:
    """Run due tasks one by one, at most ``limit``; returns how many. The worker's entry point."""
    for done in range(limit):
        if not run_one():
            return done
    wake()
    return limit


def run_one() -> bool:
    """Claim one due task and run it; False when none is due."""
    claim = new_id()
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [claim, LEASE_SECONDS])
        row = cursor.fetchone()
    if row is None:
        return False
    task = DeferredTask.objects.get(id=row[0])
    try:
        run_in_schema(task)
    except Exception as error:
        give_back(task, claim, error)
    else:
        DeferredTask.objects.filter(id=task.id, claim=claim).delete()
    return True


def run_in_schema(task: DeferredTask) -> None:
    """Call a task's function in its schema. Raises UnknownTenant, and whatever the function raises."""
    function = import_string(task.function)
    if task.schema_name == PUBLIC:
        function(*task.arguments)
        return
    tenant = active_tenant(task.schema_name)
    with tenant_context(tenant):
        function(*task.arguments)


def active_tenant(schema_name: str) -> Any:
    """The active tenant of a schema. Raises UnknownTenant."""
    tenant = get_tenant_model().objects.filter(schema_name=schema_name, status="active").first()
    if tenant is None:
        raise UnknownTenant(schema_name)
    return tenant


def give_back(task: DeferredTask, claim: Any, error: Exception) -> None:
    """Make a failed task due again later, or let it rest after its last try; either is logged."""
    final = task.attempts >= task.max_attempts or isinstance(error, UnknownTenant)
    delay = timedelta(seconds=min(3600, 5 * 2**task.attempts))
    now = timezone.now()
    DeferredTask.objects.filter(id=task.id, claim=claim).update(
        due_at=now + delay, claim=None, failed_at=now if final else None, error=repr(error)[:2000]
    )
    logger.exception("task_failed", function=task.function, schema=task.schema_name, final=final)
