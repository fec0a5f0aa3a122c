"""What the three sales documents have in common when they are spoken."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from nextgenerp.core.api.documents_serializers import HEADER, LINE, READ_ONLY
from nextgenerp.core.api.fields import DecimalField, RecordIdField, TextField
from nextgenerp.core.api.serializers import ApiModelSerializer, ApiSerializer
from nextgenerp.core.documents.models import QUANTITY
from sales.models import REASON, ProformaInvoiceStatus, QuotationStatus, SalesOrderStatus

STATUS_FIELDS = ("id", "name", "color", "order", "category")
SALES_HEADER = (*HEADER, "status_id", "status", "status_reason", "source_id")
SALES_READ_ONLY = (*READ_ONLY, "status_reason")
SALES_LINE = LINE


class StatusOfQuotationSerializer(ApiModelSerializer):
    class Meta:
        model = QuotationStatus
        fields = STATUS_FIELDS
        read_only_fields = fields


class StatusOfProformaInvoiceSerializer(ApiModelSerializer):
    class Meta:
        model = ProformaInvoiceStatus
        fields = STATUS_FIELDS
        read_only_fields = fields


class StatusOfSalesOrderSerializer(ApiModelSerializer):
    class Meta:
        model = SalesOrderStatus
        fields = STATUS_FIELDS
        read_only_fields = fields


def status_id(model: Any, **options: Any) -> RecordIdField:
    """The id of a status of a family."""
    return RecordIdField(source="status", queryset=model._default_manager.all(), **options)


def tracked() -> DecimalField:
    """A quantity the server keeps."""
    return DecimalField(**QUANTITY, read_only=True)


class ReasonSerializer(ApiSerializer):
    """Why something is done."""

    reason = TextField(max_length=REASON, required=False, allow_blank=True, default="")


class NewQuotationStatusSerializer(ReasonSerializer):
    status_id = status_id(QuotationStatus)


class NewProformaInvoiceStatusSerializer(ReasonSerializer):
    status_id = status_id(ProformaInvoiceStatus)


class NewSalesOrderStatusSerializer(ReasonSerializer):
    status_id = status_id(SalesOrderStatus)


class TakenLineSerializer(ApiSerializer):
    """How much of a line is taken over."""

    source_line_id = serializers.UUIDField()
    quantity = DecimalField(**QUANTITY, min_value=Decimal("0.001"))
