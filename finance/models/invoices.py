"""Invoices and their lines."""

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from nextgenerp.core.documents.models import Document, DocumentLine, amount
from nextgenerp.core.scope import Scope
from nextgenerp.database.fields import OwnerKey

OPEN = ("sent", "partially_paid")


class Invoice(Document):
    """A tax invoice, or a bill of supply where the company has no GSTIN.

    ``settled`` is what was received on it and what was allocated to it of proforma invoices, TDS included, less
    reversals. An open one past its due date is shown as overdue (``shown_status``); nothing is stored for that.
    ``counted_in`` is the month (``2026-11``) whose limit it counts against. ``sales_order_id`` and
    ``proforma_invoice_id`` are documents of the app above.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        SENT = "sent"
        PARTIALLY_PAID = "partially_paid"
        PAID = "paid"
        CANCELLED = "cancelled"

    scope = Scope("Finance", owners=("owner_id", "created_by_id"))

    customer = models.ForeignKey("crm.Customer", models.RESTRICT, db_index=False, related_name="+")
    status = models.CharField(max_length=14, choices=Status.choices, default=Status.DRAFT, editable=False)
    due_date = models.DateField(null=True, blank=True)
    settled = amount(editable=False)
    cancel_reason = models.CharField(max_length=500, blank=True, editable=False)
    sales_order_id = models.UUIDField(null=True, editable=False)
    proforma_invoice_id = models.UUIDField(null=True, editable=False)
    counted_in = models.CharField(max_length=7, editable=False)

    class Meta(Document.Meta):
        db_table = "invoice"
        indexes = [
            *Document.Meta.indexes,
            models.Index(fields=["due_date", "id"], name="invoice_due_date"),
            models.Index(fields=["status", "date", "id"], name="invoice_status_date"),
            # What is owed, for the summary and for whoever asks what is overdue.
            models.Index(
                fields=["due_date"],
                include=["payable", "settled"],
                name="invoice_open",
                condition=Q(status__in=OPEN),
            ),
            # What was billed, for the summary: it reads these columns and no row.
            models.Index(
                fields=["date"],
                include=[
                    "taxable_value",
                    "exempt_value",
                    "payable",
                    "cgst",
                    "sgst",
                    "igst",
                    "cess",
                    "reverse_charge",
                ],
                name="invoice_billed",
                condition=~Q(status__in=["draft", "cancelled"]),
            ),
            models.Index(
                fields=["sales_order_id"],
                name="invoice_sales_order",
                condition=Q(sales_order_id__isnull=False),
            ),
            models.Index(
                fields=["proforma_invoice_id"],
                name="invoice_proforma",
                condition=Q(proforma_invoice_id__isnull=False),
            ),
        ]
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(settled__gte=0, settled__lte=F("payable")), name="invoice_settled",
                violation_error_message="No more than the balance can be received.",
                violation_error_code="over_payment",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled", "sent"], settled=0)
                | Q(status="partially_paid", settled__gt=0, settled__lt=F("payable"))
                | Q(status="paid", settled=F("payable")),
                name="invoice_status_settled",
            ),
            models.CheckConstraint(
                condition=Q(due_date=None) | Q(due_date__gte=F("date")), name="invoice_due_after_date",
                violation_error_message="An invoice is due on its date at the earliest.",
            ),
        ]  # fmt: skip

    @property
    def balance(self) -> Decimal:
        """What is still to be received."""
        return self.payable - self.settled

    @property
    def is_open(self) -> bool:
        """Whether something is still to be received on it."""
        return self.status in OPEN

    def shown_status(self, today: date) -> str:
        """The status as people see it."""
        return shown_status(self.status, self.due_date, today)


def shown_status(status: str, due_date: date | None, today: date) -> str:
    """A stored status as people see it: an open invoice past its due date is overdue."""
    overdue = status in OPEN and due_date is not None and due_date < today
    return "overdue" if overdue else str(status)


class InvoiceLine(DocumentLine):
    """A line; ``source_line_id`` is the line of the sales order it invoices."""

    document = OwnerKey(Invoice, models.CASCADE, related_name="lines")

    class Meta(DocumentLine.Meta):
        db_table = "invoice_line"
