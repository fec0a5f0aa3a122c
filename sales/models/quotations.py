"""Quotations, their lines and their revisions."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from nextgenerp.core.documents.models import QUANTITY, Document, DocumentLine
from nextgenerp.core.scope import Scope
from nextgenerp.database.fields import OwnerKey
from sales.models.statuses import QuotationStatus

REASON = 500


class Quotation(Document):
    """An offer to a customer, to a lead, or to a lead that has become a customer.

    A revision has the ``root`` of its lineage, the next ``revision`` number and the quotation it ``revises``, of which
    its lines name theirs as ``source_line_id``; the original has none of them. ``status_reason`` is why it is in its
    status, where somebody said so.
    """

    scope = Scope("Quotations", owners=("owner_id", "created_by_id"))

    status = models.ForeignKey(QuotationStatus, models.RESTRICT, db_index=False, related_name="documents")
    status_reason = models.CharField(max_length=REASON, blank=True, editable=False)
    lead = models.ForeignKey(
        "crm.Lead", models.RESTRICT, null=True, blank=True, db_index=False, related_name="+"
    )
    valid_until = models.DateField(null=True, blank=True)
    root = models.ForeignKey(
        "self", models.RESTRICT, null=True, db_index=False, editable=False, related_name="revisions"
    )
    revises = models.ForeignKey(
        "self", models.RESTRICT, null=True, db_index=False, editable=False, related_name="+"
    )
    revision = models.PositiveSmallIntegerField(default=0, editable=False)
    revision_reason = models.CharField(max_length=REASON, blank=True, editable=False)

    class Meta(Document.Meta):
        db_table = "quotation"
        indexes = [
            *Document.Meta.indexes,
            models.Index(
                fields=["status", "date", "id"],
                include=["payable"],  # the dashboard's figures, from it alone
                name="quotation_status_date",
            ),
            models.Index(
                fields=["lead", "date", "id"], name="quotation_lead", condition=Q(lead__isnull=False)
            ),
            models.Index(fields=["valid_until", "id"], name="quotation_valid_until"),
        ]
        constraints = [
            *Document.Meta.constraints,
            models.UniqueConstraint(
                fields=["root", "revision"], name="quotation_revision_once",
                violation_error_message="There is this revision of the quotation already.",
            ),
            models.CheckConstraint(
                condition=Q(root=None, revises=None, revision=0)
                | Q(root__isnull=False, revises__isnull=False, revision__gt=0),
                name="quotation_lineage",
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | Q(lead__isnull=False), name="quotation_has_buyer",
                violation_error_message="A quotation is for a customer, a lead or both.",
            ),
        ]  # fmt: skip


class QuotationLine(DocumentLine):
    """A quoted line, and how much of it went to proforma invoices and to orders made of the quotation itself."""

    document = OwnerKey(Quotation, models.CASCADE, related_name="lines")
    proforma_quantity = models.DecimalField(**QUANTITY, default=0, editable=False)
    ordered_quantity = models.DecimalField(**QUANTITY, default=0, editable=False)

    @property
    def remaining_quantity(self) -> Decimal:
        """What can still be taken over."""
        return self.quantity - self.proforma_quantity - self.ordered_quantity

    class Meta(DocumentLine.Meta):
        db_table = "quotation_line"
        constraints = [
            *DocumentLine.Meta.constraints,
            models.CheckConstraint(
                condition=Q(
                    proforma_quantity__gte=0,
                    ordered_quantity__gte=0,
                    quantity__gte=F("proforma_quantity") + F("ordered_quantity"),
                ),
                name="quotation_line_taken",
                violation_error_message="No more than was quoted can be taken over.",
                violation_error_code="quantity_exceeds_remaining",
            ),
        ]
