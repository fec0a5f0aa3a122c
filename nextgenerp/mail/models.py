"""What the platform mails: templates, and the queue every mail waits in until it is sent."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from nextgenerp.core.models import Record
from nextgenerp.database.ids import new_id


class EmailTemplate(Record):
    """The texts of a kind of mail, by key.

    A system mail has a row whose texts count only while ``is_overridden``; without, the shipped ones do.
    """

    key = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, blank=True)
    body_html = models.TextField(blank=True)
    body_text = models.TextField(blank=True)
    variables = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    is_system = models.BooleanField(default=False, editable=False)
    is_overridden = models.BooleanField(default=False, editable=False)

    class Meta:
        db_table = "email_template"

    def __str__(self) -> str:
        return self.name


class QueuedEmail(models.Model):
    """One mail: rendered when it is asked for, sent after the commit, kept a while for the curious.

    ``schema_name`` is where it was caused, ``attachments`` the ids of stored files there. ``made_by`` and
    ``made_of`` are the function and its arguments that make further files there whenever the mail is sent: it returns
    ``(name, content, content type)`` of each. ``claim`` is the token of the delivery that has it in hand.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    template_key = models.CharField(max_length=60)
    schema_name = models.CharField(max_length=63)
    to = ArrayField(models.EmailField(max_length=254))
    cc = ArrayField(models.EmailField(max_length=254), default=list)
    reply_to = models.EmailField(max_length=254, blank=True)
    subject = models.CharField(max_length=250)
    body_text = models.TextField()
    body_html = models.TextField(blank=True)
    attachments = ArrayField(models.UUIDField(), default=list)
    made_by = models.CharField(max_length=200, blank=True)
    made_of = models.JSONField(default=list)
    message_id = models.CharField(max_length=320, unique=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    claim = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "queued_email"
        indexes = [
            models.Index(fields=["created_at", "id"], name="queued_email_created"),
            models.Index(
                fields=["status", "created_at"], name="queued_email_open", condition=~Q(status="sent")
            ),
            models.Index(fields=["sent_at"], name="queued_email_sent", condition=Q(status="sent")),
            models.Index(fields=["schema_name", "template_key", "created_at"], name="queued_email_cap"),
        ]

    def __str__(self) -> str:
        return self.subject
