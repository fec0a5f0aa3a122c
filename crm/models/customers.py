"""Customers of a tenant: whom documents are made out to."""

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q

from crm.models.lead_words import LeadTag
from crm.normal import KEY_LENGTH, digits, name_key, search_text
from nextgenerp.core.addresses import no_address
from nextgenerp.core.imports.values import email_key
from nextgenerp.core.models import Record
from nextgenerp.core.scope import Scope
from nextgenerp.database.ids import new_id

MOST_CREDIT = Decimal("9999999999999.99")


class Customer(Record):
    """A business or a person who buys.

    ``billing_address`` and each of ``shipping_addresses`` are whole addresses (``nextgenerp.core.addresses``), empty
    or complete. No ``credit_limit`` is no limit. ``outstanding`` is what is still to be paid of issued invoices;
    ``services.customers.change_outstanding`` alone writes it. ``derive`` computes the last five columns.
    """

    class Type(models.TextChoices):
        BUSINESS = "business"
        INDIVIDUAL = "individual"

    class GstCategory(models.TextChoices):
        REGISTERED = "registered"
        UNREGISTERED = "unregistered"
        COMPOSITION = "composition"
        SEZ = "sez", "SEZ"
        OVERSEAS = "overseas"

    scope = Scope("Customers", owners=("owner_id",))
    known_tags: list[LeadTag] | None = None  # where a service has just given the customer its tags

    number = models.PositiveBigIntegerField(editable=False)
    code = models.CharField(max_length=24, editable=False)
    type = models.CharField(max_length=10, choices=Type.choices, default=Type.BUSINESS)
    name = models.CharField(max_length=200)
    contact_person = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    alternate_phone = models.CharField(max_length=16, blank=True)
    gstin = models.CharField(max_length=15, blank=True)
    pan = models.CharField(max_length=10, blank=True)
    gst_category = models.CharField(
        max_length=12, choices=GstCategory.choices, default=GstCategory.UNREGISTERED
    )
    billing_address = models.JSONField(default=no_address, blank=True)
    shipping_addresses = models.JSONField(default=list, blank=True)
    credit_limit = models.DecimalField(max_digits=15, decimal_places=2, null=True, blank=True)
    credit_days = models.PositiveSmallIntegerField(default=0)
    outstanding = models.DecimalField(max_digits=15, decimal_places=2, default=0, editable=False)
    tags = models.ManyToManyField(LeadTag, through="CustomerTagging", related_name="customers")
    notes = models.TextField(max_length=5000, blank=True)
    owner_id = models.UUIDField(null=True, blank=True)
    source_lead = models.ForeignKey(
        "Lead", models.RESTRICT, null=True, blank=True, db_index=False, related_name="+", editable=False
    )
    is_active = models.BooleanField(default=True)
    city_key = models.CharField(max_length=KEY_LENGTH, blank=True, editable=False)
    state_code = models.CharField(max_length=2, blank=True, editable=False)
    email_key = models.CharField(max_length=254, blank=True, editable=False)
    name_key = models.CharField(max_length=KEY_LENGTH, editable=False, db_collation="C")
    search_text = models.TextField(editable=False)

    class Meta:
        db_table = "customer"
        # The four sorts, the scope, what imports match on, the search; other filters scan under them.
        indexes = [
            models.Index(fields=["created_at", "id"], name="customer_created"),
            models.Index(fields=["name_key", "id"], name="customer_name"),
            models.Index(fields=["number", "id"], name="customer_number"),
            models.Index(fields=["outstanding", "id"], name="customer_outstanding"),
            models.Index(fields=["owner_id", "created_at", "id"], name="customer_owner"),
            models.Index(fields=["email_key"], name="customer_email"),
            models.Index(fields=["phone"], name="customer_phone"),
            models.Index(
                fields=["source_lead"], name="customer_source_lead", condition=Q(source_lead__isnull=False)
            ),
            GinIndex(OpClass(F("search_text"), "gin_trgm_ops"), name="customer_search"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="customer_code_once"),
            models.UniqueConstraint(
                fields=["gstin"], condition=~Q(gstin=""), name="customer_gstin_once",
                violation_error_message="There is a customer with this GSTIN.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="customer_has_name"),
            models.CheckConstraint(condition=Q(type__in=["business", "individual"]), name="customer_type"),
            models.CheckConstraint(
                condition=Q(gst_category__in=["registered", "unregistered", "composition", "sez", "overseas"]),
                name="customer_gst_category",
            ),
            # NaN is above every number.
            models.CheckConstraint(
                condition=Q(credit_limit__range=(0, MOST_CREDIT)), name="customer_credit_limit"
            ),
            models.CheckConstraint(
                condition=Q(outstanding__range=(0, MOST_CREDIT)), name="customer_outstanding_range",
                violation_error_message="What a customer owes is never below 0.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def derive(self) -> None:
        """Compute the derived columns; whoever writes a customer calls this before."""
        self.city_key = name_key(self.billing_address["city"])
        self.state_code = self.billing_address["stateCode"]
        self.email_key = email_key(self.email)
        self.name_key = name_key(self.name)
        self.search_text = search_text(
            self.name, self.code, self.email, digits(self.phone), digits(self.alternate_phone), self.gstin
        )


class CustomerTagging(models.Model):
    """A tag on a customer; customers, deals and leads share their tags."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, db_index=False, related_name="taggings")
    tag = models.ForeignKey(LeadTag, models.CASCADE, db_index=False, related_name="taggings_of_customers")

    class Meta:
        db_table = "customer_tagging"
        constraints = [models.UniqueConstraint(fields=["customer", "tag"], name="customer_tagging_once")]
        indexes = [models.Index(fields=["tag", "customer"], name="customer_tagging_tag")]
