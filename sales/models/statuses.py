"""The statuses of the three sales documents, a family each: labels of the tenant's own over categories of ours."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from nextgenerp.core.models import Record

COLOR = r"^#[0-9A-Fa-f]{6}$"
COLOR_NEEDED = "A color is written #RRGGBB."
GREY = "#6B7280"


class QuotationCategory(models.TextChoices):
    """What a quotation's status means, whatever it is called."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CONVERTED = "converted"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class ProformaInvoiceCategory(models.TextChoices):
    """What a proforma invoice's status means, whatever it is called."""

    DRAFT = "draft"
    SENT = "sent"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    OVERDUE = "overdue"
    CANCELLED = "cancelled"


class SalesOrderCategory(models.TextChoices):
    """What a sales order's status means, whatever it is called."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in_progress"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class DocumentStatus(Record):
    """A label of a category. Logic reads the category; new documents get the default status, which is a draft's.

    A system status is the one the system itself puts documents in, one for each category.
    """

    name = models.CharField(max_length=60)
    color = models.CharField(max_length=7, default=GREY, validators=[RegexValidator(COLOR, COLOR_NEEDED)])
    order = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(default=False)
    is_system = models.BooleanField(default=False, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def constraints_of(family: str, categories: type[models.TextChoices]) -> list[models.BaseConstraint]:
    """The rules of a family of statuses, each under a name of its own."""
    return [
        models.UniqueConstraint(
            Lower("name"), name=f"{family}_name", violation_error_message="There is a status of this name."
        ),
        models.UniqueConstraint(
            fields=["is_default"], condition=Q(is_default=True), name=f"{family}_one_default",
            violation_error_message="There is one default status.",
        ),
        models.UniqueConstraint(
            fields=["category"], condition=Q(is_system=True), name=f"{family}_one_system",
            violation_error_message="The system has its status of this category.",
        ),
        models.CheckConstraint(
            condition=Q(is_default=False) | Q(category="draft"), name=f"{family}_default_draft",
            violation_error_message="New documents are drafts: the default status is of the category draft.",
        ),
        models.CheckConstraint(condition=Q(category__in=categories.values), name=f"{family}_category"),
        models.CheckConstraint(
            condition=Q(color__regex=COLOR), name=f"{family}_color", violation_error_message=COLOR_NEEDED
        ),
    ]  # fmt: skip


class QuotationStatus(DocumentStatus):
    """A status of quotations."""

    category = models.CharField(max_length=10, choices=QuotationCategory.choices)

    class Meta:
        db_table = "quotation_status"
        verbose_name_plural = "quotation statuses"
        ordering = ["order", "name"]
        constraints = constraints_of("quotation_status", QuotationCategory)


class ProformaInvoiceStatus(DocumentStatus):
    """A status of proforma invoices."""

    category = models.CharField(max_length=14, choices=ProformaInvoiceCategory.choices)

    class Meta:
        db_table = "proforma_invoice_status"
        verbose_name_plural = "proforma invoice statuses"
        ordering = ["order", "name"]
        constraints = constraints_of("proforma_invoice_status", ProformaInvoiceCategory)


class SalesOrderStatus(DocumentStatus):
    """A status of sales orders."""

    category = models.CharField(max_length=19, choices=SalesOrderCategory.choices)

    class Meta:
        db_table = "sales_order_status"
        verbose_name_plural = "sales order statuses"
        ordering = ["order", "name"]
        constraints = constraints_of("sales_order_status", SalesOrderCategory)
