"""Work that happens after its transaction: services defer it, the worker runs it in the right schema.

``after_commit`` writes an outbox row in the caller's transaction; django-q2 is only the clock that wakes the
worker.
"""

import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.tasks import async_task
from django_tenants.utils import get_tenant_model

from nextgenerp.core.tenancy import PUBLIC, current_schema, leave_tenant, tenant_context
from nextgenerp.database.ids import new_id
from nextgenerp.database.models import DeferredTask, WorkerHeartbeat

# django-q2 ends whatever runs longer than its timeout, so a lease that ran out has no live holder. run_due
# begins no task after RUN_SECONDS: each has at least the other half of the timeout for itself.
LEASE_SECONDS = settings.WORKER_TIMEOUT + 30
RUN_SECONDS = settings.WORKER_TIMEOUT / 2
BEAT_SECONDS = 180  # a worker not seen for so long is dead; the schedule wakes it every minute
CLAIM = """
    UPDATE public.deferred_task
    SET claim = %s, holder = pg_backend_pid(), attempts = attempts + 1,
        due_at = statement_timestamp() + make_interval(secs => %s)
    WHERE id = (
        SELECT id FROM public.deferred_task WHERE failed_at IS NULL AND due_at <= statement_timestamp()
        ORDER BY urgent DESC, due_at FOR UPDATE SKIP LOCKED LIMIT 1
    )
    RETURNING *
"""
# A session behind a pooler outlives its worker; then the lease decides.
TAKE_BACK = """
    UPDATE public.deferred_task SET due_at = statement_timestamp()
    WHERE claim IS NOT NULL AND failed_at IS NULL AND due_at > statement_timestamp()
      AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = holder)
"""
logger = structlog.get_logger(__name__)


class UnknownTenant(Exception):
    """A task names a schema that is not an active tenant's; it fails and never runs elsewhere."""


class SchemaNotReady(Exception):
    """A tenant's last migration failed; its tasks wait as failed ones do."""


class GiveUp(Exception):
    """Raised by a task that another try cannot help."""


class WorkerLost(Exception):
    """The worker died, or was ended at the time limit, during every try of a task."""


