"""What documents are made with (series, bank accounts, terms, rates) and the columns all of them have.

``Document`` and ``DocumentLine`` are columns and nothing else; what may happen to documents is in ``services``.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from nextgenerp.core.models import Record
from nextgenerp.core.scope import Scope
from nextgenerp.database.ids import new_id

AMOUNT: dict[str, Any] = {"max_digits": 15, "decimal_places": 2}  # rupees and paisa
PRICE: dict[str, Any] = {"max_digits": 15, "decimal_places": 4}
QUANTITY: dict[str, Any] = {"max_digits": 15, "decimal_places": 3}
PERCENT: dict[str, Any] = {"max_digits": 6, "decimal_places": 3}


class DocumentType(models.TextChoices):
    """The documents that have a numbering series."""

    QUOTATION = "quotation"
    PROFORMA_INVOICE = "proforma_invoice"
    SALES_ORDER = "sales_order"
    INVOICE = "invoice"


class TaxRounding(models.TextChoices):
    """How a tax is rounded to the paisa: along the lines of a document, or each line for itself."""

    PROGRESSIVE = "progressive"
    LINE = "line"


class CompanyProfile(Record):
    """The letterhead and tax options of a tenant; one row, made when its schema is provisioned.

    Name, GSTIN, state and time zone are the tenant's own columns (public); they are not kept twice.
    """

    scope = Scope("Setup")

    line1 = models.CharField(max_length=200, blank=True)
    line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    pincode = models.CharField(max_length=12, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    website = models.CharField(max_length=200, blank=True)
    logo_id = models.UUIDField(null=True, blank=True)
    tax_rounding = models.CharField(
        max_length=11, choices=TaxRounding.choices, default=TaxRounding.PROGRESSIVE
    )
    round_off = models.BooleanField(default=True)
    only = models.BooleanField(default=True, editable=False)  # unique: there is one row

    class Meta:
        db_table = "company_profile"
        constraints = [
            models.UniqueConstraint(fields=["only"], name="company_profile_once"),
            models.CheckConstraint(condition=Q(only=True), name="company_profile_only"),
        ]


class GstRate(models.Model):
    """A rate of GST in percent and the days it may be charged on; data, as the law changes it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rate = models.DecimalField(**PERCENT)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the last day; None while it holds

    class Meta:
        db_table = "gst_rate"
        ordering = ["rate", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["rate", "valid_from"], name="gst_rate_once"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="gst_rate_percent"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="gst_rate_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rate.normalize():f} %"


class BankAccount(Record):
    """Where customers pay to; documents that have left draft hold a copy."""

    account_name = models.CharField(max_length=200)
    bank_name = models.CharField(max_length=200)
    branch = models.CharField(max_length=200, blank=True)
    account_number = models.CharField(max_length=18)
    ifsc = models.CharField(max_length=11)
    upi_id = models.CharField(max_length=100, blank=True)
    is_default = models.BooleanField(default=False)

    class Meta:
        db_table = "bank_account"
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="bank_account_one_default"
            ),
            models.CheckConstraint(
                condition=Q(account_number__regex=r"^[0-9]{9,18}$"), name="bank_account_number",
                violation_error_message="An account number has 9 to 18 digits.",
            ),
            models.CheckConstraint(
                condition=Q(ifsc__regex=r"^[A-Z]{4}0[A-Z0-9]{6}$"), name="bank_account_ifsc",
                violation_error_message="An IFSC is four letters, a zero and six letters or digits.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.bank_name} {self.account_number[-4:]}"


class TermsTemplate(Record):
    """Terms and conditions to be put on documents of some types; the default of a type is put there unasked."""

    name = models.CharField(max_length=100)
    content = models.TextField(max_length=8000)
    document_types = ArrayField(models.CharField(max_length=20, choices=DocumentType.choices), default=list)
    is_default = models.BooleanField(default=False)

    class Meta:
        db_table = "terms_template"

    def __str__(self) -> str:
        return self.name


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


class NumberingPeriod(models.Model):
    """The counter of a series in one period (``2026-27``, ``2026``, ``2026-11`` or empty); rises only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(NumberingSeries, models.RESTRICT, related_name="periods")
    period = models.CharField(max_length=7, blank=True)
    next_number = models.PositiveBigIntegerField(default=1)

    class Meta:
        db_table = "numbering_period"
        constraints = [models.UniqueConstraint(fields=["series", "period"], name="numbering_period_once")]


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
            models.UniqueConstraint(fields=["series", "number"], name="issued_number_once"),
        ]
        indexes = [models.Index(fields=["document_id"], name="issued_number_document")]


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


def amount(**options: object) -> models.DecimalField:
    """A column of rupees."""
    return models.DecimalField(**AMOUNT, default=0, **options)  # type: ignore[arg-type]


class Document(Record):
    """The columns of a quotation, a proforma invoice, a sales order and an invoice.

    ``tax_rounding`` and ``charges_gst`` are the company's when it was computed last. ``snapshot`` is what is
    printed, copied when the document leaves draft: ``{company, customer, bankAccount, terms}``; None before.
    """

    number = models.CharField(max_length=60, editable=False)
    date = models.DateField()
    customer = models.ForeignKey("crm.Customer", models.RESTRICT, null=True, related_name="+")
    billing_address = models.JSONField(default=dict, blank=True)
    shipping_address = models.JSONField(default=dict, blank=True)
    place_of_supply = models.CharField(max_length=2, blank=True)
    supply_type = models.CharField(max_length=6, choices=SupplyType.choices, default=SupplyType.INTRA)
    reverse_charge = models.BooleanField(default=False)
    export_type = models.CharField(max_length=15, choices=ExportType.choices, default=ExportType.WITH_PAYMENT)
    tax_mode = models.CharField(max_length=9, choices=TaxMode.choices, default=TaxMode.EXCLUSIVE)
    currency = models.CharField(max_length=3, default="INR")
    discount_type = models.CharField(max_length=7, choices=DiscountType.choices, default=DiscountType.PERCENT)
    discount_value = models.DecimalField(max_digits=15, decimal_places=3, default=0)
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
    snapshot = models.JSONField(null=True, editable=False)

    class Meta:
        abstract = True

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
    discount_value = models.DecimalField(max_digits=15, decimal_places=3, default=0)
    gst_rate = models.DecimalField(**PERCENT, default=0)
    cess_rate = models.DecimalField(**PERCENT, default=0)
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

    def __str__(self) -> str:
        return self.name
