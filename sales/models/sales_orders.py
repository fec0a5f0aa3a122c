"""Sales orders, their lines, and what was delivered of them."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from nextgenerp.core.documents.models import QUANTITY, Document, DocumentLine
from nextgenerp.core.models import Record
from nextgenerp.core.scope import Scope
from nextgenerp.database.fields import OwnerKey
from nextgenerp.database.ids import new_id
from sales.models.proforma_invoices import ProformaInvoice
from sales.models.quotations import REASON, Quotation
from sales.models.statuses import SalesOrderStatus


class SalesOrder(Document):
    """What a customer has ordered: fresh, from a quotation or from a proforma invoice, never from both."""

    scope = Scope("Sales Orders", owners=("owner_id", "created_by_id"))

    status = models.ForeignKey(SalesOrderStatus, models.RESTRICT, db_index=False, related_name="documents")
    status_reason = models.CharField(max_length=REASON, blank=True, editable=False)
    quotation = models.ForeignKey(
        Quotation, models.RESTRICT, null=True, db_index=False, editable=False, related_name="sales_orders"
    )
    proforma_invoice = models.ForeignKey(
        ProformaInvoice,
        models.RESTRICT,
        null=True,
        db_index=False,
        editable=False,
        related_name="sales_orders",
    )
    expected_delivery_date = models.DateField(null=True, blank=True)

    class Meta(Document.Meta):
        db_table = "sales_order"
        indexes = [
            *Document.Meta.indexes,
            models.Index(
                fields=["status", "date", "id"],
                include=["payable"],  # the dashboard's figures, from it alone
                name="salesorder_status_date",
            ),
            models.Index(fields=["expected_delivery_date", "id"], name="salesorder_expected"),
            models.Index(fields=["quotation"], name="salesorder_quotation", condition=Q(quotation__isnull=False)),
            models.Index(
                fields=["proforma_invoice"], name="salesorder_proforma_invoice",
                condition=Q(proforma_invoice__isnull=False),
            ),
        ]  # fmt: skip
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(quotation=None) | Q(proforma_invoice=None), name="salesorder_one_source"
            ),
        ]


class SalesOrderLine(DocumentLine):
    """An ordered line: how much of it was delivered, is on live invoices, and waits reserved in stock."""

    document = OwnerKey(SalesOrder, models.CASCADE, related_name="lines")
    delivered_quantity = models.DecimalField(**QUANTITY, default=0, editable=False)
    invoiced_quantity = models.DecimalField(**QUANTITY, default=0, editable=False)
    reserved_quantity = models.DecimalField(**QUANTITY, default=0, editable=False)

    @property
    def ordered_quantity(self) -> Decimal:
        """All of it."""
        return self.quantity

    @property
    def remaining_quantity(self) -> Decimal:
        """What is still to be delivered."""
        return self.quantity - self.delivered_quantity

    class Meta(DocumentLine.Meta):
        db_table = "sales_order_line"
        constraints = [
            *DocumentLine.Meta.constraints,
            models.CheckConstraint(
                condition=Q(delivered_quantity__gte=0, delivered_quantity__lte=F("quantity")),
                name="salesorderline_delivered",
                violation_error_message="No more than was ordered can be delivered.",
                violation_error_code="quantity_exceeds_remaining",
            ),
            models.CheckConstraint(
                condition=Q(invoiced_quantity__gte=0, invoiced_quantity__lte=F("quantity")),
                name="salesorderline_invoiced",
                violation_error_message="No more than was ordered can be invoiced.",
                violation_error_code="quantity_exceeds_remaining",
            ),
            models.CheckConstraint(
                condition=Q(
                    reserved_quantity__gte=0, quantity__gte=F("delivered_quantity") + F("reserved_quantity")
                ),
                name="salesorderline_reserved",
            ),
        ]


class Delivery(Record):
    """Goods that left for an order's customer; a cancelled one has come back."""

    order = models.ForeignKey(SalesOrder, models.RESTRICT, related_name="deliveries")
    date = models.DateField()
    transporter = models.CharField(max_length=200, blank=True)
    vehicle_no = models.CharField(max_length=20, blank=True)
    lr_no = models.CharField(max_length=50, blank=True)
    eway_bill_no = models.CharField(max_length=20, blank=True)
    notes = models.TextField(max_length=2000, blank=True)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancel_reason = models.CharField(max_length=REASON, blank=True, editable=False)
    created_by_id = models.UUIDField(null=True, editable=False)

    class Meta:
        db_table = "delivery"


class DeliveryLine(models.Model):
    """How much of an order's line a delivery brought, and how much of that had been reserved for it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(Delivery, models.CASCADE, db_index=False, related_name="lines")
    order_line = models.ForeignKey(SalesOrderLine, models.RESTRICT, related_name="deliveries")
    quantity = models.DecimalField(**QUANTITY)
    reserved_quantity = models.DecimalField(**QUANTITY, default=0)

    class Meta:
        db_table = "delivery_line"
        constraints = [
            models.UniqueConstraint(fields=["delivery", "order_line"], name="delivery_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, reserved_quantity__gte=0, reserved_quantity__lte=F("quantity")),
                name="delivery_line_quantity",
            ),
        ]