def after_commit(
    function: str,
    *arguments: Any,
    due_at: datetime | None = None,
    max_attempts: int = 8,
    urgent: bool = False,
    in_public: bool = False,
    on_failure: str = "",
) -> None:
    """Run ``function`` (a dotted path) with JSON arguments in the current schema, once this transaction
    commits.

    The function must be safe to run again: a failure is tried again with a growing delay, ``max_attempts``
    times, and so is a try whose worker died. After the last one ``on_failure`` (a dotted path) is called with
    the same arguments and the error. One try may take WORKER_TIMEOUT / 2 seconds.
    """
    DeferredTask.objects.create(
        schema_name=PUBLIC if in_public else current_schema(),
        function=function,
        arguments=list(arguments),
        due_at=due_at or Now(),  # by the database's clock, as it is claimed
        max_attempts=max_attempts,
        urgent=urgent,
        on_failure=on_failure,
    )
    # One wake a transaction is enough; a lost one costs a minute and must not fail what is committed.
    if due_at is None and not any(entry[1] is wake for entry in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


@transaction.atomic
def in_every_tenant(function: str) -> int:
    """Let ``function`` (a dotted path without arguments) run in the schema of every active tenant, a task each.

    A tenant where it still waits, or waits to be tried again, gets no second task. Returns how many were deferred.
    """
    waiting = DeferredTask.objects.filter(function=function, failed_at=None).values("schema_name")
    tenants = get_tenant_model().objects.filter(status="active", schema_ready=True)
    schemas = tenants.exclude(schema_name__in=waiting).values_list("schema_name", flat=True)
    made = [DeferredTask(schema_name=schema, function=function, due_at=Now()) for schema in schemas]
    DeferredTask.objects.bulk_create(made, batch_size=500)
    if made:
        transaction.on_commit(wake, robust=True)
    return len(made)


def wake() -> None:
    """Let the worker look at the outbox now; should this be lost, the schedule does it within a minute."""
    async_task("nextgenerp.core.tasks.run_due", save=False)


def run_due(limit: int = 1000) -> int:
    """Run due tasks one by one until none is left, ``limit`` were run or the time is up; returns how many.

    The worker's entry point.
    """
    beat()
    take_back()
    deadline = time.monotonic() + RUN_SECONDS
    done = 0
    while done < limit and time.monotonic() < deadline:
        if not run_one():
            return done
        done += 1
    wake()
    return done


def beat() -> None:
    """Note that a worker is alive."""
    WorkerHeartbeat.objects.bulk_create(
        [WorkerHeartbeat(name="worker", beat_at=timezone.now())],
        update_conflicts=True, unique_fields=["name"], update_fields=["beat_at"],
    )  # fmt: skip


def take_back() -> None:
    """Make due what dead workers held, without waiting for their leases."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK)


def worker_is_alive() -> bool:
    """Whether a worker was seen lately."""
    since = timezone.now() - timedelta(seconds=BEAT_SECONDS)
    return WorkerHeartbeat.objects.filter(beat_at__gte=since).exists()


def run_one() -> bool:
    """Claim one due task and run it; False when none is due."""
    claimed = list(DeferredTask.objects.raw(CLAIM, [new_id(), LEASE_SECONDS]))
    if not claimed:
        return False
    task = claimed[0]
    with structlog.contextvars.bound_contextvars(
        task=str(task.id), function=task.function, schema=task.schema_name
    ):
        try:
            if task.attempts > task.max_attempts:
                raise WorkerLost
            call_in_schema(task.schema_name, task.function, task.arguments)
        except Exception as error:
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()  # the error may be that it broke
            give_back(task, error)
        else:
            in_hand(task).delete()
    return True


def call_in_schema(schema_name: str, function: str, arguments: list[Any]) -> None:
    """Call a function in a schema. Raises UnknownTenant, SchemaNotReady, and whatever the function raises."""
    leave_tenant()
    if schema_name == PUBLIC:
        import_string(function)(*arguments)
        return
    with tenant_context(active_tenant(schema_name)):
        import_string(function)(*arguments)


def active_tenant(schema_name: str) -> Any:
    """The active tenant of a schema. Raises UnknownTenant, SchemaNotReady."""
    tenant = get_tenant_model().objects.filter(schema_name=schema_name, status="active").first()
    if tenant is None:
        raise UnknownTenant(schema_name)
    if not tenant.schema_ready:
        raise SchemaNotReady(schema_name)
    return tenant


def in_hand(task: DeferredTask) -> Any:
    """The task's row for as long as this worker's claim on it holds."""
    return DeferredTask.objects.filter(id=task.id, claim=task.claim)


def give_back(task: DeferredTask, error: Exception) -> None:
    """Make a failed task due again later, or let it rest after its last try; either is logged."""
    final = task.attempts >= task.max_attempts or isinstance(error, UnknownTenant | GiveUp)
    logger.error("task_failed", attempt=task.attempts, final=final, exc_info=error)
    if final:
        fail(task, error)
        return
    delay = timedelta(seconds=min(3600, 5 * 2**task.attempts))
    in_hand(task).update(due_at=timezone.now() + delay, claim=None, error=repr(error)[:2000])


def fail(task: DeferredTask, error: Exception) -> None:
    """Keep a task as failed and tell its ``on_failure``, both or neither; should that fail, log it."""
    failed = {"failed_at": timezone.now(), "claim": None, "error": repr(error)[:2000]}
    try:
        with transaction.atomic():
            if in_hand(task).update(**failed) and task.on_failure:
                call_in_schema(task.schema_name, task.on_failure, [*task.arguments, repr(error)[:2000]])
    except Exception:
        logger.exception("on_failure_failed")
        in_hand(task).update(**failed)
