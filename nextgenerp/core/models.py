"""Tables every tenant has, whatever its apps, and the base of every business record."""

from django.db import models

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
        indexes = [models.Index(fields=["record_id", "-id"], name="history_record")]


class UsageCounter(models.Model):
    """How many of a limited resource exist (``used``) and how many were ever numbered (``issued``)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=40, unique=True)
    used = models.BigIntegerField(default=0)
    issued = models.BigIntegerField(default=0)

    class Meta:
        db_table = "usage_counter"
        constraints = [models.CheckConstraint(condition=models.Q(used__gte=0), name="usage_counter_not_negative")]


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
    """One import of a file or of rows: what was asked, how far it is, what came of it.

    ``position`` is where the next slice begins; counters and position change in the transaction of each batch.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETED = "completed"
        FAILED = "failed"
        UNDONE = "undone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resource = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    file_name = models.CharField(max_length=200, blank=True)
    path = models.CharField(max_length=300, blank=True)
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
    error = models.JSONField(null=True)
    seat_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import"


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
