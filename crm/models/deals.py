"""Deals: what may be sold to a customer or a lead, and how likely."""

from decimal import ROUND_HALF_UP, Decimal

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Round

from crm.models.customers import Customer
from crm.models.lead_words import LeadTag
from crm.normal import KEY_LENGTH, name_key, search_text
from nextgenerp.core.models import Record
from nextgenerp.core.scope import Scope
from nextgenerp.database.ids import new_id

PAISA = Decimal("0.01")
HUNDREDTH = Value(Decimal("0.01"))


class Deal(Record):
    """A sale that may come about, with a customer or a lead. ``derive`` computes the last three columns.

    ``probability`` is in percent; ``weighted_value`` the value times it, rounded half up to the paisa. A closed deal
    has the day it was closed and a probability of 100 or 0.
    """

    class Stage(models.TextChoices):
        PROSPECTING = "prospecting"
        QUALIFICATION = "qualification"
        PROPOSAL = "proposal"
        NEGOTIATION = "negotiation"
        WON = "won"
        LOST = "lost"

    scope = Scope("Leads", owners=("owner_id",))
    known_tags: list[LeadTag] | None = None  # where a service has just given the deal its tags

    title = models.CharField(max_length=200)
    customer = models.ForeignKey(
        Customer, models.RESTRICT, null=True, blank=True, db_index=False, related_name="deals"
    )
    lead = models.ForeignKey(
        "Lead", models.RESTRICT, null=True, blank=True, db_index=False, related_name="deals"
    )
    value = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="INR")
    stage = models.CharField(max_length=13, choices=Stage.choices, default=Stage.PROSPECTING)
    probability = models.DecimalField(max_digits=6, decimal_places=3)
    expected_close_date = models.DateField(null=True, blank=True)
    actual_close_date = models.DateField(null=True, blank=True)
    lost_reason = models.CharField(max_length=500, blank=True)
    tags = models.ManyToManyField(LeadTag, through="DealTagging", related_name="deals")
    notes = models.TextField(max_length=5000, blank=True)
    owner_id = models.UUIDField(null=True, blank=True)
    weighted_value = models.DecimalField(max_digits=14, decimal_places=2, editable=False)
    title_key = models.CharField(max_length=KEY_LENGTH, editable=False, db_collation="C")
    search_text = models.TextField(editable=False)

    class Meta:
        db_table = "deal"
        # The sorts, the scope, the stages, whose they are, the search; other filters scan under them.
        indexes = [
            models.Index(fields=["created_at", "id"], name="deal_created"),
            models.Index(fields=["updated_at", "id"], name="deal_updated"),
            models.Index(fields=["title_key", "id"], name="deal_title"),
            models.Index(fields=["value", "id"], name="deal_value"),
            models.Index(fields=["expected_close_date", "id"], name="deal_expected_close"),
            models.Index(fields=["owner_id", "created_at", "id"], name="deal_owner"),
            models.Index(fields=["stage", "created_at", "id"], name="deal_stage"),
            models.Index(fields=["customer", "created_at", "id"], name="deal_customer"),
            models.Index(fields=["lead"], name="deal_lead", condition=Q(lead__isnull=False)),
            GinIndex(OpClass(F("search_text"), "gin_trgm_ops"), name="deal_search"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False, lead__isnull=True)
                | Q(customer__isnull=True, lead__isnull=False),
                name="deal_customer_or_lead",
            ),
            models.CheckConstraint(
                condition=Q(
                    stage__in=["prospecting", "qualification", "proposal", "negotiation", "won", "lost"]
                ),
                name="deal_stage_known",
            ),
            # NaN is above every number.
            models.CheckConstraint(condition=Q(value__range=(0, Decimal("999999999999.99"))), name="deal_value_range"),
            models.CheckConstraint(condition=Q(probability__range=(0, 100)), name="deal_probability"),
            models.CheckConstraint(
                condition=Q(weighted_value=Round(F("value") * F("probability") * HUNDREDTH, 2)),
                name="deal_weighted_value",
            ),
            models.CheckConstraint(
                condition=Q(stage="won", probability=100, actual_close_date__isnull=False, lost_reason="")
                | Q(stage="lost", probability=0, actual_close_date__isnull=False) & ~Q(lost_reason="")
                | ~Q(stage__in=["won", "lost"]) & Q(actual_close_date__isnull=True, lost_reason=""),
                name="deal_closed_or_open",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def derive(self) -> None:
        """Compute the derived columns; whoever writes a deal calls this before."""
        self.weighted_value = weighted(self.value, self.probability)
        self.title_key = name_key(self.title)
        self.search_text = search_text(self.title)


def weighted(value: Decimal, probability: Decimal) -> Decimal:
    """A value times a probability in percent, rounded half up to the paisa."""
    return (Decimal(value) * Decimal(probability) / 100).quantize(PAISA, ROUND_HALF_UP)


class DealTagging(models.Model):
    """A tag on a deal."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deal = models.ForeignKey(Deal, models.CASCADE, db_index=False, related_name="taggings")
    tag = models.ForeignKey(LeadTag, models.CASCADE, db_index=False, related_name="taggings_of_deals")

    class Meta:
        db_table = "deal_tagging"
        constraints = [models.UniqueConstraint(fields=["deal", "tag"], name="deal_tagging_once")]
        indexes = [models.Index(fields=["tag", "deal"], name="deal_tagging_tag")]
