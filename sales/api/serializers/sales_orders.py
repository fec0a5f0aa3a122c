"""How sales orders, their lines and their deliveries are spoken."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nextgenerp.core.api.documents_serializers import (
    DocumentLineSerializer,
    DocumentRowSerializer,
    lines_field,
)
from nextgenerp.core.api.fields import ColumnsField, DecimalField, RecordIdField, SeatField
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.core.documents.models import QUANTITY
from sales.api.serializers.documents import (
    SALES_HEADER,
    SALES_LINE,
    SALES_READ_ONLY,
    StatusOfSalesOrderSerializer,
    TakenLineSerializer,
    status_id,
    tracked,
)
from sales.api.serializers.proforma_invoices import MOST_LINES, FromQuotationSerializer
from sales.models import Delivery, DeliveryLine, ProformaInvoice, SalesOrder, SalesOrderLine, SalesOrderStatus

__all__ = ["FromQuotationSerializer"]  # an order of a quotation takes nothing more


class SalesOrderLineSerializer(DocumentLineSerializer):
    """An ordered line; what of it was delivered, is on invoices and is reserved, and what is still to be delivered."""

    ordered_quantity = tracked()
    delivered_quantity = tracked()
    invoiced_quantity = tracked()
    reserved_quantity = tracked()
    remaining_quantity = tracked()

    class Meta(DocumentLineSerializer.Meta):
        model = SalesOrderLine
        fields = (
            *SALES_LINE, "ordered_quantity", "delivered_quantity", "invoiced_quantity", "reserved_quantity",
            "remaining_quantity",
        )  # fmt: skip


@extend_schema_field({"type": ["string", "null"], "format": "uuid"})
class SourceField(ColumnsField):
    """The proforma invoice or the quotation an order was made of."""

    columns = ("proforma_invoice_id", "quotation_id")

    def make(self, proforma_invoice: UUID | None, quotation: UUID | None) -> Any:
        return proforma_invoice or quotation


class SalesOrderRowSerializer(DocumentRowSerializer):
    """A sales order as its list shows it."""

    status_id = status_id(SalesOrderStatus, required=False)
    status = StatusOfSalesOrderSerializer(read_only=True)
    source_id = SourceField()
    quotation_id = serializers.UUIDField(read_only=True, allow_null=True)
    proforma_invoice_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta(DocumentRowSerializer.Meta):
        model = SalesOrder
        fields = (*SALES_HEADER, "quotation_id", "proforma_invoice_id", "expected_delivery_date")
        read_only_fields = SALES_READ_ONLY


class SalesOrderSerializer(SalesOrderRowSerializer):
    """A sales order with its lines."""

    lines = lines_field(SalesOrderLineSerializer)

    class Meta(SalesOrderRowSerializer.Meta):
        fields = (*SalesOrderRowSerializer.Meta.fields, "lines")


class ShortageSerializer(ApiSerializer):
    """A product of which there was not enough to reserve."""

    product_id = serializers.UUIDField()
    requested = tracked()
    reserved = tracked()
    short = tracked()


class MovedSalesOrderSerializer(SalesOrderSerializer):
    """An order whose status was changed, with the stock that was short when it was confirmed."""

    shortages = ShortageSerializer(many=True, read_only=True)

    class Meta(SalesOrderSerializer.Meta):
        fields = (*SalesOrderSerializer.Meta.fields, "shortages")


class SalesOrderFromProformaInvoiceSerializer(ApiSerializer):
    """What an order is made of: a proforma invoice, and quantities of its lines unless all that remains."""

    pi_id = RecordIdField(source="source", queryset=ProformaInvoice.objects.all())
    lines = TakenLineSerializer(many=True, required=False, allow_empty=False, max_length=MOST_LINES)
    date = serializers.DateField(required=False)


class DeliveredLineSerializer(ApiModelSerializer):
    """How much of an order's line a delivery brought."""

    line_id = serializers.UUIDField(source="order_line_id", read_only=True)
    product_id = serializers.UUIDField(source="order_line.product_id", read_only=True, allow_null=True)
    name = serializers.CharField(source="order_line.name", read_only=True)
    unit = serializers.CharField(source="order_line.unit", read_only=True)

    class Meta:
        model = DeliveryLine
        fields = ("id", "line_id", "product_id", "name", "unit", "quantity")
        read_only_fields = fields


class DeliverySerializer(ApiModelSerializer):
    """A delivery of an order; a cancelled one has come back."""

    order_id = serializers.UUIDField(read_only=True)
    created_by = SeatField("created_by_id")
    lines = DeliveredLineSerializer(many=True, read_only=True)

    class Meta:
        model = Delivery
        fields = (
            "id", "order_id", "date", "transporter", "vehicle_no", "lr_no", "eway_bill_no", "notes", "lines",
            "cancelled_at", "cancel_reason", "created_by", "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields


class DeliveredQuantitySerializer(ApiSerializer):
    line_id = serializers.UUIDField()
    quantity = DecimalField(**QUANTITY, min_value=Decimal("0.001"))


class NewDeliverySerializer(ApiModelSerializer):
    """What leaves for the customer: quantities of the order's lines, today unless said."""

    lines = DeliveredQuantitySerializer(many=True, allow_empty=False, max_length=MOST_LINES)

    class Meta:
        model = Delivery
        fields = ("lines", "date", "transporter", "vehicle_no", "lr_no", "eway_bill_no", "notes")
        extra_kwargs = {"date": {"required": False}}


class InvoiceFromSalesOrderSerializer(ApiSerializer):
    """What an invoice is made of: an order, and quantities of its lines unless all that is not invoiced."""

    sales_order_id = RecordIdField(source="order", queryset=SalesOrder.objects.all())
    lines = TakenLineSerializer(many=True, required=False, allow_empty=False, max_length=MOST_LINES)
    date = serializers.DateField(required=False)
    due_date = serializers.DateField(required=False, allow_null=True)
