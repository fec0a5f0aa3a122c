"""Proforma invoices and their lines."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from nextgenerp.core.documents.models import QUANTITY, Document, DocumentLine, amount
from nextgenerp.core.scope import Scope
from nextgenerp.database.fields import OwnerKey
from sales.models.quotations import REASON, Quotation
from sales.models.statuses import ProformaInvoiceStatus


class ProformaInvoice(Document):
    """A demand for payment before the goods; ``settled`` is what was received on it, TDS included, less reversals."""

    scope = Scope("Proforma Invoices", owners=("owner_id", "created_by_id"))

    status = models.ForeignKey(
        ProformaInvoiceStatus, models.RESTRICT, db_index=False, related_name="documents"
    )
    status_reason = models.CharField(max_length=REASON, blank=True, editable=False)
    quotation = models.ForeignKey(
        Quotation,
        models.RESTRICT,
        null=True,
        db_index=False,
        editable=False,
        related_name="proforma_invoices",
    )
    due_date = models.DateField(null=True, blank=True)
    settled = amount(editable=False)

    @property
    def balance(self) -> Decimal:
        """What is still to be received."""
        return self.payable - self.settled

    class Meta(Document.Meta):
        db_table = "proforma_invoice"
        indexes = [
            *Document.Meta.indexes,
            models.Index(
                fields=["status", "date", "id"],
                include=["payable", "settled"],  # the dashboard's figures, from it alone
                name="proformainvoice_status_date",
            ),
            models.Index(fields=["due_date", "id"], name="proformainvoice_due_date"),
            models.Index(
                fields=["quotation"], name="proformainvoice_quotation", condition=Q(quotation__isnull=False)
            ),
        ]
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(settled__gte=0, settled__lte=F("payable")), name="proformainvoice_settled",
                violation_error_message="No more than the balance can be received.",
                violation_error_code="over_payment",
            ),
        ]  # fmt: skip


class ProformaInvoiceLine(DocumentLine):
    """A line, and how much of it went to orders made of the proforma invoice."""

    document = OwnerKey(ProformaInvoice, models.CASCADE, related_name="lines")
    ordered_quantity = models.DecimalField(**QUANTITY, default=0, editable=False)

    @property
    def remaining_quantity(self) -> Decimal:
        """What can still be ordered."""
        return self.quantity - self.ordered_quantity

    class Meta(DocumentLine.Meta):
        db_table = "proforma_invoice_line"
        constraints = [
            *DocumentLine.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ordered_quantity__gte=0, ordered_quantity__lte=F("quantity")),
                name="proformainvoiceline_taken",
                violation_error_message="No more than is on the proforma invoice can be ordered.",
                violation_error_code="quantity_exceeds_remaining",
            ),
        ]
