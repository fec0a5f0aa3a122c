"""How invoices are spoken: as documents, and in the simple shape of ``items``."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from finance.models import Invoice, InvoiceLine
from finance.models.invoices import shown_status
from finance.selectors.invoices import SHOWN
from nextgenerp.core.api.documents_fields import DECIMAL
from nextgenerp.core.api.documents_serializers import (
    HEADER,
    MOST_LINES,
    READ_ONLY,
    DocumentLineSerializer,
    DocumentRowSerializer,
    lines_field,
)
from nextgenerp.core.api.fields import ColumnsField, DecimalField, TextField
from nextgenerp.core.api.serializers import ApiSerializer
from nextgenerp.core.documents.models import AMOUNT, PERCENT, PRICE, QUANTITY
from nextgenerp.core.tenancy import tenant_today

REASON = 500
NAME = InvoiceLine._meta.get_field("name").max_length


@extend_schema_field(DECIMAL)
class BalanceField(ColumnsField):
    """What is still to be received."""

    columns = ("payable", "settled")

    def make(self, *values: Any) -> Decimal:
        payable, settled = values
        return payable - settled


@extend_schema_field({"type": "string", "enum": SHOWN})
class StatusField(ColumnsField):
    """The status as people see it; one that is sent is what the invoice is to become."""

    columns = ("status", "due_date")
    default_error_messages = {"invalid_choice": "One of: {choices}."}

    def __init__(self) -> None:
        super().__init__()
        self.read_only, self.required = False, False

    def make(self, *values: Any) -> str:
        status, due_date = values
        return shown_status(status, due_date, tenant_today())

    def run_validation(self, data: Any = empty) -> Any:
        if data is empty:
            raise serializers.SkipField
        if data not in SHOWN:
            self.fail("invalid_choice", choices=", ".join(SHOWN))
        return {"status": data}


class InvoiceLineSerializer(DocumentLineSerializer):
    class Meta(DocumentLineSerializer.Meta):
        model = InvoiceLine


class InvoiceItemSerializer(ApiSerializer):
    """A line in the simple shape."""

    description = TextField(max_length=2000)
    quantity = DecimalField(**QUANTITY, min_value=Decimal("0.001"))
    rate = DecimalField(**PRICE, min_value=0)
    tax_rate = DecimalField(**PERCENT, min_value=0, max_value=100, required=False)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """A line as services take it; a description too long for a name is both."""
        item = super().to_internal_value(data)
        text = item["description"]
        return {
            "name": text[:NAME].rstrip(),
            "description": text if len(text) > NAME else "",
            "quantity": item["quantity"],
            "unit_price": item["rate"],
            "gst_rate": item.get("tax_rate", Decimal(0)),
        }


class InvoiceRowSerializer(DocumentRowSerializer):
    """An invoice as lists show it."""

    status = StatusField()
    amount_paid = DecimalField(source="settled", read_only=True, **AMOUNT)
    balance = BalanceField()

    class Meta(DocumentRowSerializer.Meta):
        model = Invoice
        fields = (
            *HEADER, "status", "due_date", "amount_paid", "balance", "sales_order_id", "proforma_invoice_id",
            "cancel_reason",
        )  # fmt: skip
        read_only_fields = (*READ_ONLY, "sales_order_id", "proforma_invoice_id", "cancel_reason")


class InvoiceSerializer(InvoiceRowSerializer):
    """A whole invoice."""

    lines = lines_field(InvoiceLineSerializer)

    class Meta(InvoiceRowSerializer.Meta):
        fields = (*InvoiceRowSerializer.Meta.fields, "lines")


class InvoiceBodySerializer(InvoiceSerializer):
    """An invoice to be made or changed: with ``lines``, or with ``items`` in the simple shape; not with both.

    ``status`` issues (``sent``) or cancels a made one, the latter for a ``reason``.
    """

    lines = lines_field(InvoiceLineSerializer, required=False)
    items = InvoiceItemSerializer(
        many=True, required=False, allow_empty=False, max_length=MOST_LINES, write_only=True
    )
    reason = TextField(max_length=REASON, required=False, allow_blank=True, write_only=True)

    class Meta(InvoiceSerializer.Meta):
        fields = (*InvoiceSerializer.Meta.fields, "items", "reason")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Items become lines; one of both is needed, and a status of a new invoice is draft."""
        items = attrs.pop("items", None)
        if items is not None and "lines" in attrs:
            raise serializers.ValidationError({"items": "Give lines or items, not both."}, "invalid")
        if items is not None:
            attrs["lines"] = items
        if self.instance is None:
            self.check_new(attrs)
        return attrs

    def check_new(self, attrs: dict[str, Any]) -> None:
        if "lines" not in attrs:
            raise serializers.ValidationError({"lines": "This field is required."}, "required")
        if attrs.pop("status", "draft") != "draft":
            raise serializers.ValidationError({"status": "A new invoice is a draft."}, "invalid_choice")
        attrs.pop("reason", None)


class InvoiceStatusSerializer(ApiSerializer):
    """``sent`` issues a draft, ``cancelled`` cancels for a reason; every other status comes by itself."""

    status = serializers.ChoiceField(SHOWN)
    reason = TextField(max_length=REASON, required=False, allow_blank=True)
