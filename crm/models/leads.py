"""Leads of a tenant: somebody who may buy."""

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from crm.models.lead_words import LeadCompany, LeadSource, LeadStatus, LeadTag
from crm.normal import KEY_LENGTH, digits, name_key, search_text
from crm.places import place_on_top
from nextgenerp.core.imports.values import email_key
from nextgenerp.core.models import Record
from nextgenerp.core.scope import Scope
from nextgenerp.database.ids import new_id

MOST = Decimal("999999999999.99")
# No scheme but http: an address is made a link by whoever shows it.
WEBSITE = r"^(https?://)?[^\s/:@]+\.[^\s/:@]+(:\d+)?([/?#]\S*)?$"
WEBSITE_NEEDED = "Not the address of a website."


class Lead(Record):
    """Somebody who may buy. ``derive`` computes ``email_key``, ``name_key`` and ``search_text``.

    ``position`` orders the cards of a status, as ASCII, the lowest on top. ``next_follow_up_at``,
    ``last_activity_at`` and ``first_contacted_at`` follow from its activities, ``lost_at`` from its status.
    """

    class Priority(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"
        URGENT = "urgent"

    class Rating(models.TextChoices):
        HOT = "hot"
        WARM = "warm"
        COLD = "cold"

    scope = Scope("Leads", owners=("assigned_to_id", "created_by_id"))
    known_tags: list[LeadTag] | None = None  # where a service has just given the lead its tags

    # What figures are made of comes first: PostgreSQL reads a row from its beginning, as far as it has to.
    status = models.ForeignKey(LeadStatus, models.RESTRICT, db_index=False, related_name="leads")
    source = models.ForeignKey(
        LeadSource, models.RESTRICT, null=True, blank=True, db_index=False, related_name="leads"
    )
    company = models.ForeignKey(
        LeadCompany, models.RESTRICT, null=True, blank=True, db_index=False, related_name="leads"
    )
    assigned_to_id = models.UUIDField(null=True, blank=True)
    created_by_id = models.UUIDField(null=True, editable=False)
    next_follow_up_at = models.DateTimeField(null=True, blank=True)
    last_activity_at = models.DateTimeField(null=True, editable=False)
    first_contacted_at = models.DateTimeField(null=True, editable=False)
    converted_at = models.DateTimeField(null=True, editable=False)
    lost_at = models.DateTimeField(null=True, editable=False)
    estimated_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    position = models.CharField(max_length=200, default=place_on_top, editable=False, db_collation="C")
    priority = models.CharField(max_length=6, choices=Priority.choices, default=Priority.MEDIUM)
    rating = models.CharField(max_length=4, choices=Rating.choices, null=True, blank=True)
    lead_number = models.CharField(max_length=20, editable=False)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    designation = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    alternate_phone = models.CharField(max_length=16, blank=True)
    website = models.CharField(
        max_length=200, blank=True, validators=[RegexValidator(WEBSITE, WEBSITE_NEEDED)]
    )
    expected_close_date = models.DateField(null=True, blank=True)
    requirement = models.TextField(max_length=5000, blank=True)
    address = models.CharField(max_length=500, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)
    pincode = models.CharField(max_length=12, blank=True)
    country = models.CharField(max_length=60, blank=True)
    tags = models.ManyToManyField(LeadTag, through="LeadTagging", related_name="leads")
    customer = models.ForeignKey(
        "Customer", models.SET_NULL, null=True, db_index=False, related_name="+", editable=False
    )
    deal = models.ForeignKey(
        "Deal", models.SET_NULL, null=True, db_index=False, related_name="+", editable=False
    )
    lost_reason = models.CharField(max_length=500, blank=True)
    email_key = models.CharField(max_length=254, blank=True, editable=False)
    name_key = models.CharField(max_length=KEY_LENGTH, editable=False, db_collation="C")
    search_text = models.TextField(editable=False)

    class Meta:
        db_table = "lead"
        # A dozen, for the six sorts, the scopes, the board, the search and the duplicates; other filters scan
        # under them (docs/adr/0003-lead-search.md has the plans).
        indexes = [
            models.Index(fields=["created_at", "id"], name="lead_created"),
            models.Index(fields=["updated_at", "id"], name="lead_updated"),
            models.Index(fields=["name_key", "id"], name="lead_name"),
            models.Index(fields=["estimated_value", "id"], name="lead_value"),
            models.Index(
                fields=["next_follow_up_at", "id"],
                include=["status", "converted_at"],  # what is overdue, from it alone
                name="lead_follow_up",
            ),
            models.Index(fields=["last_activity_at", "id"], name="lead_last_activity"),
            models.Index(
                fields=["status", "position", "id"],
                include=["estimated_value", "company"],  # the figures of columns and companies, from it alone
                name="lead_board",
            ),
            models.Index(fields=["assigned_to_id", "created_at", "id"], name="lead_assigned"),
            models.Index(fields=["created_by_id", "created_at", "id"], name="lead_created_by"),
            models.Index(fields=["email_key"], name="lead_email"),
            models.Index(fields=["phone"], name="lead_phone"),
            models.Index(fields=["customer"], name="lead_customer", condition=Q(customer__isnull=False)),
            models.Index(fields=["deal"], name="lead_deal", condition=Q(deal__isnull=False)),
            GinIndex(OpClass(F("search_text"), "gin_trgm_ops"), name="lead_search"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["lead_number"], name="lead_number_once"),
            models.CheckConstraint(
                condition=~Q(first_name="") | ~Q(last_name="") | Q(company__isnull=False),
                name="lead_has_name",
            ),
            models.CheckConstraint(condition=~Q(email="") | ~Q(phone=""), name="lead_has_contact"),
            models.CheckConstraint(
                condition=Q(priority__in=["low", "medium", "high", "urgent"]), name="lead_priority"
            ),
            models.CheckConstraint(condition=Q(rating__in=["hot", "warm", "cold"]), name="lead_rating"),
            # NaN is above every number.
            models.CheckConstraint(
                condition=Q(estimated_value__range=(0, MOST)), name="lead_estimated_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_number} {self.name}"

    def derive(self) -> None:
        """Compute the derived columns; whoever writes a lead calls this before. Reads the company."""
        self.email_key = email_key(self.email)
        self.name_key = name_key(self.name)
        self.search_text = search_text(
            f"{self.first_name} {self.last_name}",
            self.company.name if self.company else "",
            self.email,
            digits(self.phone),
            digits(self.alternate_phone),
        )

    @property
    def name(self) -> str:
        """The person's name, or the company's where there is none."""
        return f"{self.first_name} {self.last_name}".strip() or (self.company.name if self.company else "")


class LeadTagging(models.Model):
    """A tag on a lead."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lead = models.ForeignKey(Lead, models.CASCADE, db_index=False, related_name="taggings")
    tag = models.ForeignKey(LeadTag, models.CASCADE, db_index=False, related_name="taggings")

    class Meta:
        db_table = "lead_tagging"
        constraints = [models.UniqueConstraint(fields=["lead", "tag"], name="lead_tagging_once")]
        indexes = [models.Index(fields=["tag", "lead"], name="lead_tagging_tag")]
