"""Tables every tenant has, whatever its apps, and the base of every business record."""

from django.db import models
from django.db.models import F, Q

from nextgenerp.database.ids import new_id


class Record(models.Model):
    """A business record: UUIDv7 id, the instants it was made and changed, and the version its ETag shows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True


class HistoryEntry(models.Model):
    """One change of one record: who, what, before and after. Append-only by privilege: nobody may UPDATE or DELETE.

    ``changes`` maps a field's API name to ``[before, after]``; ``seat_id`` is None for the platform itself.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    record_type = models.CharField(max_length=40)
    record_id = models.UUIDField()
    action = models.CharField(max_length=40)
    changes = models.JSONField(default=dict)
    seat_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    import_id = models.UUIDField(null=True)
    impersonated = models.BooleanField(default=False)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "history"
        indexes = [
            models.Index(fields=["record_id", "-id"], name="history_record"),
            models.Index(
                fields=["import_id", "id"], name="history_import", condition=Q(import_id__isnull=False)
            ),
        ]


class UsageCounter(models.Model):
    """How many of a limited resource exist (``used``) and how many were ever numbered (``issued``)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=40, unique=True)
    used = models.BigIntegerField(default=0)
    issued = models.BigIntegerField(default=0)

    class Meta:
        db_table = "usage_counter"
        constraints = [
            models.CheckConstraint(condition=models.Q(used__gte=0), name="usage_counter_not_negative")
        ]


class IdempotencyRecord(models.Model):
    """The first answer to a keyed request, replayed for 24 hours."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user_id = models.UUIDField()
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "idempotency_record"
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="idempotency_record_key")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_record_created")]


class StoredFile(models.Model):
    """A private file of a record, served at /files/:id to those who may see the record.

    ``record_type`` is a model's ``app_label.ModelName`` with a ``scope``, or ``seat`` for an avatar.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    record_type = models.CharField(max_length=40)
    record_id = models.UUIDField()
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=300, unique=True)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    seat_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "stored_file"
        indexes = [models.Index(fields=["record_id"], name="stored_file_record")]


class Import(models.Model):
    """One import of a file or of rows: what was asked, by whom, how far it is, what came of it.

    ``resource`` is the dotted path of an ImportResource. ``position`` holds who asked (``by``), the
    source as it was looked through (``source``) and where the next batch begins (``next``); it changes with the
    counters in the transaction of each batch. ``removed`` and ``kept`` count what an undo did.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETED = "completed"
        FAILED = "failed"
        UNDOING = "undoing"
        UNDONE = "undone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resource = models.CharField(max_length=100)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    file_name = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    position = models.JSONField(default=dict)
    total = models.PositiveIntegerField(default=0)
    processed = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    blank = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    error = models.JSONField(null=True)
    seat_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import"
        constraints = [
            models.CheckConstraint(
                condition=Q(processed=F("created") + F("updated") + F("skipped") + F("failed") + F("blank")),
                name="import_every_row_counted",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running"]) | Q(processed=F("total")),
                name="import_finished_is_complete",
            ),
        ]


class ImportFailure(models.Model):
    """A row of an import that was refused: its cells as they were, and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="failures")
    row = models.PositiveIntegerField()
    cells = models.JSONField()
    errors = models.JSONField()

    class Meta:
        db_table = "import_failure"
        constraints = [models.UniqueConstraint(fields=["batch", "row"], name="import_failure_row")]


class ImportKey(models.Model):
    """What a dry run would have created, by e-mail or phone: how it finds a row's duplicates in earlier batches."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="keys")
    key = models.CharField(max_length=300)
    record_id = models.UUIDField()

    class Meta:
        db_table = "import_key"
        constraints = [models.UniqueConstraint(fields=["batch", "key"], name="import_key_once")]


# The kernel's tables of documents are written where documents are; Django finds them through here.
from nextgenerp.core.documents.models import (  # noqa: E402, F401
    BankAccount,
    CompanyProfile,
    GstRate,
    IssuedNumber,
    NumberingPeriod,
    NumberingSeries,
    TermsTemplate,
)
