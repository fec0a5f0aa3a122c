"""What a tenant sets for its documents: letterhead and tax options, bank accounts, terms; and the rates of GST."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from nextgenerp.core.documents.models.types import PERCENT, DocumentType
from nextgenerp.core.models import Record
from nextgenerp.core.scope import Scope
from nextgenerp.database.ids import new_id


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
