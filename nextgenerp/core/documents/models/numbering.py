"""How documents are numbered, and the register of the numbers given out."""

from django.db import models
from django.db.models import F, Q

from nextgenerp.core.documents.models.types import DocumentType
from nextgenerp.core.models import Record
from nextgenerp.database.ids import new_id


class NumberingSeries(Record):
    """How the numbers of a document type look and when they begin again at 1."""

    class ResetPolicy(models.TextChoices):
        FINANCIAL_YEAR = "financial_year"
        CALENDAR_YEAR = "calendar_year"
        MONTHLY = "monthly"
        NEVER = "never"

    document_type = models.CharField(max_length=20, choices=DocumentType.choices, unique=True)
    prefix = models.CharField(max_length=10, blank=True)
    format = models.CharField(max_length=40, default="{PREFIX}/{FY}/{SEQ}")
    padding = models.PositiveSmallIntegerField(default=4)
    reset_policy = models.CharField(
        max_length=14, choices=ResetPolicy.choices, default=ResetPolicy.FINANCIAL_YEAR
    )

    class Meta:
        db_table = "numbering_series"
        ordering = ["document_type"]
        constraints = [
            models.CheckConstraint(condition=Q(padding__range=(1, 10)), name="numbering_series_padding")
        ]


class NumberingPeriod(models.Model):
    """The counter of a series in one period (``2026-27``, ``2026``, ``2026-11`` or empty); rises only.

    ``skipped`` counts the numbers never given out because the counter was raised past them, so that
    ``next_number - 1 - skipped`` is the number of lines in the register.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(NumberingSeries, models.RESTRICT, related_name="periods")
    period = models.CharField(max_length=7, blank=True)
    next_number = models.PositiveBigIntegerField(default=1)
    skipped = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "numbering_period"
        constraints = [
            models.UniqueConstraint(fields=["series", "period"], name="numbering_period_once"),
            models.CheckConstraint(condition=Q(next_number__gt=F("skipped")), name="numbering_period_counts"),
        ]


class IssuedNumber(models.Model):
    """A line of a series' register: a number, and the document that has it or had it."""

    class Status(models.TextChoices):
        USED = "used"
        VOID = "void"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(NumberingSeries, models.RESTRICT, db_index=False, related_name="register")
    period = models.CharField(max_length=7, blank=True)
    sequence = models.PositiveBigIntegerField()
    number = models.CharField(max_length=60)
    document_id = models.UUIDField()
    status = models.CharField(max_length=4, choices=Status.choices, default=Status.USED)
    issued_at = models.DateTimeField(auto_now_add=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "issued_number"
        constraints = [
            models.UniqueConstraint(fields=["series", "period", "sequence"], name="issued_number_sequence"),
            models.UniqueConstraint(
                fields=["series", "number"], name="issued_number_once",
                violation_error_message="The series made this number before: change its format or next number.",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["document_id"], name="issued_number_document")]
