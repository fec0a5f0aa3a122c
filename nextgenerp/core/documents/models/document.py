"""The columns of documents and of their lines, and nothing else: what may happen to them is in services."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q

from nextgenerp.core.documents.models.settings import BankAccount, TaxRounding
from nextgenerp.core.documents.models.types import AMOUNT, PERCENT, PRICE, QUANTITY
from nextgenerp.core.models import Record
from nextgenerp.database.ids import new_id

ZERO = Decimal(0)


class TaxMode(models.TextChoices):
    """Whether prices are without GST or with it."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


class SupplyType(models.TextChoices):
    INTRA = "intra"
    INTER = "inter"
    EXPORT = "export"
    SEZ = "sez"


class ExportType(models.TextChoices):
    """Whether IGST is paid on an export or a supply to an SEZ, or it goes under a letter of undertaking."""

    WITH_PAYMENT = "with_payment"
    WITHOUT_PAYMENT = "without_payment"


class DiscountType(models.TextChoices):
    PERCENT = "percent"
    AMOUNT = "amount"


class TaxTreatment(models.TextChoices):
    TAXABLE = "taxable"
    NIL = "nil"
    EXEMPT = "exempt"
    NON_GST = "non_gst"
    ZERO_RATED = "zero_rated"


def amount(**options: Any) -> models.DecimalField:
    """A column of rupees."""
    return models.DecimalField(**AMOUNT, default=ZERO, **options)


class Document(Record):
    """The columns of a quotation, a proforma invoice, a sales order and an invoice.

    ``tax_rounding`` and ``charges_gst`` are the company's when it was computed last; the two summaries are kept as
    the API speaks them, so that a list needs no lines. ``snapshot`` is what is printed of others, copied when the
    document leaves draft: ``{company, customer, bankAccount, terms}``; None before.
    """

    number = models.CharField(max_length=60, editable=False)
    date = models.DateField()
    customer = models.ForeignKey(
        "crm.Customer", models.RESTRICT, null=True, blank=True, db_index=False, related_name="+"
    )
    billing_address = models.JSONField(default=dict, blank=True)
    shipping_address = models.JSONField(default=dict, blank=True)
    place_of_supply = models.CharField(max_length=2, blank=True)
    supply_type = models.CharField(max_length=6, choices=SupplyType.choices, default=SupplyType.INTRA)
    reverse_charge = models.BooleanField(default=False)
    export_type = models.CharField(max_length=15, choices=ExportType.choices, default=ExportType.WITH_PAYMENT)
    tax_mode = models.CharField(max_length=9, choices=TaxMode.choices, default=TaxMode.EXCLUSIVE)
    currency = models.CharField(max_length=3, default="INR")
    discount_type = models.CharField(max_length=7, choices=DiscountType.choices, default=DiscountType.PERCENT)
    discount_value = models.DecimalField(max_digits=15, decimal_places=3, default=ZERO)
    charges = models.JSONField(default=list, blank=True)  # [{label, amount, taxable}]
    rounds_off = models.BooleanField(default=True)
    notes = models.TextField(max_length=5000, blank=True)
    terms = models.TextField(max_length=8000, blank=True)
    bank_account = models.ForeignKey(
        BankAccount, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    reference_no = models.CharField(max_length=100, blank=True)
    owner_id = models.UUIDField(null=True, blank=True)
    created_by_id = models.UUIDField(null=True, editable=False)

    tax_rounding = models.CharField(
        max_length=11, choices=TaxRounding.choices, default=TaxRounding.PROGRESSIVE, editable=False
    )
    charges_gst = models.BooleanField(default=True, editable=False)
    sub_total = amount(editable=False)
    line_discount = amount(editable=False)
    document_discount = amount(editable=False)
    taxable_charges = amount(editable=False)
    taxable_value = amount(editable=False)
    exempt_value = amount(editable=False)
    cgst = amount(editable=False)
    sgst = amount(editable=False)
    igst = amount(editable=False)
    cess = amount(editable=False)
    other_charges = amount(editable=False)
    grand_total = amount(editable=False)
    round_off = amount(editable=False)
    payable = amount(editable=False)
    hsn_summary = models.JSONField(default=list, editable=False)
    tax_summary = models.JSONField(default=list, editable=False)
    snapshot = models.JSONField(null=True, editable=False)
    search_text = models.TextField(editable=False)  # the number and the reference, in normal form

    class Meta:
        abstract = True
        # For the sorts, the scopes and the search; other filters scan under them.
        indexes = [
            models.Index(fields=["date", "id"], name="%(class)s_date"),
            models.Index(fields=["payable", "id"], name="%(class)s_payable"),
            models.Index(fields=["created_at", "id"], name="%(class)s_created"),
            models.Index(fields=["customer", "date", "id"], name="%(class)s_customer"),
            models.Index(fields=["owner_id", "date", "id"], name="%(class)s_owner"),
            models.Index(fields=["created_by_id", "date", "id"], name="%(class)s_created_by"),
            GinIndex(OpClass(F("search_text"), "gin_trgm_ops"), name="%(class)s_search"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], name="%(class)s_number_once",
                violation_error_message="There is a document of this number.",
            ),
            models.CheckConstraint(condition=Q(payable__gte=0), name="%(class)s_payable_not_negative"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number


class DocumentLine(models.Model):
    """The columns of a line; the concrete one has ``document``, reached back by ``lines``, ordered by ``position``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    product = models.ForeignKey("inventory.Product", models.RESTRICT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=2000, blank=True)
    hsn_sac = models.CharField(max_length=8, blank=True)
    quantity = models.DecimalField(**QUANTITY)
    unit = models.CharField(max_length=20, blank=True)
    unit_price = models.DecimalField(**PRICE)
    discount_type = models.CharField(max_length=7, choices=DiscountType.choices, default=DiscountType.PERCENT)
    discount_value = models.DecimalField(max_digits=15, decimal_places=3, default=ZERO)
    gst_rate = models.DecimalField(**PERCENT, default=ZERO)
    cess_rate = models.DecimalField(**PERCENT, default=ZERO)
    tax_treatment = models.CharField(
        max_length=10, choices=TaxTreatment.choices, default=TaxTreatment.TAXABLE
    )
    source_line_id = models.UUIDField(null=True, blank=True)

    gross = amount(editable=False)
    discount_amount = amount(editable=False)
    document_discount = amount(editable=False)
    taxable_value = amount(editable=False)
    cgst = amount(editable=False)
    sgst = amount(editable=False)
    igst = amount(editable=False)
    cess = amount(editable=False)
    total = amount(editable=False)

    class Meta:
        abstract = True
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_price__gte=0, discount_value__gte=0),
                name="%(class)s_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(gst_rate__gte=0, gst_rate__lte=100, cess_rate__gte=0), name="%(class)s_rates"
            ),
        ]

    def __str__(self) -> str:
        return self.name
