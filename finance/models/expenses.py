"""What the business spends: entered by anybody, approved by somebody else."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q

from nextgenerp.core.documents.models import AMOUNT, PERCENT, PaymentMethod
from nextgenerp.core.models import Record
from nextgenerp.core.scope import Scope
from nextgenerp.core.search import KEY_LENGTH, name_key, search_text


class Expense(Record):
    """Money spent. ``amount`` is what was paid, with the GST in it; ``gst_amount`` is that GST.

    ``derive`` computes ``category_key``, ``vendor_key`` and ``search_text``; ``receipt_id`` is a stored file.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        PAID = "paid"

    scope = Scope("Finance", owners=("created_by_id",))

    number = models.CharField(max_length=20, editable=False)
    date = models.DateField()
    category = models.CharField(max_length=60)
    amount = models.DecimalField(**AMOUNT)
    gst_rate = models.DecimalField(**PERCENT, default=0)
    gst_amount = models.DecimalField(**AMOUNT, default=0)
    vendor_name = models.CharField(max_length=200, blank=True)
    vendor_gstin = models.CharField(max_length=15, blank=True)
    payment_method = models.CharField(max_length=13, choices=PaymentMethod.choices, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    receipt_id = models.UUIDField(null=True, editable=False)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    notes = models.TextField(max_length=5000, blank=True)
    created_by_id = models.UUIDField(null=True, editable=False)
    category_key = models.CharField(max_length=KEY_LENGTH, editable=False, db_collation="C")
    vendor_key = models.CharField(max_length=KEY_LENGTH, editable=False, db_collation="C")
    search_text = models.TextField(editable=False)

    class Meta:
        db_table = "expense"
        indexes = [
            models.Index(fields=["date", "id"], name="expense_date"),
            models.Index(fields=["created_at", "id"], name="expense_created"),
            models.Index(fields=["amount", "id"], name="expense_amount"),
            models.Index(fields=["vendor_key", "id"], name="expense_vendor"),
            models.Index(fields=["status", "date", "id"], name="expense_status_date"),
            models.Index(fields=["category_key", "date", "id"], name="expense_category_date"),
            models.Index(fields=["created_by_id", "date", "id"], name="expense_created_by"),
            GinIndex(OpClass(F("search_text"), "gin_trgm_ops"), name="expense_search"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="expense_number_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="expense_amount_positive"),
            models.CheckConstraint(condition=Q(gst_rate__gte=0, gst_rate__lte=100), name="expense_gst_rate"),
            models.CheckConstraint(
                condition=Q(gst_amount__gte=0, gst_amount__lte=F("amount")), name="expense_gst_amount"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "approved", "rejected", "paid"]), name="expense_status"
            ),
            models.CheckConstraint(
                condition=Q(
                    payment_method__in=["", "cash", "upi", "bank_transfer", "cheque", "card", "other"]
                ),
                name="expense_payment_method",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def derive(self) -> None:
        """Compute the derived columns; whoever writes an expense calls this before."""
        self.category_key, self.vendor_key = name_key(self.category), name_key(self.vendor_name)
        self.search_text = search_text(
            self.number, self.vendor_name, self.category, self.reference, self.vendor_gstin
        )
