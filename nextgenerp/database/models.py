"""What the platform keeps in public about schemas, their figures and deferred work."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from nextgenerp.database.ids import new_id


class SchemaTemplate(models.Model):
    """The SQL that makes a tenant's schema, dumped after the template was migrated; one row."""

    id = models.UUIDField(primary_key=True, default=new_id)
    sql = models.TextField()
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "schema_template"


class SpareSchema(models.Model):
    """A schema that is ready, under its final name, for the next tenant."""

    id = models.UUIDField(primary_key=True, default=new_id)
    schema_name = models.CharField(max_length=63, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "spare_schema"


class SchemaMigration(models.Model):
    """The ledger of migrations: how the last run over a schema ended. A failed schema takes no requests."""

    id = models.UUIDField(primary_key=True, default=new_id)
    schema_name = models.CharField(max_length=63, unique=True)
    error = models.TextField(blank=True)
    migrated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "schema_migration"


class DeferredTask(models.Model):
    """Work that waits for its transaction to commit (the outbox): a function by name, arguments, a schema.

    A worker claims a due row for a lease, under a token of its own; ``holder`` is the process that serves its
    database session. When a worker dies that session ends, or the lease runs out, and another worker takes over.
    Done rows are deleted, failed ones stay. ``on_failure`` learns of the last failure.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    schema_name = models.CharField(max_length=63)
    function = models.CharField(max_length=200)
    arguments = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    urgent = models.BooleanField(default=False)  # runs before everything that is not
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=8)
    claim = models.UUIDField(null=True)
    holder = models.IntegerField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    on_failure = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "deferred_task"
        indexes = [
            models.Index(fields=["-urgent", "due_at"], name="deferred_task_next", condition=Q(failed_at=None))
        ]


class WorkerHeartbeat(models.Model):
    """When a worker last looked for due work; one row."""

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.CharField(max_length=40, unique=True)
    beat_at = models.DateTimeField()

    class Meta:
        db_table = "worker_heartbeat"


class TenantStatistics(models.Model):
    """What a tenant has, as the worker counted it in the tenant's schema at ``generated_at``."""

    id = models.UUIDField(primary_key=True, default=new_id)
    schema_name = models.CharField(max_length=63, unique=True)
    users = models.BigIntegerField(default=0)
    leads = models.BigIntegerField(default=0)
    customers = models.BigIntegerField(default=0)
    deals = models.BigIntegerField(default=0)
    quotations = models.BigIntegerField(default=0)
    sales_orders = models.BigIntegerField(default=0)
    revenue = models.DecimalField(max_digits=18, decimal_places=2, default=Decimal("0.00"))
    generated_at = models.DateTimeField()

    class Meta:
        db_table = "tenant_statistics"
