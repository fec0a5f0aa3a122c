"""What is planned and was done about leads: calls, e-mails, meetings, messages, tasks, notes."""

from django.db import models
from django.db.models import Q

from crm.models.leads import Lead
from nextgenerp.core.models import Record


class LeadActivity(Record):
    """Something planned for a lead or done about it; it is seen by whoever sees the lead.

    ``reminder_at`` is when a mail reminds whoever it is assigned to, ``reminded_at`` when one did.
    """

    class Type(models.TextChoices):
        CALL = "call"
        EMAIL = "email", "E-mail"
        MEETING = "meeting"
        WHATSAPP = "whatsapp", "WhatsApp"
        TASK = "task"
        NOTE = "note"

    class Status(models.TextChoices):
        PLANNED = "planned"
        COMPLETED = "completed"
        CANCELLED = "cancelled"

    # Its own history stays; the lead's cannot be deleted over it by accident (an import that is taken back).
    lead = models.ForeignKey(Lead, models.RESTRICT, db_index=False, related_name="activities")
    type = models.CharField(max_length=8, choices=Type.choices)
    subject = models.CharField(max_length=200, blank=True)
    description = models.TextField(max_length=5000, blank=True)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    duration_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    assigned_to_id = models.UUIDField(null=True, blank=True)
    created_by_id = models.UUIDField(null=True, editable=False)
    reminder_minutes = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PLANNED)
    completed_at = models.DateTimeField(null=True, editable=False)
    outcome = models.TextField(max_length=5000, blank=True)
    reminder_at = models.DateTimeField(null=True, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "lead_activity"
        indexes = [
            models.Index(fields=["lead", "id"], name="lead_activity_lead"),
            models.Index(
                fields=["assigned_to_id", "scheduled_at"],
                name="lead_activity_open",
                condition=Q(status="planned"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(type__in=["call", "email", "meeting", "whatsapp", "task", "note"]),
                name="lead_activity_type",
            ),
            models.CheckConstraint(
                condition=Q(status="completed", completed_at__isnull=False)
                | Q(status__in=["planned", "cancelled"], completed_at=None),
                name="lead_activity_status",
            ),
            models.CheckConstraint(
                condition=Q(scheduled_at__isnull=False) | Q(type__in=["task", "note"]),
                name="lead_activity_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()}: {self.title}"

    @property
    def title(self) -> str:
        """The subject, or how the description begins."""
        return self.subject or self.description.partition("\n")[0][:200]


# The first completed one of these makes a lead a contacted one.
CONTACTS = (
    LeadActivity.Type.CALL,
    LeadActivity.Type.EMAIL,
    LeadActivity.Type.MEETING,
    LeadActivity.Type.WHATSAPP,
)
