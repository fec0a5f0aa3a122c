"""Money received: one ledger for invoices and proforma invoices, and what of it went from the latter to the former."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from finance.models.invoices import Invoice
from nextgenerp.core.documents.models import AMOUNT, PaymentMethod
from nextgenerp.core.scope import Scope
from nextgenerp.database.ids import new_id


class Receipt(models.Model):
    """Money received on one document, or the opposite of such an entry; written once and never changed.

    ``amount`` came in and ``tds_amount`` was withheld for the tax office: together they settle. A reversal has both
    below 0 and names what it ``reverses``. The bank account may be gone by now; ``owner_id`` is whose document it was.
    """

    scope = Scope("Finance", owners=("owner_id", "created_by_id"))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey("crm.Customer", models.RESTRICT, db_index=False, related_name="+")
    invoice = models.ForeignKey(Invoice, models.RESTRICT, null=True, db_index=False, related_name="receipts")
    proforma_invoice_id = models.UUIDField(null=True)
    amount = models.DecimalField(**AMOUNT)
    tds_amount = models.DecimalField(**AMOUNT, default=0)
    method = models.CharField(max_length=13, choices=PaymentMethod.choices)
    reference = models.CharField(max_length=100, blank=True)
    date = models.DateField()
    bank_account_id = models.UUIDField(null=True)
    notes = models.CharField(max_length=1000, blank=True)
    reverses = models.ForeignKey("self", models.RESTRICT, null=True, db_index=False, related_name="reversals")
    owner_id = models.UUIDField(null=True)
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "receipt"
        ordering = ["date", "id"]
        indexes = [
            models.Index(
                fields=["invoice", "date"], name="receipt_invoice", condition=Q(invoice__isnull=False)
            ),
            models.Index(
                fields=["proforma_invoice_id", "date"],
                name="receipt_proforma_invoice",
                condition=Q(proforma_invoice_id__isnull=False),
            ),
            models.Index(fields=["date"], include=["amount"], name="receipt_date"),
            models.Index(fields=["customer", "date"], name="receipt_customer"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, proforma_invoice_id=None)
                | Q(invoice=None, proforma_invoice_id__isnull=False),
                name="receipt_one_document",
            ),
            models.CheckConstraint(
                condition=Q(reverses=None, amount__gte=0, tds_amount__gte=0)
                | Q(reverses__isnull=False, amount__lte=0, tds_amount__lte=0),
                name="receipt_sign",
            ),
            models.CheckConstraint(condition=~Q(amount=0, tds_amount=0), name="receipt_of_something"),
            models.UniqueConstraint(
                fields=["reverses"], name="receipt_reversed_once",
                violation_error_message="This payment has been reversed.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.amount} of {self.date}"

    @property
    def settles(self) -> Decimal:
        """What it takes off the balance of its document."""
        return self.amount + self.tds_amount


class ReceiptAllocation(models.Model):
    """How much of a receipt on a proforma invoice settles an invoice of its order; gone when either is undone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    receipt = models.ForeignKey(Receipt, models.RESTRICT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, models.RESTRICT, related_name="allocations")
    amount = models.DecimalField(**AMOUNT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "receipt_allocation"
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_allocation_positive")]
